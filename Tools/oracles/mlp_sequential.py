"""A state dict and golden values of a PyTorch nn.Sequential, as a user would bring them.

Regenerate with:  Tools/oracles/setup && .venv-oracle/bin/python Tools/oracles/mlp_sequential.py

The network is Sequential(Flatten, Linear(36, 16), ReLU, Linear(16, 4)) on images [1,6,6].
mlp_sequential.weights.safetensors is its state dict (1.weight, 1.bias, 3.weight, 3.bias), with no metadata of ours;
mlp_sequential.golden.safetensors holds images [7,1,6,6], labels [7], logits, loss and input_gradient.
Computed in fp64, stored as fp32.
"""

import torch
from torch import nn
from torch.nn import functional

import golden


def main():
    generator = torch.Generator().manual_seed(7)
    network = nn.Sequential(nn.Flatten(), nn.Linear(36, 16), nn.ReLU(), nn.Linear(16, 4)).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(golden.normal(generator, *parameter.shape, deviation=0.3))
    images = golden.uniform(generator, 7, 1, 6, 6)
    labels = torch.randint(0, 4, (7,), generator=generator)
    probe = images.clone().requires_grad_()
    logits = network(probe)
    loss = functional.cross_entropy(logits, labels)
    values = {"images": images, "labels": labels, "logits": logits, "loss": loss}
    values["input_gradient"] = torch.autograd.grad(loss, probe)[0]
    golden.save(golden.RESIDUAL_NETS / "mlp_sequential.weights.safetensors", network.state_dict())
    golden.save(golden.RESIDUAL_NETS / "mlp_sequential.golden.safetensors", values)


if __name__ == "__main__":
    main()
