#!/usr/bin/env python3
"""How fast a folder of images becomes batches: torchvision's ImageFolder and Steadfast on the same folder, in turn.

    swift build -c release --product steadfast
    Tools/peers/setup && .venv-peers/bin/python Tools/peers/data.py --images Datasets/fashion-mini

FOLDER holds train/CLASS/*.png and test/CLASS/*.png.  torchvision reads train through a DataLoader (batches of 128,
ToTensor), with its usual loader and with a gray one, without workers and with two; Steadfast runs `steadfast bench
data`.  The two take turns, so that whatever else the machine does meets both; the best of each side's rounds counts,
and the ratios are of those, in the order in which torchvision's rates are printed.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import time
import warnings

import torch
from PIL import Image

from rates import import_torchvision

BATCH = 128


def torchvision_rates(folder):
    """Images a second of one epoch after the one that starts the workers, by loader and number of workers."""
    torchvision = import_torchvision()
    torch.set_num_threads(1)
    rates = {}
    for name, load in {"as usual (RGB)": None, "gray": lambda path: Image.open(path).convert("L")}.items():
        loader = {} if load is None else {"loader": load}
        images = torchvision.datasets.ImageFolder(
            str(folder / "train"), transform=torchvision.transforms.ToTensor(), **loader)
        for workers in (0, 2):
            batches = torch.utils.data.DataLoader(
                images, batch_size=BATCH, shuffle=True, num_workers=workers, persistent_workers=workers > 0)
            for _ in range(2):
                start = time.perf_counter()
                count = sum(len(labels) for _, labels in batches)
                rates[f"{name}, {workers} workers"] = count / (time.perf_counter() - start)
    return rates


def steadfast_rows(program, folder, seconds):
    command = [program, "bench", "data", "--json", "--images", str(folder), "--seconds", str(seconds)]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return result["rows"], result["peakMemory"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", metavar="FOLDER", type=pathlib.Path, required=True)
    parser.add_argument("--steadfast", metavar="PROGRAM", default=".build/release/steadfast")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2, help="of each of Steadfast's figures")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")

    peer, ours, peak = {}, {}, 0
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        for name, rate in torchvision_rates(options.images).items():
            peer[name] = max(rate, peer.get(name, 0))
        rows, memory = steadfast_rows(options.steadfast, options.images, options.seconds)
        peak = max(peak, memory)
        for row in rows:
            name = row["note"].split(" (")[0]
            rate, unit, _ = ours.get(name, (0, "", ""))
            if row["rate"] > rate:
                ours[name] = (row["rate"], row["unit"], row["note"])
    for name, rate in peer.items():
        print(f"torchvision ImageFolder {name}: {rate:,.0f} img/s")
    for rate, unit, note in ours.values():
        ratios = ", ".join(f"{rate / other:.1f} ×" for other in peer.values())
        print(f"Steadfast, {note}: {rate:,.2f} {unit}" + (f" ({ratios})" if unit == "img/s" else ""))
    print(f"Steadfast's peak memory: {peak / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
