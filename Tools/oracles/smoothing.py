"""Golden limits, tests and certificates of randomized smoothing, by statsmodels, SciPy and mpmath.

Regenerate with:  python3 -m venv .venv-smoothing
                  .venv-smoothing/bin/python -m pip install numpy scipy statsmodels mpmath
                  .venv-smoothing/bin/python Tools/oracles/smoothing.py

Written with numpy 2.4.6, SciPy 1.17.1, statsmodels 0.15.0 and mpmath 1.4.1. It writes

  Tests/ResultsTests/Fixtures/smoothing.json      limits: [k, n, alpha, lower], Clopper-Pearson, one-sided, by
                                                  statsmodels; quantiles: [p, z] by mpmath in 60 digits; tests:
                                                  [k, n, p] two-sided at 1/2 by SciPy
  Tests/RobustnessTests/Fixtures/smoothing.json   certificates: counts of selection and estimation, with what the
                                                  authors' CERTIFY makes of them; predictions: the same of PREDICT

CERTIFY and PREDICT follow Cohen, Rosenfeld and Kolter 2019, "Certified adversarial robustness via randomized smoothing"
(algorithm 1), and their code (github.com/locuslab/smoothing, code/core.py), which calls the same two functions.
"""

import json
from pathlib import Path

import mpmath
import numpy as np
from scipy.stats import binomtest, norm
from statsmodels.stats.proportion import proportion_confint

TESTS = Path(__file__).resolve().parents[2] / "Tests"


def lower_limit(k, n, alpha):
    return float(proportion_confint(k, n, alpha=2 * alpha, method="beta")[0]) if k else 0.0


def certify(selection, estimation, sigma, alpha):
    top = int(np.argmax(selection))
    limit = lower_limit(estimation[top], sum(estimation), alpha)
    if limit < 0.5:
        return None, limit, 0.0
    return top, limit, sigma * float(norm.ppf(limit))


def predict(counts, alpha):
    first, second = np.argsort(counts, kind="stable")[::-1][:2]
    p = binomtest(int(counts[first]), int(counts[first] + counts[second]), 0.5).pvalue
    return None if p > alpha else int(first)


def quantile(p):
    with mpmath.workdps(60):
        def excess(z):
            return mpmath.log(mpmath.erfc(-z / mpmath.sqrt(2)) / 2) - mpmath.log(mpmath.mpf(p))

        return float(mpmath.findroot(excess, norm.ppf(p)))


def main():
    random = np.random.default_rng(7)
    limits = []
    for n in (1, 2, 5, 10, 100, 1000, 100_000, 10_000_000, 100_000_000):
        shares = [0, 1, n // 2, int(0.7 * n), int(0.999 * n), n - 1, n] + list(random.integers(0, n + 1, 3))
        for k in sorted({int(s) for s in shares}):
            for alpha in (1e-6, 0.001, 0.05, 0.4):
                limits.append([k, n, alpha, lower_limit(k, n, alpha)])
    points = [0.5, 0.5 + 2**-40, 0.51, 0.6, 0.75, 0.9, 0.975, 0.999, 1 - 1e-6, 1 - 1e-12, 1 - 2**-53]
    points += [1e-300, 1e-12, 0.001, 0.3] + [float(p) for p in random.uniform(0.5, 1, 20)]
    tests = []
    for n in (1, 2, 3, 10, 99, 1000, 100_000):
        for k in sorted({0, n // 2, (n + 1) // 2, min(n, n // 2 + 3), min(n, int(n / 2 + n**0.5)), n}):
            tests.append([k, n, float(binomtest(k, n, 0.5).pvalue)])
    store("ResultsTests", {"limits": limits, "quantiles": [[p, quantile(p)] for p in points], "tests": tests})

    certificates, predictions = [], []
    for number in range(60):
        classes = int(random.integers(2, 6))
        shares = random.dirichlet(np.full(classes, 0.4))
        n0, n = int(random.choice([1, 10, 100])), int(random.choice([1, 20, 1000, 100_000]))
        sigma, alpha = float(random.choice([0.12, 0.25, 1.0])), float(random.choice([0.001, 0.05]))
        selection, estimation = random.multinomial(n0, shares), random.multinomial(n, shares)
        top, limit, radius = certify(selection, estimation, sigma, alpha)
        certificates.append({
            "selection": selection.tolist(), "estimation": estimation.tolist(), "sigma": sigma, "alpha": alpha,
            "prediction": top, "limit": limit, "radius": radius})
        counts = random.multinomial(n, shares if number % 2 else np.full(classes, 1 / classes))
        predictions.append({"counts": counts.tolist(), "alpha": alpha, "prediction": predict(counts, alpha)})
    store("RobustnessTests", {"certificates": certificates, "predictions": predictions})


def store(room, value):
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    (TESTS / room / "Fixtures" / "smoothing.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
