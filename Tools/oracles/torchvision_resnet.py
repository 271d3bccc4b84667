"""Golden logits of torchvision's own ResNet-18, 34 and 50, made narrow so that the files stay small.

Regenerate with:  Tools/oracles/setup && .venv-oracle/bin/python Tools/oracles/torchvision_resnet.py
Full width, not kept:  .venv-oracle/bin/python Tools/oracles/torchvision_resnet.py FOLDER
                       STEADFAST_TORCHVISION=FOLDER swift test --filter TorchvisionWeightsTests

torchvision_NAME.weights.safetensors is the state dict with torchvision's names, num_batches_tracked among them.
torchvision_resnet.golden.safetensors holds the images that all three see, and their logits in evaluation mode:

  square [2,3,64,64], odd [2,3,57,45]
  NAME.SHAPE.logits             computed in fp64 and stored as fp32
  NAME.SHAPE.logits.fp32        computed in fp32

A full-width folder holds torchvision_resnet18.weights.safetensors (as torchvision initialises it, with random norms) and
torchvision_resnet.golden.safetensors with one image, full [1,3,224,224].
"""

import copy
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

import golden
from resnet import randomize

# Builds of torchvision that do not match torch's leave these two operations out, and then cannot be imported. No ResNet
# uses them.
MISSING = torch.library.Library("torchvision", "FRAGMENT")
for name in ("nms", "qnms"):
    if not hasattr(torch.ops.torchvision, name):
        MISSING.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import torchvision  # noqa: E402
from torchvision.models import resnet as family  # noqa: E402

FULL_WIDTH = 64
# Name: block, blocks of each stage, width, classes.
NETWORKS = {
    "resnet18": (family.BasicBlock, [2, 2, 2, 2], 3, 5),
    "resnet34": (family.BasicBlock, [3, 4, 6, 3], 2, 7),
    "resnet50": (family.Bottleneck, [3, 4, 6, 3], 2, 4),
}


class Narrow(family.ResNet):
    """torchvision's ResNet with fewer channels: its constructor has 64 written into it."""

    def __init__(self, block, layers, width, classes):
        self.width = width
        super().__init__(block, layers, num_classes=classes)
        self.fc = nn.Linear(8 * width * block.expansion, classes)

    def _make_layer(self, block, planes, *arguments, **options):
        if not hasattr(self, "layer1"):
            self.inplanes = self.width
            self.conv1 = nn.Conv2d(3, self.width, kernel_size=7, stride=2, padding=3, bias=False)
            self.bn1 = nn.BatchNorm2d(self.width)
        return super()._make_layer(block, planes * self.width // FULL_WIDTH, *arguments, **options)


def logits(network, images):
    network.eval()
    with torch.no_grad():
        single = copy.deepcopy(network).float()(images.float())
        return {"logits": network(images), "logits.fp32": single}


def metadata(seed):
    return {"seed": seed, "torchvision": torchvision.__version__, "made_by": "Tools/oracles/torchvision_resnet.py"}


def state(network):
    """The state dict; counters as a network has them that has been trained."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.num_batches_tracked.fill_(17)
    return network.state_dict()


def narrow():
    generator = torch.Generator().manual_seed(1)
    values = {
        "square": golden.uniform(generator, 2, 3, 64, 64),
        "odd": golden.uniform(generator, 2, 3, 57, 45),
    }
    for seed, (name, (block, layers, width, classes)) in enumerate(NETWORKS.items()):
        network = Narrow(block, layers, width, classes).double()
        randomize(network, torch.Generator().manual_seed(seed))
        for shape in ("square", "odd"):
            found = logits(network, values[shape])
            values |= {f"{name}.{shape}.{key}": value for key, value in found.items()}
            error = (found["logits.fp32"].double() - found["logits"]).abs().max() / found["logits"].abs().max()
            print(f"  {name} {shape}: fp32 within {error:.1e}, logits to {found['logits'].abs().max():.2f}")
        golden.save(golden.RESIDUAL_NETS / f"torchvision_{name}.weights.safetensors", state(network), **metadata(seed))
    golden.save(golden.RESIDUAL_NETS / "torchvision_resnet.golden.safetensors", values, **metadata(1))


def full(folder):
    torch.manual_seed(0)
    network = family.resnet18(num_classes=1000).eval()
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for tensor, low, high in (
                (module.weight, 0.5, 1.5), (module.bias, -0.3, 0.3), (module.running_mean, -0.3, 0.3),
                (module.running_var, 0.5, 2.0),
            ):
                tensor.data.copy_(golden.uniform(generator, *tensor.shape, low=low, high=high))
    network = network.double()
    images = golden.uniform(generator, 1, 3, 224, 224)
    values = {"full": images} | {f"resnet18.full.{key}": value for key, value in logits(network, images).items()}
    folder.mkdir(parents=True, exist_ok=True)
    single = {name: value.float() if value.is_floating_point() else value for name, value in state(network).items()}
    save_file(single, folder / "torchvision_resnet18.weights.safetensors")
    save_file({name: value.float() for name, value in values.items()}, folder / "torchvision_resnet.golden.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    full(Path(sys.argv[1])) if len(sys.argv) > 1 else narrow()
