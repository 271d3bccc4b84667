"""Attacks of torchattacks, Foolbox, ART and AutoAttack's authors beside Steadfast's, on the same weights and images.

    swift build -c release --product steadfast
    Tools/peers/setup && .venv-peers/bin/python Tools/peers/attacks.py --mnist FOLDER --cache FOLDER --out attacks.json

--mnist has MNIST's four files as published (train-images-idx3-ubyte.gz ...). --cache keeps what is trained once:

  resnet20       pre-activation ResNet-20 of width 16, trained for --train-steps steps on faint digits in noise (0.4 +
                 0.15 digit +- 0.1, 3x32x32), so that nearly all fall to 8/255 and few to 1/255
  undefended     MNIST conv16-32-fc100 of fast_adversarial (Wong et al. 2020), trained for --epochs epochs
  fgsm-rs        the same, trained as there against FGSM from a random start: eps 0.3, step 0.375

Parts, chosen by --only:

  steps        FGSM and PGD of 10 steps of eps/4 from the clean image, a batch of 128 that resnet20 gets right
  autoattack   AutoAttack standard on MNIST's first --images test images at 0.1 and 0.3
  curves       eps = 1/255 ... 8/255: FGSM's raw curve and PGD's envelope, beside the same points one by one and Foolbox
  parity       what each attack finds on each of 200 images, 20 a class, for every library and 3 seeds where chance has
               a part; times are beside, and are no measurement

"pyautoattack" is the authors' code under the name by which it installs; its AutoAttack is the standard. That of
torchattacks 3.5 carries the same code with APGD and FAB at 10 iterations for 100, and Square's schedule rescaled: it is
timed as it is shipped, and in `parity` given 100.

Rounds alternate: all peers, then Steadfast. Of every figure the fastest run of all rounds counts, beside others of the
same run only. Peers run in evaluation mode, contiguous and with frozen weights, which spares Foolbox, ART and FAB
gradients that nobody asked for. A success is an image that is right clean and wrong inside ball and box, judged here
for peers and by the program for itself. Foolbox and Steadfast judge within their times; "and verdict" adds that pass to
torchattacks' FGSM.

What is asked of the program, each time in a process of its own (times are its own, without its start):

  steadfast bench attacks --json --threads N --weights FILE --network FILE.yaml --images FILE
      --attack NAME --norm linf --eps E[,E...] --batch-size N --seed N --repeat N
      [--envelope] [--steps N]

FILE of --images: safetensors, images [N,C,H,W] fp32 in [0,1] and labels [N] int64. Sizes are written exactly, as 8/255.
One JSON object, of which is read:

  {"rows": [{"seconds": of the fastest of --repeat runs over all images, clean pass and verdict included,
             "fooled": [successes, one for each eps]}],
   "peakMemory": bytes}

And for parity, on a folder of PNG files whose order (class, then file name) is that of the lists:

  steadfast attack FILE --json --outcomes --threads N --batch-size N --network FILE.yaml --data FOLDER
      --attack NAME --norm NORM --eps E --seed N

  {"rows": [{"attack": NAME, "outcomes": {"fooled": [true, ...], "distance": [0.25, null, ...]}}]}

NAME is one of OURS below. For attacks that look for the nearest point eps spans the whole box, and distance counts:
that of the adversarial, 0 of an image that is wrong clean, null where none was found.
"""

import argparse
import gzip
import json
import logging
import platform
import statistics
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass, field
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path

import numpy
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional

from rates import network as resnet20

PARTS = ["steps", "autoattack", "curves", "parity"]
LARGE, SMALL = Fraction(8, 255), Fraction(1, 255)
CURVE = [Fraction(k, 255) for k in range(1, 9)]
STEPS, STEP_FACTOR = 10, 0.25
BATCH, AUTOATTACK_BATCH, PARITY_IMAGES, PARITY_SEEDS = 128, 250, 200, 3
PARITY_EPSILON = {"undefended": Fraction(1, 10), "fgsm-rs": Fraction(3, 10)}
MNIST_EPSILONS = [Fraction(1, 10), Fraction(3, 10)]
# 28 = the diagonal of 28x28 pixels: every image of the box is inside.
WHOLE_BOX = {"linf": Fraction(1), "l2": Fraction(28)}
CLASSES = 10
# Between who and eps: a point of a curve by itself.
ALONE = ", only "
# What the program calls the attacks.
OURS = {
    "fgsm": "fgsm", "pgd": "pgd", "autoattack": "auto", "apgd-ce": "apgd-ce", "apgd-dlr": "apgd-dlr",
    "apgd-t": "apgd-t", "fab": "fab", "fab-t": "fab-t", "square": "square", "deepfool": "deepfool", "cw": "cw",
}
RESNET_YAML = "network: {architecture: resnet, depth: 20, width: 16, block: pre-activation, shortcut: projection}\n"
MNIST_YAML = 'layers: {"0": {stride: 2, padding: 1}, "2": {stride: 2, padding: 1}}\n'


# Networks and images


@dataclass
class Subject:
    """A network beside the files by which the program is given the same."""

    name: str
    net: nn.Module
    weights: Path
    description: Path

    def __post_init__(self):
        self.net.eval().requires_grad_(False)


def mnist(folder, split):
    """Images N x 1 x 28 x 28 in [0, 1], exactly those of 8 bits, and labels."""

    def content(name, offset):
        with gzip.open(folder / f"{split}-{name}.gz") as file:
            return torch.from_numpy(numpy.frombuffer(file.read(), numpy.uint8, offset=offset).copy())

    images = content("images-idx3-ubyte", 16).reshape(-1, 1, 28, 28).float() / 255
    return images, content("labels-idx1-ubyte", 8).long()


def faint(digits, generator):
    """Faint digits of three channels, 32 x 32, in noise."""
    noise = 0.2 * torch.rand(len(digits), 3, 32, 32, generator=generator) - 0.1
    return 0.4 + 0.15 * functional.pad(digits, (2, 2, 2, 2)) + noise


def train_resnet20(x, y, steps):
    net = resnet20().train()
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 5e-3, total_steps=steps)
    generator = torch.Generator().manual_seed(2)
    for _ in range(steps):
        places = torch.randint(len(x), (BATCH,), generator=generator)
        optimizer.zero_grad(set_to_none=True)
        functional.cross_entropy(net(faint(x[places], generator)), y[places]).backward()
        optimizer.step()
        schedule.step()
    return net


def conv16_32_fc100():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 16, 4, stride=2, padding=1), nn.ReLU(), nn.Conv2d(16, 32, 4, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(32 * 7 * 7, 100), nn.ReLU(), nn.Linear(100, CLASSES))


def train_mnist(x, y, epochs, epsilon):
    """FGSM-RS (Wong et al. 2020, algorithm 3), or plain training where epsilon is 0; rates rise for 2/5 and fall."""
    net = conv16_32_fc100().train()
    optimizer = torch.optim.Adam(net.parameters())
    batches = epochs * (-(-len(x) // 100))
    done = 0
    for _ in range(epochs):
        for places in torch.randperm(len(x)).split(100):
            done += 1
            optimizer.param_groups[0]["lr"] = float(numpy.interp(done / batches, [0, 0.4, 1], [0, 5e-3, 0]))
            clean, labels = x[places], y[places]
            shift = torch.zeros_like(clean).uniform_(-epsilon, epsilon)
            if epsilon > 0:
                shift.requires_grad_()
                (gradient,) = torch.autograd.grad(functional.cross_entropy(net(clean + shift), labels), shift)
                shift = torch.clamp(shift.detach() + 1.25 * epsilon * gradient.sign(), -epsilon, epsilon)
            optimizer.zero_grad(set_to_none=True)
            functional.cross_entropy(net(torch.clamp(clean + shift, 0, 1)), labels).backward()
            optimizer.step()
    return net


def subjects(options):
    """The three networks by name, trained where the cache lacks them."""
    x, y = mnist(options.mnist, "train")
    makers = {
        "resnet20": (resnet20, lambda: train_resnet20(x, y, options.train_steps), RESNET_YAML),
        "undefended": (conv16_32_fc100, lambda: train_mnist(x, y, options.epochs, 0), MNIST_YAML),
        "fgsm-rs": (conv16_32_fc100, lambda: train_mnist(x, y, options.epochs, 0.3), MNIST_YAML),
    }
    result = {}
    for name, (build, train, yaml) in makers.items():
        weights, description = options.cache / f"{name}.safetensors", options.cache / f"{name}.yaml"
        if not weights.exists():
            print(f"training {name}", file=sys.stderr)
            state = train().state_dict()
            save_file({key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}, weights)
        description.write_text(yaml)
        net = build()
        net.load_state_dict(load_file(weights), strict=False)
        result[name] = Subject(name, net, weights, description)
    return result


def right_ones(net, x, y, count):
    """The first so many images that the network gets right."""
    with torch.no_grad():
        places = (net(x).argmax(1) == y).nonzero().flatten()[:count]
    return x[places].contiguous(), y[places]


def stored(path, x, y):
    save_file({"images": x.contiguous(), "labels": y.contiguous()}, path)
    return path


# What is judged


def distances(adversarial, x, norm):
    shift = (adversarial.double() - x.double()).flatten(1)
    return shift.abs().amax(1) if norm == "linf" else shift.norm(dim=1)


def fooled(net, adversarial, x, y, norm, epsilon):
    """Whether each image is right clean and wrong inside ball and box, but for the rounding of single precision."""
    with torch.no_grad():
        wrong = (net(x).argmax(1) == y) & (net(adversarial).argmax(1) != y)
    inside = distances(adversarial, x, norm) <= float(epsilon) * (1 + 1e-6) + 1e-7
    box = ((adversarial >= 0) & (adversarial <= 1)).flatten(1).all(1)
    return wrong & inside & box


# Times


@dataclass
class Job:
    """The same work for several programs."""

    name: str
    subject: Subject
    x: torch.Tensor
    y: torch.Tensor
    # Of a peer: its function, which returns an adversarial batch for each of its sizes.
    peers: dict
    # Of Steadfast, beside options that all share; the first is what peers are compared with.
    ours: dict
    repeat: int = 3
    figures: dict = field(default_factory=dict)

    def note(self, name, seconds, successes):
        if name not in self.figures or seconds < self.figures[name]["seconds"]:
            self.figures[name] = {
                "seconds": round(seconds, 5), "rate": round(len(self.x) / seconds, 2), "fooled": successes}

    def run_peers(self):
        for name, (attack, epsilons) in self.peers.items():
            for _ in range(self.repeat):
                start = time.perf_counter()
                results = attack()
                seconds = time.perf_counter() - start
                self.note(name, seconds, [
                    int(fooled(self.subject.net, result, self.x, self.y, "linf", epsilon).sum())
                    for result, epsilon in zip(results, epsilons, strict=True)])

    def run_ours(self, program, folder, threads):
        """Returns the program's peak memory."""
        images = stored(folder / "images.safetensors", self.x, self.y)
        peak = 0
        for name, arguments in self.ours.items():
            result = steadfast(program, [
                "bench", "attacks", "--json", "--threads", threads, "--weights", self.subject.weights, "--network",
                self.subject.description, "--images", images, "--norm", "linf", "--seed", 0, "--repeat", self.repeat,
                *arguments])
            for row in result["rows"]:
                self.note(name, row["seconds"], row["fooled"])
            peak = max(peak, result["peakMemory"])
        return peak


def steadfast(program, arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"steadfast {' '.join(map(str, arguments))}\n{done.stderr}")
    return json.loads(done.stdout)


def asked(attack, epsilons, *more, batch=BATCH):
    """Arguments for the program."""
    return ["--attack", OURS[attack], "--eps", ",".join(map(str, epsilons)), "--batch-size", batch, *more]


PGD_FORM = ["--steps", STEPS]


def foolbox_attack(attack, net, x, y, epsilons):
    """A function that returns the adversarials of every size. Foolbox attacks each size anew."""
    import foolbox

    model = foolbox.PyTorchModel(net, bounds=(0, 1), device="cpu")
    return lambda: attack(model, x, foolbox.criteria.Misclassification(y), epsilons=list(map(float, epsilons)))[1]


def step_jobs(subject, x, y):
    import foolbox
    import torchattacks
    from art.attacks.evasion import FastGradientMethod, ProjectedGradientDescent
    from art.estimators.classification import PyTorchClassifier

    net = subject.net
    classifier = PyTorchClassifier(
        net, nn.CrossEntropyLoss(), tuple(x.shape[1:]), CLASSES, clip_values=(0, 1), device_type="cpu")
    pixels, targets = x.numpy(), numpy.eye(CLASSES, dtype=numpy.float32)[y.numpy()]

    def by_art(method):
        return lambda: [torch.from_numpy(method.generate(pixels, targets))]

    for epsilon, situation in ((LARGE, "many fall"), (SMALL, "few fall")):
        size, step = float(epsilon), float(epsilon) * STEP_FACTOR
        single = torchattacks.FGSM(net, eps=size)
        iterated = torchattacks.PGD(net, eps=size, alpha=step, steps=STEPS, random_start=False)

        def judged_single(single=single):
            result = single(x, y)
            with torch.no_grad():
                net(result).argmax(1)
            return [result]

        fast = foolbox.attacks.LinfFastGradientAttack(random_start=False)
        projected = foolbox.attacks.LinfPGD(rel_stepsize=STEP_FACTOR, steps=STEPS, random_start=False)
        method = FastGradientMethod(classifier, eps=size, batch_size=BATCH)
        descent = ProjectedGradientDescent(
            classifier, eps=size, eps_step=step, max_iter=STEPS, batch_size=BATCH, verbose=False)
        one = [epsilon]
        yield Job(f"FGSM, {epsilon}, {situation}", subject, x, y, {
            "torchattacks": (lambda single=single: [single(x, y)], one),
            "torchattacks and verdict": (judged_single, one),
            "Foolbox": (foolbox_attack(fast, net, x, y, one), one),
            "ART": (by_art(method), one),
        }, {"Steadfast": asked("fgsm", one)})
        yield Job(f"PGD-10, {epsilon}, {situation}", subject, x, y, {
            "torchattacks": (lambda iterated=iterated: [iterated(x, y)], one),
            "Foolbox": (foolbox_attack(projected, net, x, y, one), one),
            "ART": (by_art(descent), one),
        }, {"Steadfast": asked("pgd", one, *PGD_FORM)})


def curve_jobs(subject, x, y):
    import foolbox

    middle = CURVE[len(CURVE) // 2 - 1]
    forms = {
        "FGSM, raw": (foolbox.attacks.LinfFastGradientAttack(random_start=False), "fgsm", "raw", []),
        "PGD-10, envelope": (
            foolbox.attacks.LinfPGD(rel_stepsize=STEP_FACTOR, steps=STEPS, random_start=False), "pgd", "envelope",
            PGD_FORM),
    }
    for name, (attack, ours, form, more) in forms.items():
        points = {f"Steadfast{ALONE}{epsilon}": asked(ours, [epsilon], *more) for epsilon in CURVE}
        yield Job(f"curve of {len(CURVE)} points, {name}", subject, x, y, {
            "Foolbox": (foolbox_attack(attack, subject.net, x, y, CURVE), CURVE),
            f"Foolbox{ALONE}{middle}": (foolbox_attack(attack, subject.net, x, y, [middle]), [middle]),
        }, {"Steadfast": asked(ours, CURVE, *(["--envelope"] if form == "envelope" else []), *more)} | points, repeat=2)


def autoattack_jobs(networks, x, y):
    import torchattacks
    from pyautoattack import AutoAttack

    logging.getLogger("auto-attack").setLevel(logging.CRITICAL)
    for name in PARITY_EPSILON:
        net = networks[name].net
        for epsilon in MNIST_EPSILONS:
            authors = AutoAttack(net, eps=float(epsilon), norm="Linf", version="standard", seed=0)
            shipped = torchattacks.AutoAttack(net, eps=float(epsilon), n_classes=CLASSES, seed=0)

            def by_authors(authors=authors):
                return [authors.run_standard_evaluation(x, y, batch_size=AUTOATTACK_BATCH)[0]]

            def by_torchattacks(shipped=shipped):
                batches = zip(x.split(AUTOATTACK_BATCH), y.split(AUTOATTACK_BATCH))
                return [torch.cat([shipped(images, labels) for images, labels in batches])]

            yield Job(f"AutoAttack, {name}, {epsilon}", networks[name], x, y, {
                "pyautoattack": (by_authors, [epsilon]),
                "torchattacks (10 iterations)": (by_torchattacks, [epsilon]),
            }, {"Steadfast": asked("autoattack", [epsilon], batch=AUTOATTACK_BATCH)}, repeat=1)


def print_job(job):
    """With how many times as long as Steadfast each takes."""
    first = next((row["seconds"] for name, row in job.figures.items() if name == "Steadfast"), None)
    print(f"\n{job.name}: {len(job.x)} images")
    for name, row in job.figures.items():
        ratio = f"{row['seconds'] / first:8.2f} x" if first and ALONE not in name else ""
        print(f"  {name:32} {row['seconds']:9.3f} s {row['rate']:10,.1f} img/s {ratio:10} "
              f"fooled {' '.join(map(str, row['fooled']))}")
    for name, row in job.figures.items():
        points = [
            point["seconds"] for other, point in job.figures.items()
            if other.startswith(name + ALONE)]
        if points:
            # The points' mean, since an attack that drops what has fallen is the cheaper the larger eps is.
            print(f"  {name}: the curve takes {row['seconds'] / statistics.mean(points):.2f} x one point")


# What is found, image by image


def nearest_of_targets(run, net, x, y, norm):
    """Of nine runs, each toward the next likely class, the nearest adversarial of every image."""
    best = x.clone()
    nearest = torch.full((len(x),), torch.inf, dtype=torch.float64)
    for target in range(2, CLASSES + 1):
        result = run(target)
        with torch.no_grad():
            away = torch.where(net(result).argmax(1) != y, distances(result, x, norm), torch.inf)
        better = away < nearest
        best[better], nearest[better] = result[better], away[better]
    return best


def parity_attacks(net, x, y, epsilon, seed):
    """Attack, library, norm, size (None: the nearest point, whatever the size), whether chance has a part, the run."""
    import foolbox
    import torchattacks
    from pyautoattack.autopgd_base import APGDAttack, APGDAttack_targeted
    from pyautoattack.fab_pt import FABAttack_PT
    from pyautoattack.square import SquareAttack

    size = float(epsilon)
    common = {"norm": "Linf", "eps": size, "seed": seed}
    quiet = common | {"device": "cpu", "verbose": False, "logger": logging.getLogger("auto-attack")}
    for loss in ("ce", "dlr"):
        theirs = APGDAttack(net, n_iter=100, loss=loss, **quiet)
        other = torchattacks.APGD(net, steps=100, loss=loss, **common)
        yield f"apgd-{loss}", "pyautoattack", "linf", epsilon, True, lambda theirs=theirs: theirs.perturb(x, y)
        yield f"apgd-{loss}", "torchattacks", "linf", epsilon, True, lambda other=other: other(x, y)
    yield "apgd-t", "pyautoattack", "linf", epsilon, True, lambda: APGDAttack_targeted(
        net, n_iter=100, **quiet).perturb(x, y)
    yield "apgd-t", "torchattacks", "linf", epsilon, True, lambda: torchattacks.APGDT(
        net, steps=100, n_classes=CLASSES, **common)(x, y)

    def square():
        with torch.no_grad():
            return SquareAttack(net, n_queries=5000, resc_schedule=False, device="cpu", **common).perturb(x, y)

    yield "square", "pyautoattack", "linf", epsilon, True, square
    yield "square", "torchattacks (rescaled)", "linf", epsilon, True, lambda: torchattacks.Square(
        net, n_queries=5000, **common)(x, y)

    for norm, theirs in {"linf": "Linf", "l2": "L2"}.items():
        fab = FABAttack_PT(net, norm=theirs, n_iter=100, device="cpu")
        other = torchattacks.FAB(net, norm=theirs, steps=100, n_classes=CLASSES, multi_targeted=True)

        def targeted(target, fab=fab):
            fab.target_class = target
            return fab.attack_single_run(x, y, is_targeted=True)

        def other_targeted(target, other=other):
            other.target_class = target
            return other.attack_single_run_targeted(x, y)

        yield "fab", "pyautoattack", norm, None, False, lambda fab=fab: fab.attack_single_run(x, y)
        yield "fab", "torchattacks", norm, None, False, lambda other=other: other.attack_single_run(x, y)
        for library, run in {"pyautoattack": targeted, "torchattacks": other_targeted}.items():
            yield "fab-t", library, norm, None, False, lambda run=run, norm=norm: nearest_of_targets(
                run, net, x, y, norm)

    def nearest(attack):
        model = foolbox.PyTorchModel(net, bounds=(0, 1), device="cpu")
        return lambda: attack(model, x, foolbox.criteria.Misclassification(y), epsilons=None)[0]

    yield "deepfool", "foolbox", "l2", None, False, nearest(foolbox.attacks.L2DeepFoolAttack())
    yield "deepfool", "foolbox", "linf", None, False, nearest(foolbox.attacks.LinfDeepFoolAttack())
    yield "deepfool", "torchattacks", "l2", None, False, lambda: torchattacks.DeepFool(net)(x, y)
    yield "cw", "foolbox", "l2", None, False, nearest(
        foolbox.attacks.L2CarliniWagnerAttack(binary_search_steps=9, steps=1000))
    yield "cw", "torchattacks (c = 1)", "l2", None, False, lambda: torchattacks.CW(net, c=1, steps=1000)(x, y)


def outcome(net, adversarial, x, y, norm, epsilon):
    """Lists over images: fooled, and the distance where the network errs (0 where it errs clean)."""
    with torch.no_grad():
        right, wrong = net(x).argmax(1) == y, net(adversarial).argmax(1) != y
    away = distances(adversarial, x, norm).where(right, 0)
    return {
        "fooled": fooled(net, adversarial, x, y, norm, epsilon or WHOLE_BOX[norm]).tolist(),
        "distance": [float(f"{d:.7g}") if w else None for d, w in zip(away.tolist(), wrong.tolist(), strict=True)],
    }


def png_folder(folder, options):
    """The first test images of each class, in the order of such a folder; train, which it needs, has one of each."""
    result = None
    for part, split, count in (("train", "train", 1), ("test", "t10k", parity_count(options))):
        x, y = mnist(options.mnist, split)
        places = torch.cat([(y == label).nonzero().flatten()[:count] for label in range(CLASSES)]).tolist()
        for place in places:
            file = folder / part / str(int(y[place])) / f"{place:05}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray((x[place, 0] * 255).round().byte().numpy()).save(file)
        result = x[places], y[places], places
    return result


def parity_count(options):
    """Images of each class."""
    return max(1, min(PARITY_IMAGES, options.images) // CLASSES)


def parity(networks, options):
    """Every attack's outcome image by image; attacks without chance run once."""
    folder = options.cache / f"digits-{parity_count(options)}"
    x, y, places = png_folder(folder, options)
    result = {"images": places, "labels": y.tolist(), "folder": str(folder), "clean": {}, "rows": []}
    for name, epsilon in PARITY_EPSILON.items():
        subject, asked_of_ours = networks[name], {}
        with torch.no_grad():
            result["clean"][name] = (subject.net(x).argmax(1) == y).tolist()

        def note(attack, library, norm, size, seed, seconds, lists, name=name):
            result["rows"].append({
                "network": name, "attack": attack, "library": library, "norm": norm,
                "epsilon": str(size) if size else None, "seed": seed, "seconds": round(seconds, 3)} | lists)

        for seed in range(options.seeds):
            for attack, library, norm, size, chance, run in parity_attacks(subject.net, x, y, epsilon, seed):
                if seed > 0 and not chance or not chosen_attack(attack, options):
                    continue
                print(f"{name}: {attack}, {norm}, {library}, seed {seed}", file=sys.stderr)
                torch.manual_seed(seed)
                start = time.perf_counter()
                found = run()
                lists = outcome(subject.net, found.detach(), x, y, norm, size)
                note(attack, library, norm, size, seed, time.perf_counter() - start, lists)
                asked_of_ours[attack, norm, size, seed] = None
        for attack, norm, size, seed in asked_of_ours if options.steadfast else ():
            start = time.perf_counter()
            found = steadfast(options.steadfast, [
                "attack", subject.weights, "--json", "--outcomes", "--threads", options.threads, "--batch-size", len(x),
                "--network", subject.description, "--data", folder, "--attack", OURS[attack], "--norm", norm, "--eps",
                size or WHOLE_BOX[norm], "--seed", seed])
            lists = next(row["outcomes"] for row in found["rows"] if row["attack"] == OURS[attack])
            note(attack, "Steadfast", norm, size, seed, time.perf_counter() - start, lists)
    return result


def chosen_attack(attack, options):
    return not options.attacks or attack in options.attacks


def print_parity(result):
    """Beside the first library of each attack, by the first seed: images that only this one fools, images that only the
    first one fools, and the median ratio of distances to the nearest points."""
    print(f"\nparity: {len(result['images'])} images; successes by seed; beside the first library: only here, "
          "only there, distance")
    groups = {}
    for row in result["rows"]:
        key = row["network"], row["attack"], row["norm"], row["epsilon"]
        groups.setdefault(key, {}).setdefault(row["library"], []).append(row)
    for key, libraries in groups.items():
        first = next(iter(libraries.values()))[0]
        for library, rows in libraries.items():
            counts = " ".join(str(sum(row["fooled"])) for row in rows)
            pairs = list(zip(rows[0]["fooled"], first["fooled"], strict=True))
            text = f"+{sum(a and not b for a, b in pairs)} -{sum(b and not a for a, b in pairs)}"
            both = [a / b for a, b in zip(rows[0]["distance"], first["distance"], strict=True) if a and b]
            if both and key[3] is None:
                text += f" {statistics.median(both):.4f} x"
            print(f"  {', '.join(part or 'nearest' for part in key)}, {library}: {counts}; {text}")


def jobs(networks, options):
    x, y = mnist(options.mnist, "t10k")
    if {"steps", "curves"} & set(options.only):
        pool = faint(x[:4 * BATCH], torch.Generator().manual_seed(3))
        images = right_ones(networks["resnet20"].net, pool, y[:4 * BATCH], min(BATCH, options.images))
        for part, make in {"steps": step_jobs, "curves": curve_jobs}.items():
            if part in options.only:
                yield from make(networks["resnet20"], *images)
    if "autoattack" in options.only:
        yield from autoattack_jobs(networks, x[:options.images], y[:options.images])


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", metavar="FOLDER", type=Path, required=True)
    parser.add_argument("--cache", metavar="FOLDER", type=Path, required=True)
    parser.add_argument("--out", metavar="FILE", type=Path, help="everything as JSON")
    parser.add_argument("--steadfast", metavar="PROGRAM", default=".build/release/steadfast", help="'' for peers alone")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--jobs", nargs="+", metavar="TEXT", help="time only jobs with one of these in their names")
    parser.add_argument("--attacks", nargs="+", choices=list(OURS), metavar="NAME", help="of parity, only these")
    parser.add_argument("--images", type=int, default=1000, help="at most")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=PARITY_SEEDS, help="of parity")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--train-steps", type=int, default=200, help="of resnet20")
    parser.add_argument("--epochs", type=int, default=5, help="of the MNIST networks")
    return parser.parse_args()


def main():
    options = parsed()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(options.threads)
    options.cache.mkdir(parents=True, exist_ok=True)
    networks = subjects(options)
    wanted = [
        job for job in jobs(networks, options) if not options.jobs or any(text in job.name for text in options.jobs)]
    peak = 0
    for number in range(options.rounds):
        for job in wanted:
            print(f"round {number + 1} of {options.rounds}: {job.name}", file=sys.stderr)
            job.run_peers()
            if options.steadfast:
                peak = max(peak, job.run_ours(options.steadfast, options.cache, options.threads))
    for job in wanted:
        print_job(job)
    if options.steadfast and wanted:
        print(f"\nSteadfast's peak memory: {peak / 2**20:.0f} MiB")
    found = parity(networks, options) if "parity" in options.only else None
    if found:
        print_parity(found)
    if options.out:
        packages = ("torch", "torchattacks", "foolbox", "adversarial-robustness-toolbox", "pyautoattack")
        options.out.write_text(json.dumps({
            "schema": "steadfast.peers-attacks/1",
            "versions": {name: version(name) for name in packages} | {"python": platform.python_version()},
            "machine": {"processor": platform.machine(), "capability": torch.backends.cpu.get_cpu_capability()},
            "threads": options.threads, "rounds": options.rounds, "peakMemory": peak,
            "jobs": [{"name": job.name, "images": len(job.x), "figures": {
                name: row for name, row in job.figures.items()}} for job in wanted],
            "parity": found,
        }))


if __name__ == "__main__":
    main()
