"""Golden values of mixed-precision training, by PyTorch's own automatic casts to bfloat16.

Regenerate with:  Tools/oracles/setup && .venv-oracle/bin/python Tools/oracles/mixed_precision.py

The networks and images of resnet.py (run that first). Everything between the normalisation of the pixels and the features
is computed under torch.autocast, the head in fp32. resnet_FORM_COLOUR.mixed.safetensors holds:

  logits, loss, gradient.NAME                           evaluation mode
  train.logits, train.loss, train.buffer.NAME           training mode, and the running statistics after that one pass

Gradients in training mode are left out: statistics of five images make so much of a rounding that those of fp32 and of
bfloat16 have little in common.
"""

import torch
from safetensors.torch import load_file
from torch.nn import functional

import golden
from residual_network import ResNet
from resnet import CLASSES, WIDTH, state


def logits(network, images):
    normalized = network.normalize(images)
    with torch.autocast("cpu", torch.bfloat16):
        h = network.conv1(normalized)
        if network.form == "post":
            h = functional.relu(network.bn1(h))
        h = network.layer3(network.layer2(network.layer1(h)))
        if network.form != "post":
            h = functional.relu(network.bn(h))
        features = h.mean(dim=(2, 3))
    return network.fc(features.float())


def main():
    torch.set_num_threads(1)
    for form, colour in [("pre", "gray"), ("post", "rgb")]:
        stem = f"resnet_{form}_{colour}"
        weights = load_file(golden.RESIDUAL_NETS / f"{stem}.weights.safetensors")
        given = load_file(golden.RESIDUAL_NETS / f"{stem}.golden.safetensors")
        network = ResNet(form, weights["normalize.mean"], weights["normalize.std"], n=1, width=WIDTH, classes=CLASSES)
        network.load_state_dict(weights, strict=False)
        images = given["images"].to(memory_format=torch.channels_last)
        network.eval()
        answers = logits(network, images)
        loss = functional.cross_entropy(answers, given["labels"])
        names, parameters = zip(*network.named_parameters())
        gradients = torch.autograd.grad(loss, parameters)
        values = {"logits": answers.detach(), "loss": loss.detach()}
        values |= {f"gradient.{name}": gradient for name, gradient in zip(names, gradients)}
        apart = max(((values[name] - given[name]).abs().max() / given[name].abs().max()).item() for name in values)
        network.train()
        answers = logits(network, images).detach()
        values |= {"train.logits": answers, "train.loss": functional.cross_entropy(answers, given["labels"])}
        running = {name: value for name, value in state(network).items() if ".running_" in name}
        values |= {f"train.buffer.{name}": value.clone() for name, value in running.items()}
        metadata = {"torch": torch.__version__, "made_by": "Tools/oracles/mixed_precision.py"}
        golden.save(golden.RESIDUAL_NETS / f"{stem}.mixed.safetensors", values, **metadata)
        print(f"  {stem}: at most {apart:.1e} from fp64, relative to the largest value of a tensor")


if __name__ == "__main__":
    main()
