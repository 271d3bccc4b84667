"""Seconds an epoch of learning one task: Avalanche's Naive and a plain PyTorch loop, beside `steadfast bench continual`.

    Tools/peers/setup && .venv-peers/bin/python Tools/peers/continual.py

All train the same pre-activation ResNet-8 of width 8 on the same images (Datasets/fashion-mini, 28x28, one channel) in
shuffled batches of 64, fp32, SGD with momentum. Peers go first, then Steadfast, in each of --rounds rounds; the best epoch
after the first counts. Avalanche reads the image folder through torchvision, as its users do ("folder"), and tensors that
were decoded before ("memory"); the plain loop has the tensors. Where Avalanche does not import, the loop of its Naive is
written out here: for each experience and epoch a DataLoader over (image, label, task) triples, forward, loss, zero_grad,
backward, step. Figures count beside each other only, from one run on a quiet machine.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time
import warnings

import torch
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "oracles")]
from rates import import_torchvision  # noqa: E402
from residual_network import ResNet  # noqa: E402

BATCH, CLASSES = 64, 10
WAYS = ["full training", "parallel adapters", "side adapters"]


def network():
    torch.manual_seed(0)
    return ResNet("pre", torch.tensor([0.5]), torch.tensor([0.25]), n=1, width=8, classes=CLASSES)


def optimizer_of(model):
    return torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4)


def image_folder(folder):
    torchvision = import_torchvision()
    transform = torchvision.transforms
    return torchvision.datasets.ImageFolder(
        str(folder / "train"), transform=transform.Compose([transform.Grayscale(), transform.ToTensor()]))


def in_memory(images):
    return torch.stack([x for x, _ in images]), torch.tensor(images.targets)


def plain(x, y, epochs):
    """Seconds of each epoch of a loop over shuffled slices of two tensors."""
    model = network().train()
    optimizer = optimizer_of(model)
    for _ in range(epochs):
        start = time.perf_counter()
        order = torch.randperm(len(x))
        for places in order.split(BATCH):
            optimizer.zero_grad(set_to_none=True)
            functional.cross_entropy(model(x[places]), y[places]).backward()
            optimizer.step()
        yield time.perf_counter() - start


def naive_written_out(dataset, epochs):
    """The loop of Avalanche's Naive without its plugins: what is left when the package does not import."""
    model = network()
    optimizer = optimizer_of(model)
    criterion = torch.nn.CrossEntropyLoss()
    for _ in range(epochs):
        start = time.perf_counter()
        model.train()
        loader = DataLoader(dataset, batch_size=BATCH, shuffle=True)
        for batch in loader:
            x, y = batch[0], batch[1]
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
        yield time.perf_counter() - start


def naive(dataset, targets, epochs):
    """Seconds of each epoch of avalanche.training.Naive on one experience."""
    from avalanche.benchmarks import benchmark_from_datasets
    from avalanche.benchmarks.utils import as_classification_dataset
    from avalanche.core import SupervisedPlugin
    from avalanche.evaluation.metrics import loss_metrics
    from avalanche.training.plugins import EvaluationPlugin
    from avalanche.training.supervised import Naive

    dataset.targets = targets
    data = as_classification_dataset(dataset)
    benchmark = benchmark_from_datasets(train=[data], test=[data])
    seconds = []

    class Clock(SupervisedPlugin):
        def before_training_epoch(self, strategy, **_):
            self.start = time.perf_counter()

        def after_training_epoch(self, strategy, **_):
            seconds.append(time.perf_counter() - self.start)

    model = network()
    strategy = Naive(
        model=model, optimizer=optimizer_of(model), criterion=torch.nn.CrossEntropyLoss(), train_mb_size=BATCH,
        train_epochs=epochs, device="cpu", plugins=[Clock()],
        evaluator=EvaluationPlugin(loss_metrics(epoch=True), loggers=[]))
    strategy.train(benchmark.train_stream[0], num_workers=0)
    return seconds


def peers(folder, epochs):
    """Name and seconds of each epoch of every peer."""
    images = image_folder(folder)
    x, y = in_memory(images)
    yield "PyTorch, plain loop in memory", list(plain(x, y, epochs))
    targets = y.tolist()
    sources = {"folder": images, "memory": TensorDataset(x, y)}
    for name, dataset in sources.items():
        if has_avalanche():
            yield f"Avalanche Naive, {name}", naive(dataset, targets, epochs)
        else:
            yield f"Naive written out, {name}", list(naive_written_out(dataset, epochs))


def has_avalanche():
    try:
        import_torchvision()
        import avalanche  # noqa: F401
    except ImportError as error:
        print(f"Avalanche does not import ({error}): its loop is written out instead", file=sys.stderr)
        return False
    return True


def steadfast(program, folder, threads):
    """Name and milliseconds of each row."""
    command = [program, "bench", "continual", "--json", "--images", str(folder), "--threads", str(threads)]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return {row["note"].split(":")[0]: row["rate"] for row in result["rows"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", metavar="FOLDER", type=pathlib.Path, default=HERE.parents[1] / "Datasets/fashion-mini")
    parser.add_argument("--steadfast", metavar="PROGRAM", default=".build/release/steadfast")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=4, help="of each peer, at least 2")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(options.threads)

    best = {}
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        for name, seconds in peers(options.images, max(2, options.epochs)):
            best[name] = min(best.get(name, float("inf")), 1000 * min(seconds[1:]))
        for name, milliseconds in steadfast(options.steadfast, options.images, options.threads).items():
            best[name] = min(best.get(name, float("inf")), milliseconds)
    ours = {name: value for name, value in best.items() if name.split(",")[0] in WAYS}
    others = {name: value for name, value in best.items() if name not in ours}
    for name, value in others.items():
        print(f"{name}: {value:,.0f} ms an epoch")
    for name, value in ours.items():
        ratios = ", ".join(f"{other / value:.2f} x {peer}" for peer, other in others.items())
        print(f"Steadfast, {name}: {value:,.1f} ms ({ratios})")


if __name__ == "__main__":
    main()
