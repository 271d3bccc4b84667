"""Golden values of Auto-PGD on the network of attacks.safetensors: by torchattacks in L-inf and L2, by the plain
program below in L1.

Regenerate with:

  Tools/oracles/setup && .venv-oracle/bin/python -m pip install --no-deps torchattacks==3.5.1 scipy
  .venv-oracle/bin/python Tools/oracles/apgd.py

apgd.safetensors holds, for every CASE of linf, l2, l1, l1_shrinking × ce, dlr, targeted but l1_shrinking_dlr

  CASE.images, CASE.start [n,3,8,8]     the clean images, with the network's own labels, and the random starts
  CASE.labels, CASE.targets [n]         targets: the second likeliest class of the clean image, in targeted cases
  CASE.losses [passes,n]                the loss at every point, the start's first; of l1_shrinking ball after ball
  CASE.best [n,3,8,8]                   the point of highest loss in the (last) ball
  CASE.adversarial [n,3,8,8]            the first point of it that is misclassified, else the best one

with eps = EPSILON and STEPS below. torchattacks runs as it is, with two changes: rho's count takes the start's loss
where the program reads the last row of a table of zeros, and the tables are fp64. It is given one sample at a time,
because its APGDT takes the L2 steps of a whole batch by the step size of the first sample. Computed in fp64 and stored
as fp32, for those of a pool of images whose trajectories are the same in fp32, from starts moved by roundings and in a
ball smaller by SLACK, and whose losses are never so nearly alike that a rounding decides which is higher.
"""

import numpy
import torch
import torchattacks
from safetensors.torch import load_file

import attacks
import golden

STEPS = 30
POOL = 40
KEPT = 5
EPSILON = {"linf": 1 / 64, "l2": 0.125, "l1": 1.0, "l1_shrinking": 1.0}
# What rounding may take from a radius, and how far two runs may then be apart.
SLACK = {"linf": 0, "l2": 192**0.5 * 2**-25, "l1": 192 * 2**-25, "l1_shrinking": 192 * 2**-25}
AGREEMENT = {"linf": 2e-6, "l2": 4e-6, "l1": 1.5e-5, "l1_shrinking": 1.5e-5}
VARIANTS = {"linf": 5, "l2": 5, "l1": 3, "l1_shrinking": 3}
MARGIN = 5e-6
# Where most samples are misclassified, as in a ball of 3 eps, DLR is flat up to rounding, and no two precisions agree.
LOSSES = {norm: ("ce", "dlr", "targeted") for norm in EPSILON} | {"l1_shrinking": ("ce", "targeted")}


class Network(torch.nn.Module):
    """The network of attacks.py, which keeps what passes through it."""

    def __init__(self, weights):
        super().__init__()
        self.weights = torch.nn.ParameterDict({name.replace(".", "_"): value for name, value in weights.items()})
        self.seen = []

    def forward(self, x):
        self.seen.append(x.detach().clone())
        return attacks.logits({name.replace("_", "."): value for name, value in self.weights.items()}, x)


def dlr_toward(z, y, targets):
    ordered = z.sort(1, descending=True).values
    rows = torch.arange(len(y))
    return -(z[rows, y] - z[rows, targets]) / (ordered[:, 0] - 0.5 * (ordered[:, 2] + ordered[:, 3]) + 1e-12)


def losses(loss, z, y, targets):
    if loss == "targeted":
        return dlr_toward(z, y, targets)
    return attacks.losses({"ce": "cross_entropy"}.get(loss, loss), z, y)


class FromStart:
    """Counts the first step's rise from the start's loss."""

    def check_oscillation(self, x, j, k, y5, k3):
        rises = numpy.zeros(x.shape[1])
        for i in range(k):
            before = x[j - i - 1] if j > i else self.start_loss
            rises += x[j - i] > before
        return rises <= k * k3


class Untargeted(FromStart, torchattacks.APGD):
    pass


class Targeted(FromStart, torchattacks.APGDT):
    pass


def by_torchattacks(network, norm, loss, x, y, targets, start, epsilon):
    """Points of every pass, [passes,n,3,8,8], and the point of highest loss, one sample at a time."""
    settings = dict(norm=norm.capitalize(), eps=epsilon, steps=STEPS)
    if loss == "targeted":
        attack = Targeted(network, n_classes=4, **settings)
        attack.target_class = 2
    else:
        attack = Untargeted(network, loss=loss, **settings)
    original = torch.rand, torch.randn
    every, bests = [], []
    for i in range(len(x)):
        one = slice(i, i + 1)
        with torch.no_grad():
            attack.start_loss = losses(loss, network(start[one]), y[one], targets[one]).numpy()
        # torchattacks draws its start itself: the draw that leads to this one, which is as long as eps.
        draw = (start[one] - x[one]) / epsilon
        torch.rand, torch.randn = (lambda *_: (draw + 1) / 2), (lambda *_: draw)
        network.seen.clear()
        try:
            best, _, _, _ = attack.attack_single_run(x[one], y[one])
        finally:
            torch.rand, torch.randn = original
        every.append(torch.cat(network.seen[-STEPS - 1 :]))
        bests.append(best)
    return torch.stack(every, 1), torch.cat(bests)


def project(x, clean, radius):
    """The nearest point of ball and box, by bisection on the threshold."""
    shift = x - clean
    room = torch.where(shift > 0, 1 - clean, clean)
    moved = lambda threshold: torch.minimum((shift.abs() - threshold).clamp(min=0), room)
    low = torch.zeros(len(x), 1, 1, 1, dtype=x.dtype)
    high = shift.abs().amax((1, 2, 3), keepdim=True)
    for _ in range(80):
        middle = (low + high) / 2
        outside = moved(middle).sum((1, 2, 3), keepdim=True) > radius
        low, high = torch.where(outside, middle, low), torch.where(outside, high, middle)
    inside = moved(torch.zeros_like(low)).sum((1, 2, 3), keepdim=True) <= radius
    return clean + shift.sign() * torch.where(inside, moved(torch.zeros_like(low)), moved(high))


def by_the_paper(network, loss, x, y, targets, start, radius, steps, found):
    """Croce and Hein 2021, one sample at a time."""
    every, bests = [], []
    for i in range(len(x)):
        one = slice(i, i + 1)
        clean, point = x[one], start[one]
        count = clean.numel()
        perturbed = int((point != clean).sum()) if found else count
        keep = -(-2 * perturbed // 3) if found else count - int(0.8 * count)
        size, best_loss, passed = radius, -torch.inf, []
        for step in range(steps + 1):
            leaf = point.clone().requires_grad_()
            value = losses(loss, network(leaf), y[one], targets[one])
            (gradient,) = torch.autograd.grad(value.sum(), leaf)
            passed.append(point)
            if value.item() > best_loss:
                best, best_loss, best_gradient = point, value.item(), gradient
            if step > 0 and step % max(int(0.04 * steps), 1) == 0:
                now = int((best != clean).sum())
                if now < 0.95 * perturbed:
                    size, point, gradient = radius, best, best_gradient
                else:
                    size = max(size / 1.5, radius / 10)
                perturbed, keep = now, max(1, -(-2 * now // 3))
            threshold = gradient.abs().flatten().topk(keep).values[-1]
            direction = gradient.sign() * (gradient.abs() >= threshold)
            point = project(point + size * direction / direction.abs().sum(), clean, radius)
        every.append(torch.cat(passed))
        bests.append(best)
    return torch.stack(every, 1), torch.cat(bests)


def run(weights, norm, loss, x, y, targets, start, kind, epsilon):
    """In one precision and ball: losses of all passes, the best point, the adversarial one, all passed points."""
    torch.set_default_dtype(kind)
    network = Network({name: value.to(kind) for name, value in weights.items()})
    x, start = x.to(kind), start.to(kind)
    if norm in ("linf", "l2"):
        points, best = by_torchattacks(network, norm, loss, x, y, targets, start, epsilon)
        last = points
    elif norm == "l1":
        points, best = by_the_paper(network, loss, x, y, targets, start, epsilon, STEPS, found=False)
        last = points
    else:
        early = -(-3 * STEPS // 10)
        parts, best = [], start
        for factor, steps in ((3, early), (2, early), (1, STEPS - 2 * early)):
            begin = project(best, x, factor * epsilon)
            last, best = by_the_paper(network, loss, x, y, targets, begin, factor * epsilon, steps, found=True)
            parts.append(last)
        points = torch.cat(parts)
    with torch.no_grad():
        values = torch.stack([losses(loss, network(point), y, targets) for point in points])
        adversarial = best.clone()
        for point in last.flip(0):
            falls = network(point).argmax(1) != y
            adversarial[falls] = point[falls]
    torch.set_default_dtype(torch.float32)
    return values, best, adversarial, points


def closest_decision(values, points):
    """Per sample, how near a loss comes to the one before it or to the best before it, where the points differ."""
    nearest = torch.full((values.shape[1],), torch.inf, dtype=values.dtype)
    best, best_point = values[0].clone(), points[0].clone()
    for before, now, was, point in zip(values, values[1:], points, points[1:]):
        for other, there in ((before, was), (best, best_point)):
            moved = (point != there).flatten(1).any(1)
            nearest = torch.where(moved, torch.minimum(nearest, (now - other).abs()), nearest)
        rises = now > best
        best[rises], best_point[rises] = now[rises], point[rises]
    return nearest


def random_start(generator, norm, x):
    if norm == "linf":
        draw = 2 * torch.rand(x.shape, generator=generator).double() - 1
        start = x + EPSILON[norm] * draw / draw.abs().amax((1, 2, 3), keepdim=True)
    elif norm == "l2":
        draw = torch.randn(x.shape, generator=generator).double()
        start = x + EPSILON[norm] * draw / attacks.norms(draw)
    else:
        radius = EPSILON[norm] * (3 if norm == "l1_shrinking" else 1)
        start = project(x + torch.randn(x.shape, generator=generator).double(), x, radius)
    return start.clamp(0, 1)


def interior(generator, norm):
    """Images; for torchattacks inside the box by more than eps, so that a start is not clipped and leads back to its
    draw."""
    margin = EPSILON[norm] if norm in ("linf", "l2") else 0
    return golden.uniform(generator, POOL, 3, 8, 8, low=margin, high=1 - margin).float().double()


def main():
    torch.set_num_threads(1)
    file = load_file(attacks.FIXTURES / "attacks.safetensors")
    weights = {name: value.double() for name, value in file.items() if name.split(".")[0] in ("conv1", "conv2", "head")}
    generator = torch.Generator().manual_seed(0)
    result = {}
    for norm in EPSILON:
        x = interior(generator, norm)
        ordered = attacks.logits(weights, x).argsort(1, descending=True)
        y, targets = ordered[:, 0], ordered[:, 1]
        start = random_start(generator, norm, x)
        for loss in LOSSES[norm]:
            values, best, adversarial, points = run(
                weights, norm, loss, x, y, targets, start, torch.float64, EPSILON[norm])
            apart = torch.zeros(POOL, dtype=torch.float64)
            for _ in range(VARIANTS[norm]):
                moved = start + (torch.rand(start.shape, generator=generator).double() - 0.5) * 2**-23
                moved = start + (moved - start) * (start != x)
                other = run(weights, norm, loss, x, y, targets, moved, torch.float32, EPSILON[norm] - SLACK[norm])
                for mine, its in ((points.transpose(0, 1), other[3].transpose(0, 1)), (adversarial, other[2])):
                    apart = torch.maximum(apart, (its.double() - mine).abs().flatten(1).amax(1))
            decided = closest_decision(values, points) > MARGIN
            fell = (adversarial != best).any(3).any(2).any(1)
            same = (decided & (apart < AGREEMENT[norm])).nonzero().flatten()
            # Those that withstand first: their best point is what the attack returns.
            rows = same[fell[same].long().argsort(stable=True)]
            rows = torch.cat([rows[: KEPT - 2], rows[-2:]])
            print(f"  {norm} {loss}: {len(same)} of {POOL} agree, {int(fell[rows].sum())} of {len(rows)} kept fall")
            assert len(same) >= KEPT
            name = f"{norm}_{loss}"
            result[f"{name}.images"], result[f"{name}.start"] = x[rows], start[rows]
            result[f"{name}.labels"], result[f"{name}.targets"] = y[rows], targets[rows]
            result[f"{name}.losses"] = values[:, rows]
            result[f"{name}.best"], result[f"{name}.adversarial"] = best[rows], adversarial[rows]
    golden.save(
        attacks.FIXTURES / "apgd.safetensors", result, steps=STEPS, epsilon=EPSILON, torch=torch.__version__,
        torchattacks=torchattacks.__version__, made_by="Tools/oracles/apgd.py")


if __name__ == "__main__":
    main()
