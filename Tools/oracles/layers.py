"""Golden forward values of single layers, by PyTorch.

Regenerate with:  Tools/oracles/setup && .venv-oracle/bin/python Tools/oracles/layers.py

layers.safetensors holds CASE.input, CASE.output and, where the layer has them, CASE.weight, CASE.bias,
CASE.running_mean, CASE.running_var (as they are before the forward pass). Cases whose name ends in _train are in training
mode and also have CASE.after.running_mean and CASE.after.running_var. The metadata has one entry a case with the settings
of the layer, as a JSON object. Computed in fp64, stored as fp32.
"""

import json

import torch
from torch import nn

import golden

# Case, layer, shape of the input, settings as the metadata states them.
CASES = [
    ("linear", lambda: nn.Linear(5, 4), (3, 5), {}),
    ("linear_no_bias", lambda: nn.Linear(5, 4, bias=False), (2, 3, 5), {}),
]


def convolution(case, inputs, outputs, kernel, side, bias=True, **settings):
    CASES.append((
        case,
        lambda: nn.Conv2d(inputs, outputs, kernel, bias=bias, **settings),
        (2, inputs, *side),
        {"kernel": kernel} | settings,
    ))


convolution("conv_plain", 2, 3, 3, (6, 7))
convolution("conv_padded", 2, 3, 3, (6, 7), padding=1, bias=False)
convolution("conv_strided", 2, 3, 3, (7, 8), stride=2, padding=1)
convolution("conv_strided_1x1", 4, 3, 1, (7, 8), stride=2, bias=False)
convolution("conv_dilated", 2, 3, 3, (8, 9), dilation=2, padding=2)
convolution("conv_grouped", 4, 6, 3, (5, 6), padding=1, groups=2)
convolution("conv_depthwise", 4, 4, 3, (5, 6), padding=1, groups=4)
convolution("conv_rectangular", 2, 3, [3, 5], (7, 9), stride=[1, 2], padding=[0, 2], dilation=[2, 1])
convolution("conv_all", 4, 6, 3, (11, 10), stride=2, padding=3, dilation=2, groups=2)


def plain(case, layer, input_shape, **settings):
    CASES.append((case, layer, input_shape, settings))


IMAGE = (3, 4, 7, 6)
plain("group_norm", lambda: nn.GroupNorm(2, 4), IMAGE, groups=2, eps=1e-5)
plain("layer_norm", lambda: nn.LayerNorm(6), (3, 4, 6), shape=[6], eps=1e-5)
plain("layer_norm_image", lambda: nn.LayerNorm([4, 7, 6]), IMAGE, shape=[4, 7, 6], eps=1e-5)
plain("batch_norm_eval", lambda: nn.BatchNorm2d(4), IMAGE, eps=1e-5)
plain("batch_norm_train", lambda: nn.BatchNorm2d(4), IMAGE, eps=1e-5, momentum=0.1)
plain("batch_norm_1d_eval", lambda: nn.BatchNorm1d(4), (5, 4), eps=1e-5)
plain("batch_norm_1d_train", lambda: nn.BatchNorm1d(4, momentum=0.3), (5, 4), eps=1e-5, momentum=0.3)
plain("max_pool", lambda: nn.MaxPool2d(2), IMAGE, kernel=2, stride=2)
plain("max_pool_overlapping", lambda: nn.MaxPool2d(3, 2, padding=1), IMAGE, kernel=3, stride=2, padding=1)
plain("average_pool", lambda: nn.AvgPool2d(2), IMAGE, kernel=2, stride=2)
plain(
    "average_pool_padded", lambda: nn.AvgPool2d(3, 2, padding=1), IMAGE, kernel=3, stride=2, padding=1,
    count_include_pad=True,
)
plain("adaptive_average_pool", lambda: nn.AdaptiveAvgPool2d((3, 4)), IMAGE, output=[3, 4])
plain("global_average_pool", lambda: nn.AdaptiveAvgPool2d(1), IMAGE, output=[1, 1])
plain("relu", lambda: nn.ReLU(), IMAGE)


def randomize(layer, generator):
    with torch.no_grad():
        for name, value in layer.state_dict().items():
            if name == "running_var":
                value.copy_(golden.uniform(generator, *value.shape, low=0.3, high=2.0))
            elif name != "num_batches_tracked":
                value.copy_(golden.normal(generator, *value.shape, deviation=0.7))


def main():
    values, metadata = {}, {}
    for index, (case, make, shape, settings) in enumerate(CASES):
        generator = torch.Generator().manual_seed(100 + index)
        layer = make().double().train(case.endswith("_train"))
        randomize(layer, generator)
        values[f"{case}.input"] = golden.normal(generator, *shape, mean=0.2)
        for name, value in layer.state_dict().items():
            if name != "num_batches_tracked":
                values[f"{case}.{name}"] = value.clone()
        values[f"{case}.output"] = layer(values[f"{case}.input"]).detach()
        if layer.training and hasattr(layer, "running_mean"):
            values[f"{case}.after.running_mean"] = layer.running_mean
            values[f"{case}.after.running_var"] = layer.running_var
        metadata[case] = json.dumps({"layer": type(layer).__name__} | settings)
    golden.save(golden.RESIDUAL_NETS / "layers.safetensors", values, made_by="Tools/oracles/layers.py", **metadata)


if __name__ == "__main__":
    main()
