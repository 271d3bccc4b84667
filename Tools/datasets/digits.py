#!/usr/bin/env python3
"""Makes Datasets/digits: the ten digits in two domains, `handwritten` and `printed`, as folders of PNG files.

    python3 -m venv .venv-digits && .venv-digits/bin/pip install scikit-learn pillow
    apt-get update && apt-get install --no-install-recommends $(Tools/datasets/digits.py --packages)
    .venv-digits/bin/python Tools/datasets/digits.py [--fonts FOLDER] [--out FOLDER]
    .venv-digits/bin/python Tools/datasets/digits.py --check [--out FOLDER]

handwritten: the 1,797 images of 8 by 8 that come with scikit-learn, every one, in its order; the file name is
the index.  A value v of 0...16 becomes the gray sample round(255 v / 16), which round(16 s / 255) takes back.
printed: every face in OUT/fonts.json gives one image of 16 by 16 for each digit, white on black, all ten at one
scale, each centred; a face that shares an image with an earlier one is left out.  Families of one origin (their
`kin` in that file) are all in train or all in test.

No random numbers: both splits go by SHA-256 of names.  Each input is compared with the SHA-256 it had when the
shipped files were made, and the ones that differ are printed.  --check measures how well simple classifiers do
within and across the domains, and looks for images that occur twice.
"""
import argparse
import collections
import gzip
import hashlib
import importlib.util
import json
import pathlib
import re
import shutil
import sys
import tempfile

from fashion_mini import png

DOMAINS = ("handwritten", "printed")
DIGITS = "0123456789"
UCI_SHA256 = "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"  # of digits.csv, unpacked
SIDE = 16       # of a printed image
SCALE = 16      # a glyph is drawn this many times larger and averaged down
REACH = 14      # the tallest or widest digit of a face, in pixels of the result


def compare(name, found, expected):
    if found != expected:
        print(f"{name}: SHA-256 {found}, was {expected}: the images may differ", file=sys.stderr)


def ordered(names, salt):
    """The names in an order that looks random but depends on nothing but them."""
    return sorted(names, key=lambda name: hashlib.sha256(f"{salt}/{name}".encode()).digest())


def handwritten():
    """Yields (split, digit, name, pixels, side); of each digit about a third is for testing."""
    package = importlib.util.find_spec("sklearn")
    if package is None:
        sys.exit("scikit-learn is not installed: see the commands at the head of this script")
    path = pathlib.Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
    table = gzip.decompress(path.read_bytes())
    compare(str(path), hashlib.sha256(table).hexdigest(), UCI_SHA256)
    rows = [[int(float(cell)) for cell in line.split(",")] for line in table.decode("ascii").split()]
    by_digit = collections.defaultdict(list)
    for index, row in enumerate(rows):
        if len(row) != 65 or not all(0 <= value <= 16 for value in row[:64]) or not 0 <= row[64] <= 9:
            sys.exit(f"{path}: line {index + 1} is not 64 values of 0...16 and a digit")
        by_digit[row[64]].append(f"{index:04d}")
    testing = set()
    for names in by_digit.values():
        testing.update(ordered(names, "handwritten")[:round(len(names) / 3)])
    for index, row in enumerate(rows):
        name = f"{index:04d}"
        pixels = bytes((255 * value + 8) // 16 for value in row[:64])  # to the nearest, without floating point
        yield "test" if name in testing else "train", str(row[64]), name, pixels, 8


def faces(packages, fonts):
    """Yields (kin, slug, path) of every face, after comparing each package's files with what they were."""
    for package in packages:
        digest = hashlib.sha256()
        for family, styles in package["families"].items():
            for style, file in styles.items():
                path = fonts / package["folder"] / file
                if not path.is_file():
                    sys.exit(f"{path} is missing: install {package['package']} {package['version']}")
                digest.update(path.read_bytes())
                yield package["kin"], re.sub("[^a-z0-9]+", "-", f"{family} {style}".lower()), path
        compare(f"{package['package']} {package['version']}", digest.hexdigest(), package["sha256"])


def glyphs(path):
    """The ten digits of a face as images of SIDE by SIDE, all at one scale, each centred by its ink."""
    from PIL import Image, ImageDraw, ImageFont

    def inks(size):
        """The digits cut to their ink, which the extents that a font reports do not give: they hold margins."""
        font = ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
        for digit in DIGITS:
            canvas = Image.new("L", (4 * side, 4 * side), 0)
            ImageDraw.Draw(canvas).text((side, side), digit, fill=255, font=font)
            yield canvas.crop(canvas.getbbox())

    side = SIDE * SCALE
    reach = REACH * SCALE
    size = reach
    for _ in range(4):  # the ink is nearly proportional to the size: this settles
        size = max(1, round(size * reach / max(max(ink.size) for ink in inks(size))))
    images = []
    for ink in inks(size):
        image = Image.new("L", (side, side), 0)
        image.paste(ink, ((side - ink.width) // 2, (side - ink.height) // 2))
        images.append(image.reduce(SCALE).tobytes())
    return images


def printed(packages, fonts):
    """Yields (split, digit, name, pixels, side); of the faces about a quarter, by whole kin, is for testing."""
    taken = {}
    by_kin = collections.defaultdict(list)
    for kin, slug, path in faces(packages, fonts):
        images = glyphs(path)
        twin = next((taken[image] for image in images if image in taken), None)
        if twin is not None:
            print(f"{slug}: left out, it shares an image with {twin}")
            continue
        taken.update((image, slug) for image in images)
        by_kin[kin].append((slug, images))
    total = sum(map(len, by_kin.values()))
    tested = 0
    for kin in ordered(by_kin, "printed"):
        split = "test" if tested < total / 4 else "train"
        tested += len(by_kin[kin]) if split == "test" else 0
        for slug, images in by_kin[kin]:
            for digit, pixels in zip(DIGITS, images):
                yield split, digit, slug, pixels, SIDE


def write(domain, images, out):
    """Writes a domain beside its place, then moves it there."""
    place = out / domain
    building = pathlib.Path(tempfile.mkdtemp(prefix=f".{domain}-", dir=out))
    counts = collections.Counter()
    content = hashlib.sha256()
    total = 0
    try:
        for split, digit, name, pixels, side in sorted(images):
            path = building / "root" / split / digit / f"{name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            data = png(pixels, side, side)
            path.write_bytes(data)
            counts[split, digit] += 1
            content.update(f"{split}/{digit}/{name}".encode() + pixels)
            total += len(data)
        (building / "root").rename(place)
    finally:
        shutil.rmtree(building)
    print(f"{place}: {sum(counts.values()):,} images, {total:,} bytes")
    print(f"  SHA-256 of names and pixels: {content.hexdigest()}")
    for split in ("train", "test"):
        numbers = [counts[split, digit] for digit in DIGITS]
        print(f"  {split}: {sum(numbers):,}, of the digits 0 to 9 {numbers}")


def read(out, domain, split):
    """The images of a split, all of 16 by 16, as rows of 0...1, with their digits, and the original bytes."""
    import numpy
    from PIL import Image

    rows, labels, originals = [], [], []
    for path in sorted((out / domain / split).glob("*/*.png")):
        with Image.open(path) as image:
            if image.mode != "L":
                sys.exit(f"{path}: not 8-bit gray")
            originals.append(image.tobytes())
            enlarged = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        rows.append(numpy.asarray(enlarged, dtype=numpy.float64).ravel() / 255)
        labels.append(int(path.parent.name))
    if not rows:
        sys.exit(f"{out / domain / split}: no images")
    return numpy.stack(rows), numpy.array(labels), originals


def check(out):
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    sets = {(domain, split): read(out, domain, split) for domain in DOMAINS for split in ("train", "test")}
    for domain in DOMAINS:
        (_, _, train), (_, _, test) = sets[domain, "train"], sets[domain, "test"]
        print(f"{domain}: {len(train)} train, {len(test)} test, {len(train) - len(set(train))} twice in train, "
              f"{len(test) - len(set(test))} twice in test, {len(set(train) & set(test))} in both")
    for name, make in (
        ("logistic regression", lambda: LogisticRegression(max_iter=5000)),
        ("3 nearest neighbours", lambda: KNeighborsClassifier(n_neighbors=3)),
    ):
        for source in (*[(domain,) for domain in DOMAINS], DOMAINS):
            parts = [sets[domain, "train"] for domain in source]
            model = make().fit([row for rows, _, _ in parts for row in rows],
                               [label for _, labels, _ in parts for label in labels])
            scores = [f"{domain} {model.score(*sets[domain, 'test'][:2]):.3f}" for domain in DOMAINS]
            print(f"{name}, trained on {' and '.join(source)}: {', '.join(scores)}")


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fonts", type=pathlib.Path, default="/usr/share/fonts", help="where the packages put them")
    parser.add_argument("--out", type=pathlib.Path, default=root / "Datasets" / "digits", help="where fonts.json is")
    parser.add_argument("--packages", action="store_true", help="print the names of the font packages and stop")
    parser.add_argument("--check", action="store_true", help="measure what is there and stop")
    options = parser.parse_args()
    packages = json.loads((options.out / "fonts.json").read_text(encoding="utf-8"))
    if options.packages:
        print(*(package["package"] for package in packages))
    elif options.check:
        check(options.out)
    else:
        present = [domain for domain in DOMAINS if (options.out / domain).exists()]
        if present:
            sys.exit(f"{options.out / present[0]} is there already: remove it first")
        images = (list(handwritten()), list(printed(packages, options.fonts)))
        for domain, made in zip(DOMAINS, images):
            write(domain, made, options.out)


if __name__ == "__main__":
    main()
