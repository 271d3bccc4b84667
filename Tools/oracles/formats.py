#!/usr/bin/env python3
"""Golden files for the readers of published data set formats, written by NumPy and Python's own gzip.

    python3 -m venv VENV && VENV/bin/pip install numpy
    VENV/bin/python Tools/oracles/formats.py

Writes Tests/ImageDataTests/Fixtures/formats.  golden.json says what each source holds as NumPy sees it: {source:
{"sets": {name: {"shape": [N, H, W, C], "bits": 8 or 16, "labels": [...], "sha256": of the pixels, N x H x W x C,
little-endian}}, "classes": folder names}}.  Sources that have to be refused are in refused.json as {source: a word of
the reason}.
"""
import gzip
import hashlib
import io
import json
import pathlib
import shutil
import struct
import zipfile

import numpy as np

OUT = pathlib.Path(__file__).resolve().parents[2] / "Tests/ImageDataTests/Fixtures/formats"
random = np.random.default_rng(7)
golden, refused = {}, {}


def idx(array, code=8):
    kind = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4"}[code]
    return struct.pack(">BBBB", 0, 0, code, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape) \
        + array.astype(kind).tobytes()


def write(name, data):
    path = OUT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def save(name, array, **options):
    data = io.BytesIO()
    np.save(data, array, **options)
    write(name, data.getvalue())


def savez(name, compressed=False, **arrays):
    data = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(data, **arrays)
    write(name, data.getvalue())


def expect(source, sets, classes):
    golden[source] = {"sets": {}, "classes": classes}
    for name, (images, labels) in sets.items():
        images = images if images.ndim == 4 else images[..., None]
        golden[source]["sets"][name] = {
            "shape": list(images.shape), "bits": 8 * images.dtype.itemsize,
            "labels": [int(v) for v in np.ravel(labels)],
            "sha256": hashlib.sha256(np.ascontiguousarray(images).tobytes()).hexdigest()}


def pixels(*shape, kind=np.uint8):
    return random.integers(0, np.iinfo(kind).max, shape, dtype=kind, endpoint=True)


def labels(count, classes):
    return np.concatenate([np.arange(classes), random.integers(0, classes, count - classes)])


def numbered(names, *label_sets):
    """Folders of classes by name: with their numbers where a class without an image would shift those after it."""
    if set(np.concatenate(label_sets)) == set(range(len(names))):
        return names
    return [f"{number}-{name}" for number, name in zip(digits(len(names)), names)]


def digits(count):
    return [str(i).zfill(len(str(count - 1))) for i in range(count)]


def idx_sources():
    train, test = (pixels(12, 5, 3), labels(12, 3)), (pixels(7, 5, 3), labels(7, 3))
    for name, (images, numbers) in {"train": train, "t10k": test}.items():
        write(f"idx/{name}-images-idx3-ubyte", idx(images))
        write(f"idx/{name}-labels-idx1-ubyte", idx(numbers))
        # Two members: a valid gzip file that many readers get wrong.
        data = idx(images)
        write(f"idx-gz/{name}-images-idx3-ubyte.gz", gzip.compress(data[:20]) + gzip.compress(data[20:]))
        write(f"idx-gz/{name}-labels-idx1-ubyte.gz", gzip.compress(idx(numbers)))
    for source in ("idx", "idx-gz"):
        expect(source, {"train": train, "test": test}, digits(3))
    color = pixels(11, 2, 4, 3)
    numbers = labels(11, 11)
    write("idx-color/images-idx4-ubyte", idx(color))
    write("idx-color/labels-idx1-ubyte", idx(numbers, 12))
    expect("idx-color", {"all": (color, numbers)}, digits(11))


def cifar_sources():
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    batches = []
    for batch in (1, 2, 10):
        images, numbers = pixels(2, 3, 32, 32), random.integers(0, 10, 2)
        batches.append((images, numbers))
        write(f"cifar10/data_batch_{batch}.bin", b"".join(bytes([n]) + i.tobytes() for i, n in zip(images, numbers)))
    test = pixels(1, 3, 32, 32), np.array([9])
    write("cifar10/test_batch.bin", b"\x09" + test[0].tobytes())
    write("cifar10/batches.meta.txt", ("\n".join(names) + "\n\n").encode())
    train = np.concatenate([i for i, _ in batches]), np.concatenate([n for _, n in batches])
    expect("cifar10", {"train": (train[0].transpose(0, 2, 3, 1), train[1]),
                       "test": (test[0].transpose(0, 2, 3, 1), test[1])}, numbered(names, train[1], test[1]))
    fine = pixels(2, 3, 32, 32), np.array([99, 3])
    for name in ("train", "test"):
        write(f"cifar100/{name}.bin", b"".join(bytes([7, n]) + i.tobytes() for i, n in zip(*fine)))
    moved = fine[0].transpose(0, 2, 3, 1), fine[1]
    expect("cifar100", {"train": moved, "test": moved}, digits(100))


def array_sources():
    x, y = pixels(6, 4, 5), labels(6, 2)
    savez("keras.npz", compressed=True, x_train=x, y_train=y.astype(np.uint8), x_test=x[:3], y_test=y[:3])
    expect("keras.npz", {"train": (x, y), "test": (x[:3], y[:3])}, digits(2))
    c = pixels(4, 6, 5, 3)
    savez("medmnist.npz", train_images=c, train_labels=labels(4, 2)[:, None].astype(np.uint8), val_images=c[:1],
          val_labels=np.array([[1]]), test_images=c[2:], test_labels=np.array([[0], [1]]))
    arrays = np.load(OUT / "medmnist.npz")
    expect("medmnist.npz", {"train": (c, arrays["train_labels"]), "test": (c[2:], [0, 1])}, digits(2))
    save("npy/images.npy", c.transpose(0, 3, 1, 2))
    save("npy/labels.npy", np.array([3, 0, 2, 1], dtype=np.int16))
    expect("npy", {"all": (c, [3, 0, 2, 1])}, digits(4))
    wide = pixels(3, 2, 3, kind=np.uint16)
    for split in ("train", "test"):
        save(f"npy-16/{split}/images.npy", wide)
        save(f"npy-16/{split}/labels.npy", np.array([0, 1, 1], dtype=np.uint64))
    expect("npy-16", {"train": (wide, [0, 1, 1]), "test": (wide, [0, 1, 1])}, digits(2))
    for kind in (np.float16, np.float32, np.float64):
        name = np.dtype(kind).name
        values = random.random((3, 5, 4, 1)).astype(kind)
        values[0, 0, :, 0] = [0, 1, 0.5, 1 / 255]
        # Half of a step goes up; 255 v is exact in doubles for halves and singles.
        savez(f"{name}.npz", images=values, labels=np.arange(3))
        expect(f"{name}.npz", {"all": (np.floor(values.astype(np.float64) * 255 + 0.5).astype(np.uint8), range(3))},
               digits(3))
    bools = random.random((3, 4, 4)) < 0.5
    savez("bool.npz", images=bools, labels=np.arange(3, dtype=np.int8))
    expect("bool.npz", {"all": (bools.astype(np.uint8) * 255, range(3))}, digits(3))
    single = pixels(4, 3, 2)
    for i, name in enumerate(["cat/0", "cat/1", "dog/0", "dog/1"]):
        save(f"npy-classes/{name}.npy", single[i])
    expect("npy-classes", {"all": (single, [0, 0, 1, 1])}, ["cat", "dog"])


def damaged_sources():
    images, numbers = idx(pixels(4, 6, 6)), idx(np.arange(4))

    def pair(name, images, numbers, word, suffix=""):
        write(f"bad/{name}/train-images-idx3-ubyte{suffix}", images)
        write(f"bad/{name}/train-labels-idx1-ubyte", numbers)
        refused[f"bad/{name}"] = word

    packed = gzip.compress(images)
    pair("short", images[:-1], numbers, "claims 144 bytes")
    pair("long", images + b"\0", numbers, "claims 144 bytes")
    pair("gz-short", packed[:-12], numbers, "ends early", ".gz")
    pair("gz-long", gzip.compress(images + b"\0"), numbers, "longer", ".gz")
    pair("gz-less", gzip.compress(images[:-1]), numbers, "short of", ".gz")
    pair("gz-garbage", packed + b"garbage", numbers, "follows", ".gz")
    pair("gz-checksum", packed[:-8] + bytes([packed[-8] ^ 1]) + packed[-7:], numbers, "damaged", ".gz")
    pair("gz-bomb", gzip.compress(images + bytes(1 << 22)), numbers, "longer", ".gz")
    pair("gz-lies", gzip.compress(struct.pack(">BBBBIII", 0, 0, 8, 3, 2**31, 2**15, 2**15)), numbers, "claims", ".gz")
    pair("overflow", struct.pack(">BBBBIIII", 0, 0, 8, 4, *[2**32 - 1] * 4), numbers, "claims")
    pair("empty-axis", struct.pack(">BBBBIII", 0, 0, 8, 3, 4, 0, 6), numbers, "no image")
    pair("no-images", struct.pack(">BBBBIII", 0, 0, 8, 3, 0, 6, 6), idx(np.arange(0)), "0 images")
    pair("labels-fewer", images, idx(np.arange(3)), "3 labels")
    pair("labels-negative", images, idx(np.array([0, -1, 2, 3]), 9), "-1")
    pair("labels-floats", images, b"\0\0\x0d\x01\0\0\0\x04" + bytes(16), "whole numbers")
    pair("magic", b"\1" + images[1:], numbers, "not an IDX file")
    write("bad/no-labels/train-images-idx3-ubyte", images)
    refused["bad/no-labels"] = "labels are not beside"
    write("bad/cifar-size/data_batch_1.bin", bytes(3072))
    refused["bad/cifar-size"] = "whole records"
    write("bad/cifar-label/data_batch_1.bin", b"\x0a" + bytes(3072))
    refused["bad/cifar-label"] = "label 10"
    x, y = pixels(3, 3, 5, 3), np.arange(3)
    savez("bad/ambiguous.npz", images=x, labels=y)
    refused["bad/ambiguous.npz"] = "channels first or channels last"
    savez("bad/no-channels.npz", images=pixels(3, 5, 5, 5), labels=y)
    refused["bad/no-channels.npz"] = "neither"
    savez("bad/names.npz", pictures=x, labels=y)
    refused["bad/names.npz"] = "pictures"
    savez("bad/range.npz", images=np.full((3, 2, 2), 1.01), labels=y)
    refused["bad/range.npz"] = "between 0 and 1"
    savez("bad/nan.npz", images=np.full((3, 2, 2), np.nan, np.float32), labels=y)
    refused["bad/nan.npz"] = "between 0 and 1"
    savez("bad/integers.npz", images=x[..., 0].astype(np.int64), labels=y)
    refused["bad/integers.npz"] = "no pixels"
    savez("bad/one-hot.npz", images=x[..., 0], labels=np.eye(3, dtype=np.uint8))
    refused["bad/one-hot.npz"] = "shape 3 × 3"
    savez("bad/columns.npz", images=np.asfortranarray(x[..., 0]), labels=y)
    refused["bad/columns.npz"] = "column-major"
    savez("bad/count.npz", images=x[..., 0], labels=np.arange(4))
    refused["bad/count.npz"] = "4 labels for 3"
    savez("bad/labels-huge.npz", images=x[..., 0], labels=np.array([0, 1, 2**40]))
    refused["bad/labels-huge.npz"] = "labels from 0"
    savez("bad/objects.npz", images=np.array([None] * 3), labels=y)
    refused["bad/objects.npz"] = "is not read"
    save("bad/mixed-npy/cat/0.npy", pixels(2, 2))
    save("bad/mixed-npy/dog/0.npy", pixels(2, 3))
    refused["bad/mixed-npy"] = "one size"
    # A checksum that is wrong only after the last image.
    for compressed, name in ((False, "bad/stored-checksum.npz"), (True, "bad/deflated-checksum.npz")):
        savez(name, compressed=compressed, images=x[..., 0], labels=y)
        data = bytearray((OUT / name).read_bytes())
        for mark, offset in ((b"PK\3\4", 14), (b"PK\1\2", 16)):
            data[data.find(mark) + offset] ^= 1
        write(name, bytes(data))
        refused[name] = "checksum"
    with zipfile.ZipFile(OUT / "bad/empty.npz", "w"):
        pass
    refused["bad/empty.npz"] = "no arrays"


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    idx_sources()
    cifar_sources()
    array_sources()
    damaged_sources()
    write("golden.json", json.dumps(golden, indent=1).encode() + b"\n")
    write("refused.json", json.dumps(refused, indent=1, ensure_ascii=False).encode() + b"\n")


if __name__ == "__main__":
    main()
