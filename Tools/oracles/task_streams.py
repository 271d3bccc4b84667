#!/usr/bin/env python3
"""Golden values for the tests of task streams, from the second writing of the random streams.

    Tools/oracles/task_streams.py > Tests/ImageDataTests/Fixtures/task_streams.json
"""
import contextlib
import io
import json
import pathlib
import runpy

PORT = pathlib.Path(__file__).parents[2] / "Tests/RandomStreamsTests/Fixtures/random_streams.py"
with contextlib.redirect_stdout(io.StringIO()):
    port = runpy.run_path(str(PORT))
bits, named, numbered, integer, permutation = (
    port[name] for name in ("bits", "named", "numbered", "integer", "permutation"))

SEED = 41
HEIGHT, WIDTH, TASKS = 3, 5, 4


def fingerprint(order):
    key = 0
    for origin in order:
        key = numbered(key, origin)
    return f"{key:016x}"


def angles(count, first_is_stored):
    key = named(SEED, "rotation")
    found, counter = [0] if first_is_stored else [], 0
    while len(found) < count:
        angle = integer(key, 18000, counter)
        counter += 1
        if angle not in found:
            found.append(angle)
    return [angle / 100 for angle in found]


def uniform(key, counter):
    return (bits(key, counter) >> 11) / 2**53


def online(sizes, batch, blur):
    key = named(SEED, "online")
    timed = []
    for task, size in enumerate(sizes):
        own = numbered(key, task)
        for place in range(size):
            stray = uniform(own, 3 * place + 1) - uniform(own, 3 * place + 2)
            timed.append((task + (uniform(own, 3 * place) + blur * stray), task, place))
    timed = [list(item[1:]) for item in sorted(timed)]
    return {"sizes": sizes, "batch": batch, "blur": blur,
            "batches": [timed[at:at + batch] for at in range(0, len(timed), batch)]}


def tested(task, label, paths, share):
    order = permutation(named(named(named(SEED, "split"), task), label), len(paths))
    return sorted(paths[place] for place in order[:share])


orders = [permutation(numbered(named(SEED, "permutation"), task), HEIGHT * WIDTH) for task in range(TASKS)]
noise = {split: [f"{numbered(named(named(SEED, 'degradation'), split), task):016x}" for task in range(3)]
         for split in ("train", "test")}
print(json.dumps({
    "seed": SEED, "height": HEIGHT, "width": WIDTH, "orders": orders,
    "fingerprints": [fingerprint(order) for order in orders],
    "angles": angles(6, True), "turnedAngles": angles(6, False), "noise": noise,
    "classOrder": permutation(named(SEED, "class order"), 6),
    "online": [online([7, 4, 9], 4, blur) for blur in (0, 0.5, 1)],
    # Ten files 0.png to 9.png of a class, three of them test images.
    "tested": {task: tested(task, "cat", [f"{task}/cat/{number}.png" for number in range(10)], 3)
               for task in ("day", "night")},
}))
