"""Golden values of losses and attacks on a small convolutional network, by plain PyTorch.

Regenerate with:  Tools/oracles/setup && .venv-oracle/bin/python Tools/oracles/attacks.py

attacks.safetensors holds

  conv1.weight, conv1.bias, conv2.weight, conv2.bias, head.weight, head.bias
                     normalise (x - .5)/.25, conv 3x3 pad 1, ReLU, conv 3x3 stride 2 pad 1, ReLU, flatten, linear
  images [12,3,8,8], labels [12]          the labels are the network's own, but for the last two samples
  loss.NAME [12], gradient.NAME           cross_entropy, margin, dlr: what an attack ascends, and its input gradient
  fgsm_linf, fgsm_l2                      one step of size eps
  pgd_linf, pgd_l2                        10 steps of 2.5 eps/10 from the clean image: the first iterate that is
                                          misclassified or else the one of highest cross-entropy; a sample that is
                                          misclassified clean stays as it is
  success.NAME [12]                       1 where the network mislabels the image of that name

with eps = EPSILON below. Computed in fp64 and stored as fp32; the seed is the first for which the attacks fool some
samples and not all, no gradient whose sign is taken is near zero, and no decision is close.
"""

import torch
from torch.nn import functional

import golden

FIXTURES = golden.REPOSITORY / "Tests" / "RobustnessTests" / "Fixtures"
EPSILON = {"linf": 1 / 64, "l2": 0.25}
STEPS = 10
COUNT = 12
SIGN_MARGIN = 2e-5
DECISION_MARGIN = 1e-4


class Close(Exception):
    """A decision that fp32 might take otherwise."""


def make_weights(generator):
    return {
        "conv1.weight": golden.normal(generator, 6, 3, 3, 3, deviation=0.3),
        "conv1.bias": golden.normal(generator, 6, deviation=0.1),
        "conv2.weight": golden.normal(generator, 8, 6, 3, 3, deviation=0.2),
        "conv2.bias": golden.normal(generator, 8, deviation=0.1),
        "head.weight": golden.normal(generator, 4, 128, deviation=0.15),
        "head.bias": golden.normal(generator, 4, deviation=0.1),
    }


def logits(w, x):
    x = (x - 0.5) / 0.25
    x = torch.relu(functional.conv2d(x, w["conv1.weight"], w["conv1.bias"], padding=1))
    x = torch.relu(functional.conv2d(x, w["conv2.weight"], w["conv2.bias"], stride=2, padding=1))
    return functional.linear(x.flatten(1), w["head.weight"], w["head.bias"])


def losses(name, z, y):
    if name == "cross_entropy":
        return functional.cross_entropy(z, y, reduction="none")
    rows = torch.arange(len(y))
    others = z.masked_fill(functional.one_hot(y, z.shape[1]).bool(), -torch.inf)
    margin = z[rows, y] - others.max(1).values
    if name == "margin":
        return -margin
    ordered = z.sort(1, descending=True).values
    return -margin / (ordered[:, 0] - ordered[:, 2] + 1e-12)


def gradient(w, x, y, name="cross_entropy"):
    x = x.detach().requires_grad_()
    (result,) = torch.autograd.grad(losses(name, logits(w, x), y).sum(), x)
    return result


def fooled(w, x, y):
    z = logits(w, x)
    two = z.topk(2, 1).values
    if (two[:, 0] - two[:, 1]).min() < DECISION_MARGIN:
        raise Close
    return z.argmax(1) != y


def norms(x):
    return x.flatten(1).norm(dim=1).reshape(-1, 1, 1, 1)


def step(norm, w, x, clean, y, size):
    g = gradient(w, x, y)
    epsilon = EPSILON[norm]
    if norm == "linf":
        relative = g.flatten(1).abs() / g.flatten(1).abs().amax(1, keepdim=True)
        if relative.min() < SIGN_MARGIN:
            raise Close
        return torch.clamp(clean + torch.clamp(x + size * g.sign() - clean, -epsilon, epsilon), 0, 1)
    shift = x + size * g / norms(g) - clean
    return torch.clamp(clean + shift * torch.clamp(epsilon / norms(shift), max=1), 0, 1)


def pgd(norm, w, clean, y):
    best = clean.clone()
    best_loss = torch.full((COUNT,), -torch.inf, dtype=torch.float64)
    done = fooled(w, clean, y)
    x = clean
    for _ in range(STEPS):
        x = step(norm, w, x, clean, y, 2.5 * EPSILON[norm] / STEPS)
        loss = losses("cross_entropy", logits(w, x), y).detach()
        falls = fooled(w, x, y)
        for i in range(COUNT):
            if not done[i] and (falls[i] or loss[i] > best_loss[i]):
                if not falls[i] and torch.isfinite(best_loss[i]) and loss[i] - best_loss[i] < 1e-6:
                    raise Close
                best[i], best_loss[i], done[i] = x[i], loss[i], falls[i]
    return best


def make(seed):
    generator = torch.Generator().manual_seed(seed)
    w = make_weights(generator)
    images = golden.uniform(generator, COUNT, 3, 8, 8)
    labels = logits(w, images).argmax(1)
    labels[-2:] = (labels[-2:] + 1) % 4
    clean_wrong = fooled(w, images, labels).reshape(-1, 1, 1, 1)
    result = dict(w) | {"images": images, "labels": labels}
    for name in ("cross_entropy", "margin", "dlr"):
        result[f"loss.{name}"] = losses(name, logits(w, images), labels)
        result[f"gradient.{name}"] = gradient(w, images, labels, name)
    for norm in ("linf", "l2"):
        single = step(norm, w, images, images, labels, EPSILON[norm])
        result[f"fgsm_{norm}"] = torch.where(clean_wrong, images, single)
        result[f"pgd_{norm}"] = pgd(norm, w, images, labels)
        for attack in ("fgsm", "pgd"):
            success = fooled(w, result[f"{attack}_{norm}"], labels)
            if not 3 <= int(success.sum()) <= COUNT - 1:
                raise Close
            result[f"success.{attack}_{norm}"] = success.long()
    return result


def main():
    torch.set_num_threads(1)
    for seed in range(2000):
        try:
            values = make(seed)
        except Close:
            continue
        golden.save(
            FIXTURES / "attacks.safetensors", values, seed=seed, torch=torch.__version__,
            made_by="Tools/oracles/attacks.py")
        fell = {name: int(value.sum()) for name, value in values.items() if name.startswith("success")}
        print(f"  seed {seed}: fooled of {COUNT}: {fell}")
        return
    raise SystemExit("no seed gives decisions that fp32 is sure to share")


if __name__ == "__main__":
    main()
