"""Golden values for what is done to pixels: sizing, rotation, degradations and augmentation.

Regenerate with:  Tools/oracles/setup && .venv-oracle/bin/python -m pip install scipy scikit-image 'pillow<13' &&
                  .venv-oracle/bin/python Tools/oracles/pixels.py Tests/ImageDataTests/Fixtures

Images are the low bytes of SplitMix64 or of the data set that ships with the project, so the files hold results only.
PIL resizes, rotates and compresses; scipy blurs and integrates distributions; scikit-image changes colours. Nothing is
shared with the Swift and C code. From Pillow 13 on rows are resized before columns where the height shrinks much more
than the width, which moves results by at most 1; the order here is that of all versions before.
"""

import base64
import io
import json
import math
import sys
import zlib
from fractions import Fraction
from pathlib import Path

import numpy as np
import PIL
from PIL import Image
from scipy import ndimage, signal, stats
from skimage import color as skcolor

assert int(PIL.__version__.split(".")[0]) < 13, "see above"

MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
COLOR, BLACK = (10, 200, 90), (0, 0, 0)
FILTERS = {"nearest": Image.Resampling.NEAREST, "bilinear": Image.Resampling.BILINEAR, "area": Image.Resampling.BOX}


def bits(key, count):
    with np.errstate(over="ignore"):
        z = np.uint64(key) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def random_image(key, height, width, channels, depth=8):
    data = bits(key, height * width * channels * depth // 8).astype(np.uint8)
    return data.view(np.uint8 if depth == 8 else "<u2").reshape(height, width, channels)


def to_pil(array):
    array = array[..., 0] if array.shape[2] == 1 else array
    return Image.fromarray(array)


def from_pil(image):
    array = np.asarray(image)
    return array.reshape(array.shape[0], array.shape[1], -1)


def text(array):
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def deep(array, work):
    """Applies work to each channel of 16-bit samples as PIL's 32-bit floats, colours premultiplied by alpha."""
    channels = array.shape[2]
    values = array.astype(np.float64)
    if channels in (2, 4):
        values[..., :-1] *= values[..., -1:] / 65535
    values = np.stack([np.asarray(work(Image.fromarray(values[..., k].astype(np.float32)))).astype(np.float64)
                       for k in range(channels)], axis=2)
    if channels in (2, 4):
        alpha = values[..., -1:]
        values[..., :-1] = np.where(alpha > 0, values[..., :-1] * 65535 / np.where(alpha > 0, alpha, 1), 0)
    return np.clip(np.floor(values + 0.5), 0, 65535).astype("<u2")


def scaled_size(height, width, fit, rows, columns):
    if fit == "stretch":
        return rows, columns
    factors = Fraction(rows, height), Fraction(columns, width)
    factor = min(factors) if fit == "pad" else max(factors)
    return tuple(max(1, math.floor(side * factor + Fraction(1, 2))) for side in (height, width))


def sized(array, fit, name, rows, columns, background):
    height, width, channels = array.shape
    inner = scaled_size(height, width, fit, rows, columns)
    size = inner[1], inner[0]
    if array.dtype == np.uint8:
        array = from_pil(to_pil(array).resize(size, FILTERS[name]))
    elif name != "nearest":
        array = deep(array, lambda image: image.resize(size, FILTERS[name]))
    else:
        planes = [Image.fromarray(array[..., k].astype(np.int32)).resize(size, FILTERS[name]) for k in range(channels)]
        array = np.stack([np.asarray(plane).astype("<u2") for plane in planes], axis=2)
    if fit == "crop":
        top, left = (inner[0] - rows) // 2, (inner[1] - columns) // 2
        return array[top:top + rows, left:left + columns]
    canvas = np.empty((rows, columns, channels), array.dtype)
    canvas[:] = background
    top, left = (rows - inner[0]) // 2, (columns - inner[1]) // 2
    canvas[top:top + inner[0], left:left + inner[1]] = array
    return canvas


def background_pixel(color, channels, depth):
    scale = 1 if depth == 8 else 257
    values = list(color) if channels >= 3 else [Image.new("RGB", (1, 1), color).convert("L").getpixel((0, 0))]
    return [value * scale for value in values] + ([0] if channels in (2, 4) else [])


def sizing():
    sizes = [(28, 28, 32, 32), (28, 28, 14, 14), (7, 5, 16, 16), (5, 9, 4, 4), (40, 23, 10, 10), (1, 1, 3, 2),
             (3, 50, 7, 7), (50, 3, 5, 9), (13, 17, 13, 17), (100, 90, 3, 2), (2, 3, 1, 1), (10, 6, 25, 9),
             (64, 64, 28, 20), (28, 31, 28, 10), (1, 200, 3, 3), (9, 9, 8, 10)]
    cases = []
    for height, width, rows, columns in sizes:
        for channels in (1, 2, 3, 4):
            for depth in (8, 16):
                for name in FILTERS:
                    for fit in ("stretch", "pad", "crop"):
                        if depth == 16 and (rows * columns > 150 or len(cases) % 3):
                            cases.append(None)
                            continue
                        key = len(cases)
                        if key % 5 > 1:
                            cases.append(None)
                            continue
                        # Black where PIL's luma of 16 bits would have to be defined.
                        color = BLACK if depth == 16 and channels < 3 else COLOR
                        image = random_image(key, height, width, channels, depth)
                        result = sized(image, fit, name, rows, columns, background_pixel(color, channels, depth))
                        case = {"key": key, "from": [height, width, channels, depth], "to": [rows, columns], "fit": fit,
                                "filter": name}
                        if depth == 8:
                            case["crc32"] = zlib.crc32(np.ascontiguousarray(result).tobytes())
                        else:
                            case["pixels"] = text(result)
                        cases.append(case)
    return [case for case in cases if case]


def rotation():
    cases = []
    for height, width in ((28, 28), (9, 14), (5, 5)):
        for channels in (1, 2, 3, 4):
            for depth in (8, 16):
                for degrees in (90, 180, 270) if (height, channels) == (5, 3) else (17.3, -121.7):
                    key = 1000 + len(cases)
                    image = random_image(key, height, width, channels, depth)
                    if channels in (2, 4):
                        # Opaque: PIL rounds colours premultiplied by a small alpha coarsely.
                        image[..., -1] = 255 if depth == 8 else 65535
                    turn = lambda plane: plane.rotate(degrees, Image.Resampling.BILINEAR)
                    result = from_pil(turn(to_pil(image))) if depth == 8 else deep(image, turn)
                    if height == 28 and (channels, depth) != (1, 8):
                        continue
                    cases.append({"key": key, "shape": [height, width, channels, depth], "degrees": degrees,
                                  "pixels": text(result)})
    return cases


class Draws:
    """The uniform numbers of a stream, in order."""

    def __init__(self, key):
        self.key, self.counter = key, 0

    def uniform(self, *shape):
        count = math.prod(shape)
        values = bits(self.key, self.counter + count)[self.counter:]
        self.counter += count
        return ((values >> np.uint64(11)).astype(np.float64) * 2.0**-53).reshape(shape)

    def between(self, low, high, *shape):
        return low + (high - low) * self.uniform(*shape)

    def normal(self, *shape):
        pairs = self.uniform(*shape, 2)
        return np.sqrt(-2 * np.log(1 - pairs[..., 0])) * np.cos(2 * np.pi * pairs[..., 1])


def each(work, x):
    return np.stack([work(x[..., k]) for k in range(x.shape[2])], axis=2)


def by_plane(draw, x):
    """Draws are made plane by plane."""
    return np.moveaxis(draw(x.shape[2], *x.shape[:2]), 0, 2)


def gaussian_noise(x, c, draws):
    return x + c[0] * by_plane(draws.normal, x)


def shot_noise(x, c, draws):
    return stats.poisson.ppf(by_plane(draws.uniform, x), x * c[0]).clip(0) / c[0]


def impulse_noise(x, c, draws):
    draw = by_plane(draws.uniform, x)
    return np.where(draw < c[0] / 2, 0, np.where(draw < c[0], 1, x))


def defocus_blur(x, c, draws):
    radius, rim = int(c[0]), 1 if c[0] <= 8 else 2
    y = np.arange(-radius, radius + 1)
    disk = (y[:, None] ** 2 + y ** 2 <= c[0] ** 2).astype(float)
    gauss = np.exp(-np.arange(-rim, rim + 1) ** 2 / (2 * c[1] ** 2))
    kernel = signal.convolve2d(disk / disk.sum(), np.outer(gauss, gauss) / gauss.sum() ** 2)
    return each(lambda plane: ndimage.correlate(plane, kernel, mode="mirror"), x)


def glass_blur(x, c, draws):
    blur = lambda image: each(lambda plane: ndimage.gaussian_filter(plane, c[0], mode="nearest", truncate=4), image)
    x, reach = blur(x), c[1]
    for _ in range(c[2]):
        for h in range(x.shape[0] - reach, reach, -1):
            for w in range(x.shape[1] - reach, reach, -1):
                right, down = (math.floor(v) for v in draws.between(-reach, reach, 2))
                there = h + down, w + right
                x[h, w], x[there] = x[there].copy(), x[h, w].copy()
    return blur(x)


def moved(plane, c, angle):
    steps = np.arange(2 * int(c[0]) + 1)
    weights = np.exp(-steps ** 2 / (2 * c[1] ** 2))
    reach = len(steps)
    padded = np.pad(plane, reach, mode="edge")
    result = np.zeros_like(plane)
    for step, weight in zip(steps, weights / weights.sum()):
        right, down = math.ceil(step * math.cos(angle) - 0.5), math.ceil(step * math.sin(angle) - 0.5)
        top, left = reach + down, reach + right
        result += weight * padded[top:top + plane.shape[0], left:left + plane.shape[1]]
    return result


def motion_blur(x, c, draws):
    angle = draws.between(-math.pi / 4, math.pi / 4, 1)[0]
    return each(lambda plane: moved(plane, c, angle), x)


def enlarged(plane, factor):
    y, x = np.indices(plane.shape)
    middle = [(side - 1) / 2 for side in plane.shape]
    places = [(y - middle[0]) / factor + middle[0], (x - middle[1]) / factor + middle[1]]
    return ndimage.map_coordinates(plane, places, order=1, mode="nearest")


def zoom_blur(x, c, draws):
    total = x + sum(each(lambda plane: enlarged(plane, 1 + i * c[1]), x) for i in range(c[0]))
    return total / (c[0] + 1)


def snow(x, c, draws):
    flakes = enlarged(c[0] + c[1] * draws.normal(*x.shape[:2]), c[2])
    flakes = np.where(flakes < c[3], 0, flakes.clip(0, 1))
    flakes = moved(flakes, c[4:6], draws.between(-3 * math.pi / 4, -math.pi / 4, 1)[0])
    luma = x @ [0.299, 0.587, 0.114] if x.shape[2] == 3 else x[..., 0]
    lifted = np.maximum(x, 1.5 * luma[..., None] + 0.5)
    return c[6] * x + (1 - c[6]) * lifted + (flakes + np.rot90(flakes, 2))[..., None]


def plasma(side, decay, draws):
    """Diamonds and squares on a torus."""
    heights, amplitude, step = np.zeros((side, side)), 1.0, side
    roll = np.roll
    while step >= 2:
        half = step // 2
        rough = lambda mean: mean / 4 + amplitude * draws.between(-1, 1, *mean.shape)
        corners = heights[::step, ::step]
        pairs = corners + roll(corners, -1, 0)
        heights[half::step, half::step] = rough(pairs + roll(pairs, -1, 1))
        middles = heights[half::step, half::step]
        heights[::step, half::step] = rough(middles + roll(middles, 1, 0) + corners + roll(corners, -1, 1))
        heights[half::step, ::step] = rough(middles + roll(middles, 1, 1) + corners + roll(corners, -1, 0))
        amplitude, step = amplitude / decay ** 2, half
    heights -= heights.min()
    return heights / heights.max()


def fog(x, c, draws):
    side = 2 ** math.ceil(math.log2(max(x.shape[:2])))
    clouds = plasma(side, c[1], draws)[:x.shape[0], :x.shape[1], None]
    return (x + c[0] * clouds) * x.max() / (x.max() + c[0])


def brightness(x, c, draws):
    if x.shape[2] == 1:
        return x + c[0]
    hsv = skcolor.rgb2hsv(x)
    hsv[..., 2] = (hsv[..., 2] + c[0]).clip(0, 1)
    return skcolor.hsv2rgb(hsv)


def contrast(x, c, draws):
    mean = x.mean(axis=(0, 1), keepdims=True)
    return mean + c[0] * (x - mean)


def elastic_transform(x, c, draws):
    height, width = x.shape[:2]
    factor, deviation, reach = (min(height, width) * share for share in c)
    size, middle = min(height, width) // 3, np.array([width // 2, height // 2])
    corners = middle + size * np.array([[1, 1], [1, -1], [-1, -1]])
    shifted = corners + draws.between(-reach, reach, 3, 2)
    affine = np.linalg.solve(np.column_stack([corners, np.ones(3)]), shifted)
    blur = lambda field: ndimage.gaussian_filter(field, deviation, mode="reflect", truncate=3)
    right = factor * blur(draws.between(-1, 1, height, width))
    down = factor * blur(draws.between(-1, 1, height, width))
    rows, columns = np.indices((height, width))
    places = np.stack([columns + right, rows + down, np.ones((height, width))], axis=2) @ affine
    at = [places[..., 1], places[..., 0]]
    return each(lambda plane: ndimage.map_coordinates(plane, at, order=1, mode="reflect"), x)


def pixelate(x, c, draws):
    image = to_pil(np.round(x * 255).astype(np.uint8))
    small = image.resize((int(image.width * c[0]), int(image.height * c[0])), Image.Resampling.BOX)
    return from_pil(small.resize(image.size, Image.Resampling.BOX)) / 255


def jpeg_compression(x, c, draws):
    file = io.BytesIO()
    to_pil(np.round(x * 255).astype(np.uint8)).save(file, "JPEG", quality=c[0])
    return from_pil(Image.open(file)) / 255


# Parameters at severity 3 of small images and at severity 4 of large ones, as in Documentation/degradations.md.
DEGRADATIONS = {
    gaussian_noise: ([0.08], [0.26]), shot_noise: ([100], [5]), impulse_noise: ([0.03], [0.17]),
    defocus_blur: ([0.5, 0.6], [8, 0.5]), glass_blur: ([0.4, 1, 2], [1.1, 3, 2]), motion_blur: ([6, 2], [15, 12]),
    zoom_blur: ([16, 0.01], [13, 0.02]),
    snow: ([0.15, 0.3, 1.75, 0.55, 10, 4, 0.9], [0.55, 0.3, 4.5, 0.85, 12, 8, 0.65]),
    fog: ([0.75, 2.5], [3.25, 1.5]), brightness: ([0.15], [0.4]), contrast: ([0.4], [0.1]),
    elastic_transform: ([0.08, 0.06, 0.05], [2, 0.7, 0.1]), pixelate: ([0.85], [0.3]), jpeg_compression: ([58], [10]),
}
PHOTOGRAPHS = [f"{name}/00001.png" for name in ("9-ankle-boot", "3-dress", "8-bag")]


def photographs(height, width, channels):
    folder = Path(__file__).resolve().parents[2] / "Datasets" / "fashion-mini" / "test"
    images = [Image.open(folder / name).resize((width, height), FILTERS["bilinear"]) for name in PHOTOGRAPHS[:channels]]
    return np.stack([np.asarray(image) for image in images], axis=2)


def degradations():
    cases = []
    for degrade, parameters in DEGRADATIONS.items():
        for severity, c, shape in ((3, parameters[0], (22, 18, 3)), (4, parameters[1], (20, 66, 1))):
            key = 2000 + len(cases)
            result = degrade(photographs(*shape) / 255, c, Draws(key))
            result = np.floor(result * 255 + 0.5).clip(0, 255).astype(np.uint8)
            name = f"{degrade.__name__.replace('_', '-')}/{severity}"
            cases.append({"key": key, "shape": [*shape, 8], "name": name, "pixels": text(result)})
    return cases


def betas():
    shares = np.linspace(0.05, 0.95, 19)
    return [{"alpha": alpha, "quantiles": stats.beta.ppf(shares, alpha, alpha).tolist()}
            for alpha in (0.05, 0.2, 1.0, 1.7, 8.0, 100.0)]


def main():
    folder = Path(sys.argv[1])
    for name, make in {"sizing": sizing, "rotation": rotation, "degradations": degradations,
                       "betas": betas}.items():
        lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in make())
        path = folder / f"pixels-{name}.json"
        path.write_text(f"[\n{lines}\n]\n")
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
