"""Golden values of plain convolutional networks: PyTorch's own layers in a row.

Regenerate with:  Tools/oracles/setup && .venv-oracle/bin/python Tools/oracles/convnet.py

convnet_halving: conv16-32-fc100 of Wong et al. 2020 in the small (4x4 kernels, stride 2, padding 1; channels 3 and 5, one
hidden layer of 7). convnet_lenet: LeNet5 as advertorch has it in the small (5x5, padding 2, max pool 2; 4 and 6 channels,
one hidden layer of 9), on images of odd sides, so that the pool cuts. convnet_mean: no padding, strides that leave a rest,
and the mean over positions in front of two hidden layers.
NAME.weights.safetensors is the state dict (conv1.weight, ..., linear1.weight, ..., fc.weight) with no metadata of ours;
NAME.golden.safetensors holds images [5,c,h,w], labels [5], logits, loss, and the loss's gradient with respect to the images
(input_gradient) and to every parameter (gradient.KEY). Computed in fp64, stored as fp32.
"""

import torch
from torch import nn
from torch.nn import functional

import golden


class Convnet(nn.Module):
    def __init__(self, convolutions, pools, hidden, features, pooled):
        super().__init__()
        self.pools, self.pooled = pools, pooled
        self.names = [f"conv{i + 1}" for i in range(len(convolutions))]
        for name, convolution in zip(self.names, convolutions):
            setattr(self, name, convolution)
        self.layers = []
        for i, width in enumerate(hidden):
            self.layers.append(f"linear{i + 1}")
            setattr(self, self.layers[-1], nn.Linear(features, width))
            features = width
        self.fc = nn.Linear(features, 4)

    def forward(self, x):
        for name, pool in zip(self.names, self.pools):
            x = functional.max_pool2d(functional.relu(getattr(self, name)(x)), pool)
        x = x.mean((2, 3)) if self.pooled else torch.flatten(x, 1)
        for name in self.layers:
            x = functional.relu(getattr(self, name)(x))
        return self.fc(x)


def write(name, seed, shape, network):
    generator = torch.Generator().manual_seed(seed)
    network = network.double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(golden.normal(generator, *parameter.shape, deviation=0.3))
    images = golden.uniform(generator, 5, *shape)
    labels = torch.randint(0, 4, (5,), generator=generator)
    probe = images.clone().requires_grad_()
    logits = network(probe)
    loss = functional.cross_entropy(logits, labels)
    parameters = dict(network.named_parameters())
    slopes = torch.autograd.grad(loss, [probe, *parameters.values()])
    assert all(slope.abs().max() > 1e-3 for slope in slopes), f"{name}: a gradient of zero would show nothing"
    values = {"images": images, "labels": labels, "logits": logits, "loss": loss, "input_gradient": slopes[0]}
    values |= {f"gradient.{key}": slope for key, slope in zip(parameters, slopes[1:])}
    golden.save(golden.RESIDUAL_NETS / f"{name}.weights.safetensors", network.state_dict())
    golden.save(golden.RESIDUAL_NETS / f"{name}.golden.safetensors", values)


def main():
    halving = [nn.Conv2d(2, 3, 4, stride=2, padding=1), nn.Conv2d(3, 5, 4, stride=2, padding=1)]
    write("convnet_halving", 11, (2, 12, 8), Convnet(halving, [1, 1], [7], 5 * 3 * 2, pooled=False))
    lenet = [nn.Conv2d(1, 4, 5, padding=2), nn.Conv2d(4, 6, 5, padding=2)]
    write("convnet_lenet", 12, (1, 9, 11), Convnet(lenet, [2, 2], [9], 6 * 2 * 2, pooled=False))
    mean = [nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 2, stride=3), nn.Conv2d(4, 6, 1)]
    write("convnet_mean", 14, (3, 10, 9), Convnet(mean, [1, 1, 1], [8, 6], 6, pooled=True))


if __name__ == "__main__":
    main()
