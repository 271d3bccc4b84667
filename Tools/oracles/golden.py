"""What the oracles share: seeded random values and files of golden tensors."""

import json
import struct
from pathlib import Path

import torch
from safetensors.torch import save_file

REPOSITORY = Path(__file__).resolve().parents[2]
RESIDUAL_NETS = REPOSITORY / "Tests" / "ResidualNetsTests" / "Fixtures"
LIMIT = 200_000


def save(path, tensors, **metadata):
    """Writes tensors as safetensors: floats as fp32 (references are computed in fp64), integers as int64."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = {}
    for name, tensor in tensors.items():
        kind = torch.float32 if tensor.is_floating_point() else torch.int64
        stored[name] = tensor.detach().to(kind).contiguous().clone()
    save_file(stored, path, metadata={name: str(value) for name, value in metadata.items()})
    sort_header(path)
    size = path.stat().st_size
    assert size < LIMIT, f"{path} takes {size} bytes"
    print(f"{path.relative_to(REPOSITORY)}: {len(stored)} tensors, {size} bytes")


def sort_header(path):
    """Rewrites a safetensors header in sorted order, so that the same tensors always give the same bytes."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    entries = json.loads(content[8 : 8 + length])
    header = json.dumps(entries, sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    path.write_bytes(struct.pack("<Q", len(header)) + header + content[8 + length :])


def normal(generator, *shape, mean=0.0, deviation=1.0):
    """Normal values that fp32 holds exactly, as fp64."""
    return (torch.randn(*shape, generator=generator) * deviation + mean).double()


def uniform(generator, *shape, low=0.0, high=1.0):
    """Uniform values that fp32 holds exactly, as fp64."""
    return (torch.rand(*shape, generator=generator) * (high - low) + low).double()
