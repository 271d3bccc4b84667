#!/usr/bin/env python3
"""Golden values for the CSV reader's tests, from the csv module of Python.

    Tools/oracles/manifest.py > Tests/ImageDataTests/Fixtures/manifest_csv.json

Under "written" is text that the module writes, by RFC 4180 in several dialects, with the records that it reads from it:
a reader has to give the same.  Under "mutated" is such text with random damage.  The module accepts much that RFC 4180
does not allow, so a reader may refuse any of these; where it does not, it has to give the same.
"""
import csv
import io
import json
import random

random.seed(20260)
ALPHABET = ["a", "b", "Z", "7", " ", ",", '"', "\n", "\r\n", "é", "😀", ";", "'", "=1+1", "\t", "", "path/x.png"]


def read(text):
    return [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]


def field():
    return "".join(random.choice(ALPHABET) for _ in range(random.randint(0, 6)))


def written():
    width = random.randint(1, 5)
    rows = [[field() for _ in range(width)] for _ in range(random.randint(1, 6))]
    out = io.StringIO(newline="")
    csv.writer(out, quoting=random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
               lineterminator=random.choice(["\n", "\r\n"])).writerows(rows)
    text = out.getvalue()
    if random.random() < 0.3:
        text = text.rstrip("\r\n")
    assert read(text) == rows
    return {"text": text, "records": rows}


def mutated():
    while True:
        text = list(written()["text"])
        for _ in range(random.randint(1, 4)):
            at = random.randrange(len(text) + 1)
            if text and random.random() < 0.4:
                del text[min(at, len(text) - 1)]
            else:
                text.insert(at, random.choice([",", '"', "\n", "\r", "x", '""']))
        text = "".join(text)
        try:
            return {"text": text, "records": read(text)}
        except csv.Error:
            pass


print(json.dumps({"written": [written() for _ in range(150)], "mutated": [mutated() for _ in range(200)]}))
