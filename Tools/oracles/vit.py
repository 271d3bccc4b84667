"""Golden values of a small pre-norm vision transformer, by plain PyTorch.

Regenerate with:  Tools/oracles/setup && .venv-oracle/bin/python Tools/oracles/vit.py

Two layers of width 8 with 2 heads on 4x4 patches of 3x8x12 images (2x3 tokens), 3 classes; each layer is torchvision's
EncoderBlock without dropout, around torch.nn.MultiheadAttention. vit.weights.safetensors is the state dict and
vit.golden.safetensors holds:

  images [5,3,8,12], labels [5]
  tokens [5,6,8]                                 what the first layer sees
  layer.0, layer.1 [5,6,8]                       what each layer gives
  attention [5,6,8]                              the first layer's attention of its normalised tokens
  logits, loss, input_gradient, gradient.NAME    loss = mean cross-entropy

All is computed in fp64 from weights that fp32 holds exactly, and stored as fp32.
"""

import torch
from torch import nn
from torch.nn import functional

import golden
from residual_network import Normalize

CLASSES = 3
WIDTH = 8
HEADS = 2
LAYERS = 2
PATCH = 4
SIZE = (8, 12)
BATCH = 5
SEED = 0
EPSILON = 1e-6


class EncoderBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1 = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.self_attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.ln_2 = nn.LayerNorm(WIDTH, eps=EPSILON)
        # The places 2 and 4 are torchvision's dropout.
        self.mlp = nn.Sequential(
            nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Identity(), nn.Linear(4 * WIDTH, WIDTH), nn.Identity()
        )

    def attend(self, h):
        x = self.ln_1(h)
        return self.self_attention(x, x, x, need_weights=False)[0]

    def forward(self, h):
        h = h + self.attend(h)
        return h + self.mlp(self.ln_2(h))


class VisionTransformer(nn.Module):
    def __init__(self, mean, std):
        super().__init__()
        self.normalize = Normalize(mean, std)
        self.conv_proj = nn.Conv2d(len(mean), WIDTH, PATCH, PATCH)
        self.pos_embedding = nn.Parameter(torch.zeros(SIZE[0] // PATCH * (SIZE[1] // PATCH), WIDTH))
        self.layers = nn.ModuleList(EncoderBlock() for _ in range(LAYERS))
        self.ln = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.fc = nn.Linear(WIDTH, CLASSES)

    def tokens(self, x):
        return self.conv_proj(self.normalize(x)).flatten(2).transpose(1, 2) + self.pos_embedding

    def forward(self, x):
        h = self.tokens(x)
        for layer in self.layers:
            h = layer(h)
        return self.fc(self.ln(h).mean(dim=1))


def randomize(network, generator):
    """Fills every parameter with values that a mistake would show; attention is far from uniform."""
    with torch.no_grad():
        for name, value in network.named_parameters():
            if ".ln_" in name or name.startswith("ln."):
                value.copy_(golden.normal(generator, *value.shape, mean=float("weight" in name), deviation=0.4))
            elif value.dim() == 1:
                value.copy_(golden.normal(generator, *value.shape, deviation=0.3))
            elif name == "pos_embedding":
                value.copy_(golden.normal(generator, *value.shape))
            else:
                value.copy_(golden.normal(generator, *value.shape, deviation=1.5 / value[0].numel() ** 0.5))


def main():
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(SEED)
    mean = golden.uniform(generator, 3, low=0.3, high=0.6)
    std = golden.uniform(generator, 3, low=0.2, high=0.4)
    network = VisionTransformer(mean, std).double().eval()
    randomize(network, generator)
    images = golden.uniform(generator, BATCH, 3, *SIZE).requires_grad_()
    labels = torch.randint(0, CLASSES, (BATCH,), generator=generator)

    values = {"images": images, "labels": labels, "tokens": network.tokens(images)}
    values["attention"] = network.layers[0].attend(values["tokens"])
    h = values["tokens"]
    for index, layer in enumerate(network.layers):
        h = layer(h)
        values[f"layer.{index}"] = h
    values["logits"] = network(images)
    values["loss"] = functional.cross_entropy(values["logits"], labels)
    names, parameters = zip(*network.named_parameters())
    gradients = torch.autograd.grad(values["loss"], [images, *parameters])
    values["input_gradient"] = gradients[0]
    values |= {f"gradient.{name}": gradient for name, gradient in zip(names, gradients[1:])}

    metadata = {"seed": SEED, "torch": torch.__version__, "made_by": "Tools/oracles/vit.py"}
    golden.save(golden.RESIDUAL_NETS / "vit.weights.safetensors", network.state_dict(), **metadata)
    golden.save(golden.RESIDUAL_NETS / "vit.golden.safetensors", values, **metadata)
    print(f"  loss {values['loss']:.3f}")


if __name__ == "__main__":
    main()
