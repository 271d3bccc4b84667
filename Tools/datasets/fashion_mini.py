#!/usr/bin/env python3
"""Makes Datasets/fashion-mini: a small, balanced part of Fashion-MNIST as folders of PNG files.

    Tools/datasets/fashion_mini.py [--idx FOLDER] [--out FOLDER] [--train N] [--test N]

FOLDER holds the four gzipped IDX files (Debian package dataset-fashion-mnist).  Of each class the first N
images of the official training file go to train/CLASS and the first N of the official test file to
test/CLASS, in the order of the files; nothing is drawn at random.  Each PNG is 8-bit gray with only IHDR,
IDAT and IEND, compressed as small as zlib allows.  Standard library only.
"""
import argparse
import gzip
import itertools
import pathlib
import struct
import sys
import zlib

CLASSES = [
    "0-t-shirt", "1-trouser", "2-pullover", "3-dress", "4-coat",
    "5-sandal", "6-shirt", "7-sneaker", "8-bag", "9-ankle-boot",
]
SPLITS = {"train": "train", "test": "t10k"}


def read_idx(path, dimensions):
    """The sizes and the bytes of a gzipped IDX file of unsigned bytes."""
    data = gzip.decompress(path.read_bytes())
    magic = struct.pack(">BBBB", 0, 0, 8, dimensions)
    if data[:4] != magic:
        sys.exit(f"{path}: not an IDX file of {dimensions} dimensions of unsigned bytes")
    start = 4 + 4 * dimensions
    sizes = struct.unpack(f">{dimensions}I", data[4:start])
    expected = 1
    for size in sizes:
        expected *= size
    if len(data) - start != expected:
        sys.exit(f"{path}: holds {len(data) - start} bytes, its header says {expected}")
    return sizes, data[start:]


def paeth(left, up, corner):
    estimate = left + up - corner
    return min((left, up, corner), key=lambda value: abs(estimate - value))


def filtered_row(kind, row, above):
    """One row after PNG filter `kind` (PNG specification, section 9), with its leading type byte."""
    result = bytearray([kind])
    for x, value in enumerate(row):
        left = row[x - 1] if x else 0
        corner = above[x - 1] if x else 0
        prediction = (0, left, above[x], (left + above[x]) // 2, paeth(left, above[x], corner))[kind]
        result.append((value - prediction) & 255)
    return bytes(result)


def candidates(pixels, width, height):
    """The filtered image by each filter alone, and by the row-wise smallest sum of absolute differences."""
    rows = [pixels[y * width:(y + 1) * width] for y in range(height)]
    above = [bytes(width)] + rows[:-1]
    by_kind = [[filtered_row(kind, row, up) for row, up in zip(rows, above)] for kind in range(5)]
    yield from (b"".join(lines) for lines in by_kind)
    yield b"".join(
        min(options, key=lambda line: sum(min(v, 256 - v) for v in line[1:])) for options in zip(*by_kind))


def compressed(pixels, width, height):
    """The shortest zlib stream found; the first of equals, so the result is the same on every run."""
    settings = list(itertools.product((zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_RLE, zlib.Z_FIXED), (8, 9)))
    best = None
    for image in candidates(pixels, width, height):
        for strategy, memory in settings:
            packer = zlib.compressobj(9, zlib.DEFLATED, 15, memory, strategy)
            stream = packer.compress(image) + packer.flush()
            if best is None or len(stream) < len(best):
                best = stream
    return best


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(pixels, width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    stream = compressed(pixels, width, height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", stream) + chunk(b"IEND", b"")


def write_split(idx, out, split, prefix, per_class):
    (count, height, width), pixels = read_idx(idx / f"{prefix}-images-idx3-ubyte.gz", 3)
    (labelled,), labels = read_idx(idx / f"{prefix}-labels-idx1-ubyte.gz", 1)
    if labelled != count:
        sys.exit(f"{idx}: {count} images but {labelled} labels in the {prefix} files")
    written = [0] * len(CLASSES)
    total = 0
    size = width * height
    for index, label in enumerate(labels):
        if written[label] == per_class:
            continue
        written[label] += 1
        folder = out / split / CLASSES[label]
        folder.mkdir(parents=True, exist_ok=True)
        data = png(pixels[index * size:(index + 1) * size], width, height)
        (folder / f"{written[label]:05d}.png").write_bytes(data)
        total += len(data)
    if min(written) < per_class:
        sys.exit(f"{idx}: {CLASSES[written.index(min(written))]} has only {min(written)} images in {split}")
    return total


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--idx", type=pathlib.Path, default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--out", type=pathlib.Path, default=root / "Datasets" / "fashion-mini")
    parser.add_argument("--train", type=int, default=450, help="images of each class for training")
    parser.add_argument("--test", type=int, default=125, help="images of each class for testing")
    options = parser.parse_args()
    for split in SPLITS:
        if (options.out / split).exists():
            sys.exit(f"{options.out / split} is there already: remove it first")
    counts = {"train": options.train, "test": options.test}
    total = sum(write_split(options.idx, options.out, split, prefix, counts[split])
                for split, prefix in SPLITS.items())
    print(f"{options.out}: {len(CLASSES) * sum(counts.values())} images, {total:,} bytes")


if __name__ == "__main__":
    main()
