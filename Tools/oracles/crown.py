"""Interval and CROWN bounds of two small ReLU networks, from dense matrices in numpy, without rounding control.

Regenerate with:  Tools/oracles/setup && .venv-oracle/bin/python -m pip install --no-deps auto_LiRPA==0.3 &&
                  .venv-oracle/bin/python -m pip install appdirs packaging onnx onnx2pytorch sortedcontainers pyyaml \
                    tqdm graphviz ninja && .venv-oracle/bin/python Tools/oracles/crown.py

Every layer is a matrix here, so nothing is shared with the batched convolutions that are tested. Without cuts (see
`margins`) the result is compared with auto_LiRPA's CROWN-IBP before anything is written, where auto_LiRPA is there.

crown.safetensors (Tests/LipschitzTests/Fixtures) holds

  conv.*, mlp.*                        the weights of conv_network and mlp_network below, fp32
  NETWORK.NORM.pixels [N,C,H,W], NETWORK.NORM.labels [N]
  NETWORK.NORM.METHOD [E,N,K]          lower bounds on z_label - z_j over the ball of the norm and radius RADII[NORM][e],
                                       images in [0, 1]; METHOD is interval, linear or linearThroughout
"""

import sys
import types

import numpy as np
import torch
import torch.onnx.symbolic_helper

import golden

FIXTURES = golden.REPOSITORY / "Tests" / "LipschitzTests" / "Fixtures"
RADII = {"linf": [0.002, 0.01, 0.03], "l2": [0.01, 0.05, 0.15]}
COUNT = 4


def convolution_matrix(weight, size, stride, padding):
    """The matrix of a zero-padded cross-correlation on C×H×W, entry by entry."""
    out, channels, k, _ = weight.shape
    height, width = ((s + 2 * padding - k) // stride + 1 for s in size)
    matrix = np.zeros((out, height, width, channels, *size))
    for o, y, x, c, i, j in np.ndindex(out, height, width, channels, k, k):
        row, column = y * stride + i - padding, x * stride + j - padding
        if 0 <= row < size[0] and 0 <= column < size[1]:
            matrix[o, y, x, c, row, column] += weight[o, c, i, j]
    return matrix.reshape(out * height * width, -1)


def conv_network(generator):
    """normalize, conv 3x3, ReLU, conv 3x3 of stride 2, ReLU, flatten, linear; input 1×5×5."""
    deviation = 0.5
    tensors = {
        "mean": torch.tensor([0.375]),
        "std": torch.tensor([0.25]),
        "conv1.weight": golden.normal(generator, 3, 1, 3, 3, deviation=deviation),
        "conv1.bias": golden.normal(generator, 3, deviation=0.2),
        "conv2.weight": golden.normal(generator, 4, 3, 3, 3, deviation=deviation / 2),
        "conv2.bias": golden.normal(generator, 4, deviation=0.2),
        "head.weight": golden.normal(generator, 3, 36, deviation=0.3),
        "head.bias": golden.normal(generator, 3, deviation=0.2),
    }
    w = {name: tensor.double().numpy() for name, tensor in tensors.items()}
    layers = [
        ("affine", np.eye(25) / w["std"], np.full(25, -w["mean"] / w["std"])),
        ("affine", convolution_matrix(w["conv1.weight"], (5, 5), 1, 1), np.repeat(w["conv1.bias"], 25)),
        ("relu",),
        ("affine", convolution_matrix(w["conv2.weight"], (5, 5), 2, 1), np.repeat(w["conv2.bias"], 9)),
        ("relu",),
        ("affine", w["head.weight"], w["head.bias"]),
    ]
    return tensors, layers, (1, 5, 5)


def mlp_network(generator):
    """flatten, linear, ReLU, h + 0.5 · branch(h) with branch = linear, ReLU, linear; ReLU, linear; input 1×3×4."""
    tensors = {}
    for name, (out, width) in {"linear1": (8, 12), "inner1": (6, 8), "inner2": (8, 6), "head": (4, 8)}.items():
        tensors[f"{name}.weight"] = golden.normal(generator, out, width, deviation=1.3 / width**0.5)
        tensors[f"{name}.bias"] = golden.normal(generator, out, deviation=0.2)
    w = {name: tensor.double().numpy() for name, tensor in tensors.items()}

    def linear(name):
        return ("affine", w[f"{name}.weight"], w[f"{name}.bias"])

    block = ("residual", [linear("inner1"), ("relu",), linear("inner2")], 0.5)
    return tensors, [linear("linear1"), ("relu",), block, ("relu",), linear("head")], (1, 3, 4)


def value(layers, x):
    for layer in layers:
        if layer[0] == "affine":
            x = layer[1] @ x + layer[2]
        elif layer[0] == "relu":
            x = np.maximum(x, 0)
        else:
            x = x + layer[2] * value(layer[1], x)
    return x


class Ball:
    """An L∞ or L2 ball around an image, within [0, 1]."""

    def __init__(self, image, radius, norm):
        self.image, self.radius, self.norm = image, radius, norm
        self.box = np.maximum(image - radius, 0), np.minimum(image + radius, 1)

    def least(self, a):
        """min a·x over the ball; in L2 the images are chosen so that the box does not matter."""
        low, high = self.box
        least = np.maximum(a, 0) @ low + np.minimum(a, 0) @ high
        if self.norm == "l2":
            assert (self.image - self.radius > 0).all() and (self.image + self.radius < 1).all()
            least = np.maximum(least, a @ self.image - self.radius * np.linalg.norm(a, axis=-1))
        return least


def backward(trail, a, ball, cuts):
    """Lower bounds on a·y, y the output of the last stage of `trail`: (layer, box of its input, nested trail)."""
    constant, best = np.zeros(len(a)), np.full(len(a), -np.inf)
    for index in reversed(range(len(trail))):
        a, added = step(trail[index], a)
        constant = constant + added
        low, high = trail[index][1]
        if index == 0:
            best = np.maximum(best, constant + ball.least(a))
        elif cuts:
            best = np.maximum(best, constant + np.maximum(a, 0) @ low + np.minimum(a, 0) @ high)
    return best


def step(stage, a):
    layer, (low, high), nested = stage
    if layer[0] == "affine":
        return a @ layer[1], a @ layer[2]
    if layer[0] == "relu":
        upper = np.where(low >= 0, 1.0, np.where(high <= 0, 0.0, high / np.maximum(high - low, 1e-300)))
        intercept = np.where((low < 0) & (high > 0), -upper * low, 0.0)
        lower = np.where(low >= 0, 1.0, np.where((high > 0) & (high + low > 0), 1.0, 0.0))
        positive, negative = np.maximum(a, 0), np.minimum(a, 0)
        return positive * lower + negative * upper, negative @ intercept
    branch, constant = a * layer[2], np.zeros(len(a))
    for inner in reversed(nested):
        branch, added = step(inner, branch)
        constant = constant + added
    return a + branch, constant


def forward(layers, box, ball, behind, throughout, cuts, first=True):
    trail = []
    for layer in layers:
        low, high = box
        nested = None
        if layer[0] == "relu" and throughout and behind + trail:
            eye, crosses = np.eye(len(low)), (low < 0) & (high > 0)
            least, most = (sign * backward(behind + trail, sign * eye, ball, cuts) for sign in (1, -1))
            low = np.where(crosses, np.maximum(low, least), low)
            high = np.where(crosses, np.minimum(high, most), high)
        entering = low, high
        if layer[0] == "affine":
            middle, radius = (low + high) / 2, (high - low) / 2
            center, spread = layer[1] @ middle + layer[2], np.abs(layer[1]) @ radius
            box = center - spread, center + spread
            if first and not trail and ball.norm == "l2":
                center, spread = layer[1] @ ball.image + layer[2], ball.radius * np.linalg.norm(layer[1], axis=1)
                box = np.maximum(box[0], center - spread), np.minimum(box[1], center + spread)
        elif layer[0] == "relu":
            box = np.maximum(low, 0), np.maximum(high, 0)
        else:
            inner, nested = forward(layer[1], entering, ball, behind + trail, throughout, cuts, first=False)
            box = low + layer[2] * inner[0], high + layer[2] * inner[1]
        trail.append((layer, entering, nested))
    return box, trail


def margins(layers, image, label, radius, norm, method, cuts=True):
    """With cuts, a linear bound is also evaluated on the box of every layer on its way back, and the best is taken."""
    ball = Ball(image, radius, norm)
    _, trail = forward(layers, ball.box, ball, [], method == "linearThroughout", cuts)
    eye = np.eye(len(layers[-1][2]))
    rows = eye[label] - eye
    if method == "interval":
        a, constant = step(trail[-1], rows)
        low, high = trail[-1][1]
        return constant + np.maximum(a, 0) @ low + np.minimum(a, 0) @ high
    return backward(trail, rows, ball, cuts)


def compare(tensors, shape, layers, images, labels):
    """auto_LiRPA's bounds of the convolutional network, where it is installed."""
    # Written for an older numpy and torch: three names that have moved or gone since.
    sys.modules.setdefault("numpy.lib.arraysetops", types.SimpleNamespace(isin=np.isin))
    torch.onnx.symbolic_helper._set_opset_version = lambda version: None
    torch._C.Node.__getitem__ = lambda node, key: getattr(node, node.kindOf(key))(key)
    torch.set_default_dtype(torch.float64)
    try:
        from auto_LiRPA import BoundedModule, BoundedTensor, PerturbationLpNorm
    except ImportError as error:
        print(f"not compared with auto_LiRPA: {error}")
        torch.set_default_dtype(torch.float32)
        return
    nn = torch.nn
    network = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.ReLU(),
                            nn.Flatten(), nn.Linear(36, 3)).double()
    for index, name in {0: "conv1", 2: "conv2", 5: "head"}.items():
        network[index].load_state_dict({part: tensors[f"{name}.{part}"].double() for part in ("weight", "bias")})
    mean, std = float(tensors["mean"]), float(tensors["std"])
    x = torch.tensor(images).reshape(-1, *shape)
    bounded = BoundedModule(network, (x - mean) / std, bound_opts={"conv_mode": "matrix"})
    eye = torch.eye(3).double()
    rows = torch.stack([eye[label] - eye for label in labels])
    for method, name in {"linear": "CROWN-IBP", "linearThroughout": "CROWN"}.items():
        for radius in RADII["linf"]:
            low, high = (torch.clamp(x - radius, 0, 1) - mean) / std, (torch.clamp(x + radius, 0, 1) - mean) / std
            point = BoundedTensor((x - mean) / std, PerturbationLpNorm(norm=np.inf, x_L=low, x_U=high))
            theirs = bounded.compute_bounds(x=(point,), C=rows, method=name, bound_upper=False)[0]
            for index, label in enumerate(labels):
                ours = margins(layers, images[index], label, radius, "linf", method, cuts=False)
                excess = ours - theirs[index].detach().numpy()
                assert excess.min() > -1e-9 and (method != "linear" or excess.max() < 1e-9), (name, radius, excess)
                print(f"auto_LiRPA {name}, L∞ {radius}, image {index}: ours is larger by up to {excess.max():.1e}")
    torch.set_default_dtype(torch.float32)


def main():
    generator = torch.Generator().manual_seed(7)
    stored = {}
    for name, build in {"conv": conv_network, "mlp": mlp_network}.items():
        tensors, layers, shape = build(generator)
        pixels = golden.uniform(generator, COUNT, *shape, low=0.2, high=0.8)
        images = pixels.reshape(COUNT, -1).numpy()
        # The mildly saturated images of the L∞ ball: half of the pixels nearly at an end of the box.
        edge = (pixels - 0.5) * 1.6 + 0.5
        edge = edge.clamp(0.001, 0.999).float().double()
        images_by_norm = {"l2": images, "linf": edge.reshape(COUNT, -1).numpy()}
        stored |= {f"{name}.{key}": tensor for key, tensor in tensors.items()}
        stored |= {f"{name}.l2.pixels": pixels, f"{name}.linf.pixels": edge}
        for norm, radii in RADII.items():
            labels = [int(value(layers, image).argmax()) for image in images_by_norm[norm]]
            stored[f"{name}.{norm}.labels"] = torch.tensor(labels)
            for method in ("interval", "linear", "linearThroughout"):
                bounds = [[margins(layers, image, label, radius, norm, method)
                           for image, label in zip(images_by_norm[norm], labels)] for radius in radii]
                stored[f"{name}.{norm}.{method}"] = torch.tensor(np.array(bounds))
            if name == "conv" and norm == "linf":
                compare(tensors, shape, layers, images_by_norm[norm], labels)
    golden.save(FIXTURES / "crown.safetensors", stored, made_by="Tools/oracles/crown.py")


if __name__ == "__main__":
    main()
