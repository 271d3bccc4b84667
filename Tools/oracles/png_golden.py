#!/usr/bin/env python3
"""Golden values for the PNG decoder's tests, from a decoder that shares no code with it (no libpng).

    Tools/oracles/png_golden.py Tests/ImageDataTests/Fixtures/pngsuite > Tests/ImageDataTests/Fixtures/pngsuite.json

Written from the PNG specification (third edition) with the standard library only: zlib inflates, all else is here.
Pixels are converted by exact fractions where the Swift code uses integers or floating point; only powers are floating
point here too.  For each file the result holds its header and, for each pixel form, the channels, the CRC-32 of all
bytes and the first 12 bytes; under "more" the CRC-32 alone, for forms with alpha, for 16 bits (low byte first), for
colours converted to sRGB, and for rows turned upright.  A file that the decoder must refuse is listed under "refused".
"""
import json
import pathlib
import struct
import sys
import zlib
from fractions import Fraction

SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
# First column, first row, column step, row step of each Adam7 pass.
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


class Refused(Exception):
    pass


def require(condition, reason):
    if not condition:
        raise Refused(reason)


def chunks(data):
    require(data[:8] == b"\x89PNG\r\n\x1a\n", "signature")
    at = 8
    while True:
        require(at + 12 <= len(data), "early end")
        length, = struct.unpack(">I", data[at:at + 4])
        require(at + 12 + length <= len(data), "early end")
        kind, body = data[at + 4:at + 8], data[at + 8:at + 8 + length]
        crc, = struct.unpack(">I", data[at + 8 + length:at + 12 + length])
        require(zlib.crc32(kind + body) == crc, f"checksum of {kind}")
        yield kind, body
        if kind == b"IEND":
            return
        at += 12 + length


def predict(kind, left, up, corner):
    if kind == 4:
        p = left + up - corner
        distances = (abs(p - left), abs(p - up), abs(p - corner))
        return (left, up, corner)[distances.index(min(distances))]
    return (0, left, up, (left + up) // 2)[kind]


def unpack(stream, width, height, bits, depth):
    """One pass: rows of samples, and what is left of the stream."""
    size, step = (width * bits + 7) // 8, max(bits // 8, 1)
    rows, above = [], bytes(size)
    for _ in range(height):
        require(len(stream) > size, "too few pixels")
        kind, row, stream = stream[0], bytearray(stream[1:size + 1]), stream[size + 1:]
        require(kind <= 4, "filter type")
        for i in range(size):
            left, corner = (row[i - step], above[i - step]) if i >= step else (0, 0)
            row[i] = (row[i] + predict(kind, left, above[i], corner)) % 256
        above = bytes(row)
        count = width * bits // depth
        if depth == 16:
            rows.append(struct.unpack(f">{count}H", above))
        else:
            digits = "".join(f"{byte:08b}" for byte in above)
            rows.append([int(digits[i * depth:(i + 1) * depth], 2) for i in range(count)])
    return rows, stream


def decode(data):
    found, idat = {}, b""
    for kind, body in chunks(data):
        if kind == b"IDAT":
            idat += body
        else:
            found.setdefault(kind, body)
    require(b"IHDR" in found and len(found[b"IHDR"]) == 13, "header")
    width, height, depth, color, compression, filters, interlace = struct.unpack(">IIBBBBB", found[b"IHDR"])
    require(width and height and color in SAMPLES and depth in DEPTHS[color], "header values")
    require(compression == 0 and filters == 0 and interlace in (0, 1), "header methods")
    require(idat, "no pixels")
    try:
        stream = zlib.decompress(idat)
    except zlib.error as error:
        raise Refused(str(error))
    samples = SAMPLES[color]
    pixels = [[None] * width for _ in range(height)]
    for x0, y0, dx, dy in ADAM7 if interlace else [(0, 0, 1, 1)]:
        columns, rows = range(x0, width, dx), range(y0, height, dy)
        if not columns or not rows:
            continue
        values, stream = unpack(stream, len(columns), len(rows), samples * depth, depth)
        for y, row in zip(rows, values):
            for i, x in enumerate(columns):
                pixels[y][x] = tuple(row[i * samples:(i + 1) * samples])
    header = {"width": width, "height": height, "colorType": color, "bitDepth": depth,
              "isInterlaced": interlace == 1, "hasTransparency": b"tRNS" in found}
    return header, pixels, found


def nearest(value):
    return int(value + Fraction(1, 2))


def natural(header, pixels, found, most=255):
    """Channels from 0 to most; a list of pixels."""
    top = 2 ** header["bitDepth"] - 1
    flat = [pixel for row in pixels for pixel in row]
    trns = found.get(b"tRNS")
    if header["colorType"] == 3:
        plte = found[b"PLTE"]
        alpha = list(trns or b"") + [255] * 256
        require(all(3 * i < len(plte) for i, in flat), "palette entry")
        flat = [tuple(plte[3 * i:3 * i + 3]) + ((alpha[i],) if trns is not None else ()) for i, in flat]
        return [tuple(v * most // 255 for v in pixel) for pixel in flat]
    key = struct.unpack(f">{len(trns) // 2}H", trns) if trns is not None else None
    return [tuple(nearest(Fraction(most * v, top)) for v in pixel)
            + (((0 if pixel == key else most),) if key is not None else ()) for pixel in flat]


def colors(pixel):
    return pixel[:3] if len(pixel) >= 3 else pixel[:1] * 3


def opaque(pixels, over, most=255):
    result = []
    for pixel in pixels:
        alpha = Fraction(pixel[-1] if len(pixel) in (2, 4) else most, most)
        background = [o * (most // 255) for o in over]
        result.append(tuple(nearest(v * alpha + o * (1 - alpha)) for v, o in zip(colors(pixel), background)))
    return result


def luma(pixels):
    """PIL's mode "L"."""
    return [((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16,) for r, g, b in pixels]


def with_alpha(pixels, most=255):
    return [colors(pixel) + ((pixel[-1] if len(pixel) in (2, 4) else most),) for pixel in pixels]


def gray_with_alpha(pixels, most=255):
    full = with_alpha(pixels, most)
    return [gray + pixel[3:] for gray, pixel in zip(luma([pixel[:3] for pixel in full]), full)]


def multiply(a, b):
    return [[sum(x * y for x, y in zip(row, column)) for column in zip(*b)] for row in a]


def invert(matrix):
    """By Gauss and Jordan, in fractions."""
    rows = [list(row) + [Fraction(i == j) for j in range(3)] for i, row in enumerate(matrix)]
    for i in range(3):
        pivot = next(k for k in range(i, 3) if rows[k][i] != 0)
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [v / rows[i][i] for v in rows[i]]
        for k in range(3):
            if k != i:
                rows[k] = [a - rows[k][i] * b for a, b in zip(rows[k], rows[i])]
    return [row[3:] for row in rows]


def xyz(x, y):
    return [[x / y], [Fraction(1)], [(1 - x - y) / y]]


def rgb_to_xyz(white, *primaries):
    columns = [list(row) for row in zip(*[(x, y, 1 - x - y) for x, y in primaries])]
    amounts = multiply(invert(columns), xyz(*white))
    return [[v * amount for v, (amount,) in zip(row, amounts)] for row in columns]


SRGB = [(Fraction(x, 10000), Fraction(y, 10000))
        for x, y in ((3127, 3290), (6400, 3300), (3000, 6000), (1500, 600))]
CONES = [[Fraction(v, 10000) for v in row]
         for row in ((8951, 2664, -1614), (-7502, 17135, 367), (389, -685, 10296))]


def primaries_to_srgb(chrm):
    """Linear light under a cHRM chunk to linear sRGB, whites adapted after Bradford."""
    values = [Fraction(v, 100000) for v in struct.unpack(">8I", chrm)]
    primaries = list(zip(values[::2], values[1::2]))
    here, there = (multiply(CONES, xyz(*white)) for white in (primaries[0], SRGB[0]))
    scale = [[there[i][0] / here[i][0] if i == j else Fraction(0) for j in range(3)] for i in range(3)]
    adapt = multiply(invert(CONES), multiply(scale, CONES))
    return multiply(invert(rgb_to_xyz(*SRGB)), multiply(adapt, rgb_to_xyz(*primaries)))


def srgb_light(v):
    return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4


def srgb_sample(light, most):
    light = min(max(light, 0.0), 1.0)
    v = 12.92 * light if light <= 0.04045 / 12.92 else 1.055 * light ** (1 / 2.4) - 0.055
    return int(v * most + 0.5)


def to_srgb(header, pixels, found, most):
    """Natural channels as gAMA and cHRM say."""
    if b"gAMA" not in found and b"cHRM" not in found:
        return natural(header, pixels, found, most)
    stored = 65535 if header["bitDepth"] == 16 else 255
    light = srgb_light
    if b"gAMA" in found:
        gamma, = struct.unpack(">I", found[b"gAMA"])
        light = lambda v: v ** (100000 / gamma)
    matrix = [[float(v) for v in row] for row in primaries_to_srgb(found[b"cHRM"])] if b"cHRM" in found else None
    seen, result = {}, []
    for pixel in natural(header, pixels, found, stored):
        if pixel not in seen:
            count = 3 if len(pixel) >= 3 else 1
            lights = [light(v / stored) for v in pixel[:count]]
            if matrix and count == 3:
                lights = [sum(m * l for m, l in zip(row, lights)) for row in matrix]
            alpha = tuple(nearest(Fraction(v * most, stored)) for v in pixel[count:])
            seen[pixel] = tuple(srgb_sample(l, most) for l in lights) + alpha
        result.append(seen[pixel])
    return result


def orientation(exif):
    """The value of tag 274 in the first directory."""
    order = "<" if exif[:2] == b"II" else ">"
    at, = struct.unpack(order + "I", exif[4:8])
    count, = struct.unpack(order + "H", exif[at:at + 2])
    for i in range(count):
        tag, _, _, value, _ = struct.unpack(order + "HHIHH", exif[at + 2 + 12 * i:at + 14 + 12 * i])
        if tag == 274:
            return value
    return 1


def turned(rows, value):
    """The image as it is to be seen: the first row and column of `rows` lie where the Exif standard says."""
    if value in (5, 6, 7, 8):
        rows = [list(column) for column in zip(*rows)]
    if value in (2, 3, 6, 7):
        rows = [row[::-1] for row in rows]
    if value in (3, 4, 7, 8):
        rows = rows[::-1]
    return rows


def upright(header, pixels, found):
    flat = natural(header, pixels, found)
    width = header["width"]
    rows = turned([flat[i:i + width] for i in range(0, len(flat), width)], orientation(found[b"eXIf"]))
    return [pixel for row in rows for pixel in row]


def digest(pixels):
    data = bytes(v for pixel in pixels for v in pixel)
    return {"channels": len(pixels[0]), "crc32": zlib.crc32(data), "first": list(data[:12])}


def crc(pixels, depth=8):
    values = [v for pixel in pixels for v in pixel]
    return zlib.crc32(struct.pack(f"<{len(values)}{'B' if depth == 8 else 'H'}", *values))


def golden(data):
    header, pixels, found = decode(data)
    plain = natural(header, pixels, found)
    black = opaque(plain, (0, 0, 0))
    over = (10, 200, 90)
    deep = natural(header, pixels, found, 65535)
    more = {"grayAlpha8": crc(gray_with_alpha(plain)), "rgbAlpha8": crc(with_alpha(plain)),
            "natural16": crc(deep, 16), "rgb16": crc(opaque(deep, over, 65535), 16),
            "gray16": crc(luma(opaque(deep, over, 65535)), 16), "rgbAlpha16": crc(with_alpha(deep, 65535), 16),
            "grayAlpha16": crc(gray_with_alpha(deep, 65535), 16),
            "srgb8": crc(to_srgb(header, pixels, found, 255)),
            "srgb16": crc(to_srgb(header, pixels, found, 65535), 16)}
    if b"eXIf" in found:
        more["upright8"] = crc(upright(header, pixels, found))
    return header | {"natural": digest(plain), "gray": digest(luma(black)), "rgb": digest(black),
                     "rgbOverColor": digest(opaque(plain, over)), "more": more}


def main():
    images, refused = {}, {}
    for path in sorted(pathlib.Path(sys.argv[1]).glob("*.png")):
        try:
            images[path.name] = golden(path.read_bytes())
        except Refused as error:
            refused[path.name] = str(error)
    print('{"images": {')
    print(",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in images.items()))
    print(f'}}, "refused": {json.dumps(refused, indent=0)}}}')


if __name__ == "__main__":
    main()
