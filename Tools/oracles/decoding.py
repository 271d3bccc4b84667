#!/usr/bin/env python3
"""Golden values for colour conversion and orientation, from Pillow and Little CMS.

    Tools/oracles/decoding.py > Tests/ImageDataTests/Fixtures/decoding.json     (pip install pillow)

"colors" holds PNG files with an ICC profile: their samples converted to sRGB with relative colorimetric intent, at 8
bits by PIL.ImageCms, and from 0 to 1 by Little CMS itself (the library inside Pillow, called directly) in floating
point.  Palettes and alpha are laid out by Pillow.  "turns" holds PNG files with an eXIf chunk, turned by
PIL.ImageOps.exif_transpose.  Files and samples are base64; 16-bit samples are low byte first.  The profiles are made
here, but for one that Little CMS makes.
"""
import base64
import ctypes
import io
import json
import pathlib
import random
import struct
import zlib

import PIL
from PIL import Image, ImageCms, ImageOps

SIDE = 8


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, depth, color, samples, extra):
    """`samples` are the bytes of all rows."""
    size = len(samples) // height
    rows = b"".join(b"\0" + samples[y * size:(y + 1) * size] for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
            + b"".join(chunk(*e) for e in extra) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def fixed(*values):
    return b"".join(struct.pack(">i", round(v * 65536)) for v in values)


def gamma(value):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


def table(values):
    return b"curv\0\0\0\0" + struct.pack(f">I{len(values)}H", len(values), *values)


def para(kind, *values):
    return b"para\0\0\0\0" + struct.pack(">HH", kind, 0) + fixed(*values)


LINEAR = table([])
SRGB = para(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
# Columns relative to D50.
SRGB_XYZ = [(0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410)]
ADOBE_XYZ = [(0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)]
P3_XYZ = [(0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)]
PROPHOTO_XYZ = [(0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491)]


def profile(version, space, tags):
    """Equal tags share their bytes, as profiles usually do."""
    body, places, directory = b"", {}, b""
    start = 132 + 12 * len(tags)
    for name, content in tags:
        if content not in places:
            places[content] = start + len(body)
            body += content + bytes(-len(content) % 4)
        directory += name + struct.pack(">II", places[content], len(content))
    header = (struct.pack(">I4sI4s4s4s", start + len(body), b"", version << 24, b"mntr", space, b"XYZ ")
              + struct.pack(">6H", 2020, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + fixed(0.9642, 1, 0.8249))
    return header + bytes(128 - len(header)) + struct.pack(">I", len(tags)) + directory + body


def rgb_profile(version, columns, curves):
    white = b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249)
    return profile(version, b"RGB ", [(b"wtpt", white)]
                   + [(n, b"XYZ \0\0\0\0" + fixed(*c)) for n, c in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns)]
                   + list(zip((b"rTRC", b"gTRC", b"bTRC"), curves)))


def gray_profile(version, curve):
    white = b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249)
    return profile(version, b"GRAY", [(b"wtpt", white), (b"kTRC", curve)])


class LittleCMS:
    """Conversion to sRGB in floating point; values from 0 to 1."""

    def __init__(self):
        folder = pathlib.Path(PIL.__file__).parent.parent / "pillow.libs"
        self.library = ctypes.CDLL(str(next(folder.glob("liblcms2*"))))
        for name in ("cmsOpenProfileFromMem", "cmsCreate_sRGBProfile", "cmsCreateTransform"):
            getattr(self.library, name).restype = ctypes.c_void_p

    def to_srgb(self, profile, channels, pixels):
        double_gray, double_rgb = 1 << 22 | 3 << 16 | 1 << 3, 1 << 22 | 4 << 16 | 3 << 3
        source = self.library.cmsOpenProfileFromMem(profile, len(profile))
        target = self.library.cmsCreate_sRGBProfile()
        transform = self.library.cmsCreateTransform(
            ctypes.c_void_p(source), double_gray if channels == 1 else double_rgb, ctypes.c_void_p(target),
            double_rgb, 1, 0x0100)
        assert transform
        values = [v for pixel in pixels for v in pixel]
        out = (ctypes.c_double * (3 * len(pixels)))()
        self.library.cmsDoTransform(ctypes.c_void_p(transform), (ctypes.c_double * len(values))(*values), out,
                                    len(pixels))
        result = [min(max(v, 0.0), 1.0) for v in out]
        # A gray image stays gray; green is nearest to luminance.
        return [(result[i + 1],) if channels == 1 else tuple(result[i:i + 3]) for i in range(0, len(result), 3)]


def text(data):
    return base64.b64encode(data).decode()


def color_case(name, lcms, profile, color, depth, draw):
    """One file of SIDE x SIDE pixels."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    top = 2 ** depth - 1
    count = SIDE * SIDE
    corners = [[top * (i >> k & 1) for k in range(channels)] for i in range(8)]
    pixels = corners + [[draw.randint(0, top) for _ in range(channels)] for _ in range(count - 8)]
    extra = [(b"iCCP", b"x\0\0" + zlib.compress(profile, 9))]
    if color == 3:
        palette = [[draw.randint(0, 255) for _ in range(3)] for _ in range(256)]
        extra.append((b"PLTE", bytes(v for entry in palette for v in entry)))
    values = [v for pixel in pixels for v in pixel]
    file = png(SIDE, SIDE, depth, color, struct.pack(f">{len(values)}{'B' if depth == 8 else 'H'}", *values), extra)

    if color == 3:
        pixels = [palette[i] for i, in pixels]
    alpha = color in (4, 6)
    colors = [pixel[:-1] if alpha else pixel for pixel in pixels]
    alphas = [pixel[-1:] if alpha else [] for pixel in pixels]
    exact = lcms.to_srgb(profile, len(colors[0]), [[v / top for v in c] for c in colors])
    sixteen = [v for c, a in zip(exact, alphas) for v in [round(x * 65535) for x in c] + [x * 65535 // top for x in a]]
    case = {"name": name, "png": text(file), "channels": len(pixels[0]),
            "sixteen": text(struct.pack(f"<{len(sixteen)}H", *sixteen))}
    if depth == 8:
        gray = len(colors[0]) == 1
        image = Image.frombytes("L" if gray else "RGB", (SIDE, SIDE), bytes(v for c in colors for v in c))
        converted = ImageCms.profileToProfile(
            image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC)
        data = list(converted.getchannel("G").tobytes() if gray else converted.tobytes())
        width = 1 if gray else 3
        case["eight"] = text(bytes(v for i, a in enumerate(alphas) for v in data[i * width:(i + 1) * width] + a))
    return case


def color_cases():
    lcms = LittleCMS()
    draw = random.Random(1)
    ramp = [round(65535 * (i / 40) ** 1.9) for i in range(41)]
    steep = [0, 100, 5000, 30000, 65535]
    kinds = (para(1, 2.2, 1.1, -0.1), para(2, 1.7, 0.9, 0.05, 0.02), para(4, 2.4, 0.9, 0.05, 0.1, 0.06, 0.02, 0.01))
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = made[:24] + bytes(12) + made[36:]  # without the time of its making
    p3 = rgb_profile(4, P3_XYZ, [SRGB] * 3)
    adobe = rgb_profile(2, ADOBE_XYZ, [gamma(563 / 256)] * 3)
    cases = [("sRGB of Little CMS", made, 2, 8), ("sRGB of Little CMS, deep", made, 2, 16),
             ("sRGB parametric", rgb_profile(4, SRGB_XYZ, [SRGB] * 3), 2, 8),
             ("Adobe RGB primaries, gamma", adobe, 2, 8), ("Adobe RGB primaries, alpha", adobe, 6, 8),
             ("P3 primaries, deep with alpha", p3, 6, 16), ("P3 primaries, palette", p3, 3, 8),
             ("ProPhoto primaries, linear", rgb_profile(2, PROPHOTO_XYZ, [LINEAR] * 3), 2, 8),
             ("tables and a gamma", rgb_profile(2, SRGB_XYZ, [table(ramp), table(steep), gamma(1.8)]), 2, 8),
             ("tables, deep", rgb_profile(2, ADOBE_XYZ, [table(ramp), table(steep), LINEAR]), 2, 16),
             ("parametric 1, 2, 4", rgb_profile(4, SRGB_XYZ, kinds), 2, 8),
             ("parametric 0, 3", rgb_profile(4, ADOBE_XYZ, [para(0, 2.0), SRGB, para(0, 0.8)]), 2, 16),
             ("gray gamma", gray_profile(2, gamma(2.2)), 0, 8),
             ("gray table, alpha", gray_profile(2, table(ramp)), 4, 8),
             ("gray parametric, deep", gray_profile(4, para(0, 1.6)), 0, 16)]
    return [color_case(name, lcms, profile, color, depth, draw) for name, profile, color, depth in cases]


def exif(order, value):
    """Two other tags around the orientation."""
    entries = [(256, 4, 1, 7, 0), (274, 3, 1, value, 0), (296, 3, 1, 2, 0)]
    head = b"II*\0" if order == "<" else b"MM\0*"
    body = struct.pack(order + "IH", 8, len(entries))
    for tag, kind, count, *content in entries:
        body += struct.pack(order + ("HHII" if kind == 4 else "HHIHH"), tag, kind, count,
                            *(content[:1] if kind == 4 else content))
    return head + body + bytes(4)


def turn_cases():
    cases = []
    draw = random.Random(2)
    for value in range(1, 9):
        for order, color, depth, mode in (("<", 2, 8, "RGB"), (">", 0, 16, "I;16"), (">", 4, 8, "LA")):
            width, height = draw.randint(2, 5), draw.randint(2, 5)
            data = bytes(draw.randint(0, 255) for _ in range(width * height * {"RGB": 3, "I;16": 2, "LA": 2}[mode]))
            chunk = (b"eXIf", exif(order, value))
            file = png(width, height, depth, color, data, [chunk])
            seen = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
            assert seen.mode == mode
            cases.append({"name": f"{value} {mode} {'II' if order == '<' else 'MM'}", "png": text(file),
                          "width": seen.width, "height": seen.height, "depth": depth, "pixels": text(seen.tobytes())})
    return cases


def lines(cases):
    return "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]"


if __name__ == "__main__":
    print(f'{{"colors": {lines(color_cases())},\n"turns": {lines(turn_cases())}}}')
