#!/usr/bin/env python3
"""Golden values for the PNG decoder's tests, from a decoder that shares no code with it (no libpng).

    Tools/oracles/png_golden.py Tests/ImageDataTests/Fixtures/pngsuite > Tests/ImageDataTests/Fixtures/pngsuite.json

Written from the PNG specification (third edition) with the standard library only: zlib inflates, all else is here.
Pixels are converted by exact fractions where the Swift code uses integers.  For each file the result holds its header
and, for each pixel form, the channels, the CRC-32 of all bytes and the first 12 bytes; a file that the decoder must
refuse is listed under "refused".
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


def natural(header, pixels, found):
    """8-bit channels; a list of pixels."""
    top = 2 ** header["bitDepth"] - 1
    flat = [pixel for row in pixels for pixel in row]
    trns = found.get(b"tRNS")
    if header["colorType"] == 3:
        plte = found[b"PLTE"]
        alpha = list(trns or b"") + [255] * 256
        require(all(3 * i < len(plte) for i, in flat), "palette entry")
        return [tuple(plte[3 * i:3 * i + 3]) + ((alpha[i],) if trns is not None else ()) for i, in flat]
    key = struct.unpack(f">{len(trns) // 2}H", trns) if trns is not None else None
    return [tuple(nearest(Fraction(255 * v, top)) for v in pixel)
            + (((0 if pixel == key else 255),) if key is not None else ()) for pixel in flat]


def opaque(pixels, over):
    result = []
    for pixel in pixels:
        alpha = Fraction(pixel[-1] if len(pixel) in (2, 4) else 255, 255)
        color = pixel[:3] if len(pixel) >= 3 else pixel[:1] * 3
        result.append(tuple(nearest(v * alpha + o * (1 - alpha)) for v, o in zip(color, over)))
    return result


def luma(pixels):
    """PIL's mode "L"."""
    return [((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16,) for r, g, b in pixels]


def digest(pixels):
    data = bytes(v for pixel in pixels for v in pixel)
    return {"channels": len(pixels[0]), "crc32": zlib.crc32(data), "first": list(data[:12])}


def golden(data):
    header, pixels, found = decode(data)
    plain = natural(header, pixels, found)
    black = opaque(plain, (0, 0, 0))
    return header | {"natural": digest(plain), "gray": digest(luma(black)), "rgb": digest(black),
                     "rgbOverColor": digest(opaque(plain, (10, 200, 90)))}


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
