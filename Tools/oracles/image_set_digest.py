"""The digests of the image sets of Datasets/fashion-mini, by Pillow and hashlib.

Run with:  Tools/oracles/setup && .venv-oracle/bin/python Tools/oracles/image_set_digest.py

Prints the two values that FashionMiniTests.swift holds: SHA-256 over a line of sizes, each name after its length in
bytes, the labels, and the SHA-256 of each image's samples.
"""

import hashlib
import pathlib

import numpy
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2] / "Datasets" / "fashion-mini"


def digest(split: str) -> str:
    files = sorted((ROOT / split).glob("*/*.png"), key=lambda file: str(file).encode())
    classes = sorted({file.parent.name for file in files}, key=str.encode)
    images = [numpy.asarray(Image.open(file).convert("L")) for file in files]
    height, width = images[0].shape
    result = hashlib.sha256(f"{len(files)} {height} {width} 1 8 {len(classes)}\n".encode())
    for name in classes + [str(file.relative_to(ROOT)) for file in files]:
        result.update(f"{len(name.encode())} {name}\n".encode())
    result.update((" ".join(str(classes.index(file.parent.name)) for file in files) + "\n").encode())
    for image in images:
        result.update(hashlib.sha256(image.tobytes()).digest())
    return result.hexdigest()


for split in ["train", "test"]:
    print(split, digest(split))
