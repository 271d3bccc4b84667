"""Residual networks in plain PyTorch, under the names that its state dicts use: what the oracles and the peers share."""

import torch
from torch import nn
from torch.nn import functional


class Normalize(nn.Module):
    def __init__(self, mean, std):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, x):
        return (x - self.mean[:, None, None]) / self.std[:, None, None]


def convolution(inputs, outputs, size, stride):
    return nn.Conv2d(inputs, outputs, size, stride, padding=size // 2, bias=False)


class PreActivationBlock(nn.Module):
    """h <- S h + conv2(relu(bn2(conv1(relu(bn1(h)))))) (He et al. 2016b, figure 4e; S acts on the raw stream)."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = convolution(inputs, outputs, 3, stride)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = convolution(outputs, outputs, 3, 1)
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(convolution(inputs, outputs, 1, stride))
        else:
            self.downsample = nn.Identity()

    def forward(self, h):
        residual = self.conv1(functional.relu(self.bn1(h)))
        return self.downsample(h) + self.conv2(functional.relu(self.bn2(residual)))


class PostActivationBlock(nn.Module):
    """h <- relu(S h + bn2(conv2(relu(bn1(conv1(h)))))) (He et al. 2016a; S = convolution and norm)."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = convolution(inputs, outputs, 3, stride)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = convolution(outputs, outputs, 3, 1)
        self.bn2 = nn.BatchNorm2d(outputs)
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(convolution(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))
        else:
            self.downsample = nn.Identity()

    def forward(self, h):
        residual = functional.relu(self.bn1(self.conv1(h)))
        return functional.relu(self.downsample(h) + self.bn2(self.conv2(residual)))


class HighwayBlock(PreActivationBlock):
    """h <- (1 - T) S h + T F(h), T = sigmoid(gate(S h)) (Srivastava et al. 2015), F as in pre-activation."""

    def __init__(self, inputs, outputs, stride):
        super().__init__(inputs, outputs, stride)
        self.gate = nn.Conv2d(outputs, outputs, 1)

    def forward(self, h):
        carried = self.downsample(h)
        t = torch.sigmoid(self.gate(carried))
        residual = self.conv1(functional.relu(self.bn1(h)))
        return (1 - t) * carried + t * self.conv2(functional.relu(self.bn2(residual)))


def stage(block, inputs, outputs, stride, count):
    return nn.Sequential(block(inputs, outputs, stride), *[block(outputs, outputs, 1) for _ in range(count - 1)])


class ResNet(nn.Module):
    """The CIFAR network of 6n+2 layers, whose first layer normalises; form is "pre", "post" or "highway"."""

    def __init__(self, form, mean, std, n, width, classes):
        super().__init__()
        block = {"pre": PreActivationBlock, "post": PostActivationBlock, "highway": HighwayBlock}[form]
        self.normalize = Normalize(mean, std)
        self.conv1 = convolution(len(mean), width, 3, 1)
        if form == "post":
            self.bn1 = nn.BatchNorm2d(width)
        self.layer1 = stage(block, width, width, 1, n)
        self.layer2 = stage(block, width, 2 * width, 2, n)
        self.layer3 = stage(block, 2 * width, 4 * width, 2, n)
        if form != "post":
            self.bn = nn.BatchNorm2d(4 * width)
        self.fc = nn.Linear(4 * width, classes)
        self.form = form

    def forward(self, x):
        h = self.conv1(self.normalize(x))
        if self.form == "post":
            h = functional.relu(self.bn1(h))
        h = self.layer3(self.layer2(self.layer1(h)))
        if self.form != "post":
            h = functional.relu(self.bn(h))
        return self.fc(h.mean(dim=(2, 3)))
