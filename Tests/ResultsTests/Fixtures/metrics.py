"""Golden metrics of random matrices, straight from the definitions in exact fractions.
Run: python3 metrics.py > metrics.json"""
import json
import random
from fractions import Fraction as Q

random.seed(20240501)


def mean(values):
    values = list(values)
    return sum(values, Q(0)) / len(values) if values else None


def metrics(R, b):
    """R[i][j] with i, j from 1 as in the definitions."""
    T = len(b) - 1
    ts = range(1, T + 1)
    out = {
        "averageAccuracy": mean(R[T][j] for j in ts),
        "backwardTransfer": mean(R[T][j] - R[j][j] for j in range(1, T)),
        "forwardTransfer": mean(R[j - 1][j] - b[j] for j in range(2, T + 1)),
        "forgetting": mean(max(R[l][j] for l in range(1, T)) - R[T][j] for j in range(1, T)),
        "forgettingSinceLearned": mean(max(R[l][j] for l in range(j, T)) - R[T][j] for j in range(1, T)),
        "forgettingIncludingLast": mean(max(R[l][j] for l in range(j, T + 1)) - R[T][j] for j in range(1, T)),
        "forgettingAvalanche": mean(R[j][j] - R[T][j] for j in range(1, T)),
        "learningAccuracy": mean(R[j][j] for j in ts),
        "averageIncrementalAccuracy": mean(mean(R[k][j] for j in range(1, k + 1)) for k in ts),
        "diazAccuracy": mean(R[i][j] for i in ts for j in ts if i >= j),
        "diazBackwardTransfer": mean(R[i][j] - R[j][j] for i in ts for j in ts if i > j),
        "diazForwardTransfer": mean(R[i][j] for i in ts for j in ts if i < j),
    }
    bwt = out["diazBackwardTransfer"]
    out["diazBackwardTransferPlus"] = None if bwt is None else max(bwt, Q(0))
    out["remembering"] = None if bwt is None else 1 - abs(min(bwt, Q(0)))
    return out


cases = []
for T in [1, 2, 2, 3, 3, 4, 5, 5, 6, 10]:
    n = random.choice([50, 97, 500])
    counts = [[random.randint(0, n) for _ in range(T)] for _ in range(T + 1)]
    grid = [[None] * (T + 1)] + [[None] + [Q(c, n) for c in row] for row in counts[1:]]
    start = [None] + [Q(c, n) for c in counts[0]]
    values = {k: None if v is None else float(v) for k, v in metrics(grid, start).items()}
    cases.append({"n": n, "initial": counts[0], "correct": counts[1:], "metrics": values})
print(json.dumps(cases))
