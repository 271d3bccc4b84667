"""Golden intervals by SciPy 1.17.1. Run: python3 intervals.py > intervals.json"""
import json

from scipy.stats import beta, binomtest, t

cases = [(0, 1), (1, 1), (0, 20), (1, 29), (15, 148), (81, 263), (5, 10), (99, 100), (100, 100),
         (499, 500), (37, 1000), (990, 1000), (9990, 10000), (99999, 100000), (50000, 100000), (3, 1000000)]
rows = []
for k, n in cases:
    test = binomtest(k, n)
    wilson = test.proportion_ci(0.95, "wilson")
    # binomtest's own exact limits stop at a root finder's tolerance; the quantiles are accurate.
    exact = [float(beta.ppf(0.025, k, n - k + 1)) if k else 0.0, float(beta.isf(0.025, k + 1, n - k)) if k < n else 1.0]
    rows.append({
        "k": k, "n": n, "wilson": [wilson.low, wilson.high], "exact": exact,
        "lower001": float(beta.ppf(0.001, k, n - k + 1)) if k else 0.0,
        "upper001": float(beta.isf(0.001, k + 1, n - k)) if k < n else 1.0})
students = [{"p": p, "degrees": v, "t": float(t.ppf(p, v))}
            for p in (0.75, 0.95, 0.975, 0.995) for v in (1, 2, 4, 9, 30, 200)]
print(json.dumps({"binomial": rows, "student": students}, indent=1))
