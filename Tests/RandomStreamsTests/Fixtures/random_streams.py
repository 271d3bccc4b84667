"""A second writing of RandomStreams, in whole numbers without a width; prints the golden values of the tests.

    python3 Tests/RandomStreamsTests/Fixtures/random_streams.py > Tests/RandomStreamsTests/Fixtures/golden.json
"""

import json

WORD = 2**64
INCREMENT = 0x9E3779B97F4A7C15
NAME, INDEX, RETRY = 0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0


def finalise(z):
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % WORD
    z = (z ^ z >> 27) * 0x94D049BB133111EB % WORD
    return z ^ z >> 31


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % WORD
    return value


def bits(key, counter):
    return finalise((key + (counter + 1) * INCREMENT) % WORD)


def child(key, salt, value):
    return finalise((finalise(key ^ salt) + finalise((value + INCREMENT) % WORD)) % WORD)


def named(key, name):
    return child(key, NAME, fnv1a(name.encode()))


def numbered(key, index):
    return child(key, INDEX, index % WORD)


def integer(key, bound, counter):
    first = bits(key, counter)
    product, attempt = first * bound, 0
    while product % WORD < WORD % bound:
        product = bound * bits(finalise(first ^ RETRY), attempt)
        attempt += 1
    return product // WORD


def permutation(key, count):
    order = list(range(count))
    for last in reversed(range(1, count)):
        other = integer(key, last + 1, last)
        order[last], order[other] = order[other], order[last]
    return order


# Published test vectors of FNV-1a, so that the hash is checked against something not written here.
assert (fnv1a(b""), fnv1a(b"a"), fnv1a(b"foobar")) == (0xCBF29CE484222325, 0xAF63DC4C8601EC8C, 0x85944171F73967E8)
SEED = 2024
counters = [0, 1, 10**12, WORD - 1]
print(json.dumps({
    "seed": SEED,
    "counters": counters,
    "bits": [bits(SEED, counter) for counter in counters],
    "names": {name: named(SEED, name) for name in ["", "1", "shuffle", "épreuve", "a much longer name / 😀"]},
    "indices": {str(index): numbered(SEED, index) for index in [0, 1, -1, 2**63 - 1]},
    "nested": numbered(named(SEED, "shuffle"), 3),
    "below10": [integer(SEED, 10, counter) for counter in range(40)],
    # A quarter of the first draws is refused for this bound.
    "hugeBound": 2**62 + 1,
    "belowHugeBound": [integer(SEED, 2**62 + 1, counter) for counter in range(40)],
    "permutation": permutation(named(SEED, "shuffle"), 20),
}, indent=1))
