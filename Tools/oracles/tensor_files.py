"""Makes the golden files of Tests/TensorFilesTests/Fixtures, by the formats' own libraries.

    python3 -m venv VENV && VENV/bin/pip install safetensors==0.8.0 numpy==2.4.6
    VENV/bin/python Tools/oracles/tensor_files.py

golden.json says what each file holds, as those libraries see it: {file: {"metadata", "tensors": {name:
{"type", "shape", "hex"}}}}, where hex is the row-major little-endian content. Files that have to be refused are in
refused.json as {file: error code}.
"""

import io
import json
import pathlib
import struct
import zipfile

import numpy as np
import safetensors
from safetensors.numpy import save as save_safetensors

OUT = pathlib.Path(__file__).resolve().parents[2] / "Tests/TensorFilesTests/Fixtures"
NUMPY_TYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
golden, refused = {}, {}


def sample(name, shape):
    """A fixed array with the extremes of its type."""
    count = int(np.prod(shape, dtype=np.int64))
    random = np.random.default_rng(NUMPY_TYPES.index(name) + 10)
    kind = np.dtype(name)
    if name == "bool":
        flat = random.integers(0, 2, count).astype(bool)
    elif kind.kind in "iu":
        limits = np.iinfo(kind)
        flat = random.integers(limits.min, limits.max, count, dtype=kind, endpoint=True)
        flat[:2] = [limits.min, limits.max][: min(2, count)]
    else:
        flat = random.standard_normal(count).astype(kind)
        special = [np.nan, np.inf, -np.inf, -0.0, np.finfo(kind).tiny / 2, np.finfo(kind).max]
        flat[: min(6, count)] = special[: min(6, count)]
    return flat.reshape(shape)


def facts(array):
    return {"type": array.dtype.name, "shape": list(array.shape), "hex": np.ascontiguousarray(array).tobytes().hex()}


def emit(name, data, tensors, metadata=None):
    (OUT / name).write_bytes(data)
    golden[name] = {"metadata": metadata or {}, "tensors": tensors}


def refuse(name, data, code):
    (OUT / name).write_bytes(data)
    refused[name] = code


def npy(array, version=None):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version=version)
    return buffer.getvalue()


def specifications(arrays):
    """What the serialiser takes; NumPy has no bfloat16, so the array of that name is one in disguise."""
    return {name: safetensors.TensorSpec(dtype="bfloat16" if name == "bfloat16" else array.dtype.name,
                                         shape=array.shape, data_ptr=array.ctypes.data, data_len=array.nbytes)
            for name, array in arrays.items()}


def make_safetensors():
    arrays = {name: sample(name, (2, 5)) for name in NUMPY_TYPES}
    arrays["scalar"] = np.array(2.5, dtype=np.float32)
    arrays["empty"] = np.zeros((3, 0, 2), dtype=np.int16)
    arrays['Größe "ε"\\\n\t😀'] = np.arange(3, dtype=np.uint8)
    arrays[""] = np.array([7], dtype=np.int64)
    # One key: the library writes several in a random order, and this script should give the same bytes every time.
    metadata = {"note": 'a "quoted"\nline, é 😀'}
    tensors = {name: facts(array) for name, array in arrays.items()}
    half = np.array([[1.0, -2.5], [3.140625, np.inf]], dtype=np.float32)
    bits = (half.view(np.uint32) >> 16).astype("<u2")
    arrays["bfloat16"] = bits
    tensors["bfloat16"] = {"type": "bfloat16", "shape": [2, 2], "hex": bits.tobytes().hex()}
    emit("every_type.safetensors", safetensors.serialize(specifications(arrays), metadata), tensors, metadata)

    plain = {"b": np.arange(6, dtype=np.float32).reshape(2, 3), "a": np.ones(3, dtype=np.float64)}
    emit("plain.safetensors", save_safetensors(plain), {name: facts(array) for name, array in plain.items()})
    emit("no_tensors.safetensors", save_safetensors({}), {})
    refuse("uint32.safetensors", save_safetensors({"x": np.zeros(1, dtype=np.uint32)}), "unsupported")

    # Escapes and spaces that writers other than the reference one may use.
    header = b'{ "\\u0041\\ud83d\\ude00\\/" :\t{"shape":[1 , 2],"data_offsets":[0,2],"dtype":"U8"} }   '
    data = struct.pack("<Q", len(header)) + header + b"\x05\x06"
    loaded = safetensors.deserialize(data)
    assert [name for name, _ in loaded] == ["A😀/"], loaded
    emit("escapes.safetensors", data, {"A😀/": facts(np.array([[5, 6]], dtype=np.uint8))})


def make_npy():
    for name in NUMPY_TYPES:
        array = sample(name, (3, 4))
        emit(f"{name}.npy", npy(array), {"": facts(array)})
    cube = sample("float32", (2, 3, 4))
    emit("version_1.npy", npy(cube, (1, 0)), {"": facts(cube)})
    emit("version_2.npy", npy(cube, (2, 0)), {"": facts(cube)})
    emit("version_3.npy", npy(cube, (3, 0)), {"": facts(cube)})
    for name, shape in [("float64", (3, 4)), ("int16", (2, 3, 4)), ("uint8", (2, 1, 3, 2)), ("float32", (0, 3))]:
        array = np.asfortranarray(sample(name, shape))
        emit(f"column_major_{len(shape)}d_{name}.npy", npy(array), {"": facts(array)})
    for name, array in [("scalar", np.array(-7, dtype=np.int64)), ("vector", np.arange(5, dtype=np.uint8)),
                        ("empty", np.zeros((0,), dtype=np.float32)),
                        # The longest header that ends before a multiple of 64, and the first that goes on to the next.
                        ("short_header", np.zeros([1] * 13 + [10], dtype=np.uint8)),
                        ("long_header", np.zeros([1] * 13 + [100], dtype=np.uint8))]:
        emit(f"{name}.npy", npy(array), {"": facts(array)})
    refuse("big_endian.npy", npy(np.arange(3, dtype=">f4")), "unsupported")
    refuse("structured.npy", npy(np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")])), "unsupported")
    refuse("object.npy", npy(np.array([{}], dtype=object)), "unsupported")
    refuse("text.npy", npy(np.array(["abc"])), "unsupported")
    refuse("complex.npy", npy(np.zeros(2, dtype=np.complex64)), "unsupported")


def make_npz():
    arrays = {"images": sample("uint8", (4, 6)), "weight/ε": np.zeros((40, 50), dtype=np.float32),
              "scalar": np.array(1.5), "empty": np.zeros((2, 0), dtype=np.int32)}
    for file, save in [("stored.npz", np.savez), ("deflated.npz", np.savez_compressed)]:
        buffer = io.BytesIO()
        save(buffer, **arrays)
        emit(file, buffer.getvalue(), {name: facts(array) for name, array in arrays.items()})

    def archive(entries, method=zipfile.ZIP_STORED):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as file:
            for name, content in entries:
                file.writestr(zipfile.ZipInfo(name), content, method)
        return buffer.getvalue()

    good = npy(np.arange(4, dtype=np.int32))
    emit("no_arrays.npz", archive([]), {})
    refuse("bzip2.npz", archive([("a.npy", good)], zipfile.ZIP_BZIP2), "unsupported")
    refuse("readme.npz", archive([("a.npy", good), ("README", b"hello")]), "unsupported")
    refuse("cut_array.npz", archive([("a.npy", good[:-1])]), "truncated")
    refuse("twice.npz", archive([("a.npy", good), ("a.npy", good)]), "malformed")


OUT.mkdir(parents=True, exist_ok=True)
make_safetensors()
make_npy()
make_npz()
for name, table in [("golden.json", golden), ("refused.json", refused)]:
    (OUT / name).write_text(json.dumps(table, indent=1, sort_keys=True, ensure_ascii=True) + "\n")
