"""Rates of PyTorch and of the attack libraries, beside which `steadfast bench` puts ours. Prints a JSON object.

    Tools/peers/setup && .venv-peers/bin/python Tools/peers/rates.py --images Datasets/fashion-mini/train

The network is a pre-activation ResNet-20 of width 16 on 3x32x32 images in batches of 128, fp32, the same for all; its
weights are --weights (safetensors, this project's names) or seeded random ones. Every figure is the best and the median
of --repeat repetitions after one that warms up. Attacks run in evaluation mode with normalisation inside the network:
eps = 8/255, PGD with 10 steps of 2/255 and no random start. Compare only figures of the same machine and hour.
"""

import argparse
import json
import platform
import statistics
import sys
import time
import warnings
from pathlib import Path

import numpy
import torch
from torch.nn import functional
from torch.utils.data import DataLoader

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracles"))
from residual_network import ResNet  # noqa: E402

EPSILON, ALPHA, STEPS = 8 / 255, 2 / 255, 10
CLASSES, SIDE = 10, 32


def network(weights=None):
    torch.manual_seed(0)
    mean, std = torch.tensor([0.49, 0.48, 0.45]), torch.tensor([0.25, 0.24, 0.26])
    result = ResNet("pre", mean, std, n=3, width=16, classes=CLASSES)
    if weights is not None:
        from safetensors.torch import load_file

        missing, unexpected = result.load_state_dict(load_file(weights), strict=False)
        missing = [name for name in missing if not name.endswith("num_batches_tracked")]
        if missing or unexpected:
            raise SystemExit(f"{weights}: missing {missing}, unexpected {unexpected}")
    return result


def training(weights, x, y, memory_format):
    net = network(weights).train().to(memory_format=memory_format)
    x = x.contiguous(memory_format=memory_format)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)

    def step():
        optimizer.zero_grad(set_to_none=True)
        functional.cross_entropy(net(x), y).backward()
        optimizer.step()

    return step


def inference(weights, x, memory_format, kind=torch.float32):
    net = network(weights).eval().to(memory_format=memory_format, dtype=kind)
    x = x.to(kind).contiguous(memory_format=memory_format)

    def step():
        with torch.no_grad():
            net(x)

    return step


def plain_fgsm(net, x, y):
    def step():
        probe = x.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(functional.cross_entropy(net(probe), y), probe)
        return torch.clamp(x + EPSILON * gradient.sign(), 0, 1)

    return step


def plain_pgd(net, x, y):
    def step():
        result = x
        for _ in range(STEPS):
            probe = result.clone().requires_grad_()
            (gradient,) = torch.autograd.grad(functional.cross_entropy(net(probe), y), probe)
            shift = torch.clamp(result + ALPHA * gradient.sign() - x, -EPSILON, EPSILON)
            result = torch.clamp(x + shift, 0, 1)
        return result

    return step


def judged(net, adversarial, y):
    """Whether the network is still right: one more forward pass, which `steadfast bench` counts in its FGSM."""
    with torch.no_grad():
        return net(adversarial).argmax(1) == y


def attack_libraries(net, x, y):
    """Name and step of each library's FGSM and PGD."""
    import eagerpy
    import foolbox
    import torchattacks
    from art.attacks.evasion import FastGradientMethod, ProjectedGradientDescent
    from art.estimators.classification import PyTorchClassifier

    single = torchattacks.FGSM(net, eps=EPSILON)
    iterated = torchattacks.PGD(net, eps=EPSILON, alpha=ALPHA, steps=STEPS, random_start=False)
    yield "fgsm_torchattacks", lambda: single(x, y)
    yield "fgsm_torchattacks_judged", lambda: judged(net, single(x, y), y)
    yield "pgd10_torchattacks", lambda: iterated(x, y)

    model = foolbox.PyTorchModel(net, bounds=(0, 1), device="cpu")
    criterion = foolbox.criteria.Misclassification(eagerpy.astensor(y).raw)
    fast = foolbox.attacks.LinfFastGradientAttack(random_start=False)
    projected = foolbox.attacks.LinfPGD(abs_stepsize=ALPHA, steps=STEPS, random_start=False)
    yield "fgsm_foolbox", lambda: fast(model, x, criterion, epsilons=EPSILON)
    yield "pgd10_foolbox", lambda: projected(model, x, criterion, epsilons=EPSILON)

    classifier = PyTorchClassifier(
        net, torch.nn.CrossEntropyLoss(), (3, SIDE, SIDE), CLASSES, clip_values=(0, 1), device_type="cpu"
    )
    images, labels = x.numpy(), numpy.eye(CLASSES, dtype=numpy.float32)[y.numpy()]
    batch = len(images)
    method = FastGradientMethod(classifier, eps=EPSILON, batch_size=batch)
    descent = ProjectedGradientDescent(
        classifier, eps=EPSILON, eps_step=ALPHA, max_iter=STEPS, batch_size=batch, verbose=False
    )
    yield "fgsm_art", lambda: method.generate(images, labels)
    yield "pgd10_art", lambda: descent.generate(images, labels)


def import_torchvision():
    """torchvision, also where its compiled operators do not load: two are then declared by name, as its import asks."""
    try:
        import torchvision
    except RuntimeError:
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        for operator in ("nms", "qnms"):
            torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float threshold) -> Tensor")
        import torchvision
    return torchvision


def decoding(folder, batch, workers):
    """An epoch of decoding, and its number of images. The workers live on, so only the first epoch starts them."""
    torchvision = import_torchvision()
    images = torchvision.datasets.ImageFolder(folder, transform=torchvision.transforms.ToTensor())
    loader = DataLoader(images, batch_size=batch, num_workers=workers, persistent_workers=workers > 0)

    def epoch():
        for _ in loader:
            pass

    return epoch, len(images)


def matrix_product(kind, side=2048):
    a, b = torch.rand(side, side).to(kind), torch.rand(side, side).to(kind)
    return lambda: a @ b, 2 * side**3 / 1e9


def rate(step, work, unit, repeat):
    """work over the time that step takes."""
    step()
    seconds = []
    for _ in range(repeat):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    best, median = work / min(seconds), work / statistics.median(seconds)
    return {"best": round(best, 1), "median": round(median, 1), "unit": unit, "repetitions": repeat}


def measurements(options):
    """Name, step, work and unit of everything there is to measure."""
    batch = options.batch
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(batch, 3, SIDE, SIDE, generator=generator)
    y = torch.randint(0, CLASSES, (batch,), generator=generator)
    for name, kind in {"matmul_fp32": torch.float32, "matmul_bf16": torch.bfloat16}.items():
        yield name, *matrix_product(kind), "GFLOP/s"
    plain, last = torch.contiguous_format, torch.channels_last
    yield "train_eager", training(options.weights, x, y, plain), batch, "images/s"
    yield "train_channels_last", training(options.weights, x, y, last), batch, "images/s"
    yield "inference_eager", inference(options.weights, x, plain), batch, "images/s"
    yield "inference_channels_last", inference(options.weights, x, last), batch, "images/s"
    yield "inference_bf16", inference(options.weights, x, last, torch.bfloat16), batch, "images/s"
    net = network(options.weights).eval()
    yield "fgsm_plain", plain_fgsm(net, x, y), batch, "images/s"
    yield "pgd10_plain", plain_pgd(net, x, y), batch, "images/s"
    for name, step in attack_libraries(net, x, y):
        yield name, step, batch, "images/s"
    if options.images is not None:
        for workers in (0, options.threads):
            epoch, count = decoding(options.images, batch, workers)
            yield f"decode_{workers}_workers", epoch, count, "images/s"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", metavar="FOLDER", help="a folder of CLASS/*.png; without it nothing is decoded")
    parser.add_argument("--weights", metavar="FILE", help="safetensors of the network")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--only", nargs="+", metavar="PART", help="measure only names that contain one of these")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(options.threads)
    rates = {}
    for name, step, work, unit in measurements(options):
        if options.only and not any(part in name for part in options.only):
            continue
        rates[name] = rate(step, work, unit, options.repeat)
        print(f"{name}: {rates[name]['best']} {unit}", file=sys.stderr)
    machine = {"processor": platform.machine(), "capability": torch.backends.cpu.get_cpu_capability()}
    print(json.dumps({
        "schema": "steadfast.peers/1",
        "torch": torch.__version__,
        "python": platform.python_version(),
        "machine": machine,
        "threads": options.threads,
        "batch": options.batch,
        "rates": rates,
    }, indent=2))


if __name__ == "__main__":
    main()
