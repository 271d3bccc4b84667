"""What reference attacks achieve against the network of attacks.py: torchattacks' Square and Foolbox's HopSkipJump.

Regenerate with:  Tools/oracles/setup && .venv-oracle/bin/python -m pip install --no-deps torchattacks==3.5.1 \
                    foolbox==3.3.4 eagerpy && .venv-oracle/bin/python -m pip install scipy requests tqdm GitPython &&
                  .venv-oracle/bin/python Tools/oracles/square.py

black-box.safetensors holds, for the weights of attacks.safetensors,

  images [N,3,8,8], labels [N]     uniform pixels; the labels are the network's own
  square_linf, square_l2 [N]       of SEEDS runs of Square with QUERIES queries, those that fool the network
  hop_skip_jump_l2, hop_skip_jump_linf [M]
                                   the distance that HopSkipJump finds, the mean of SEEDS runs, for the first M images
  hop_skip_jump_queries [2]        the mean number of points that it shows the network for one image, L2 and Linf
  bump_S [S,S] for S in BUMPS      the window of eta, upright

with eps = EPSILON below.
"""

import foolbox
import torch
import torchattacks
from safetensors.torch import load_file

import attacks
import golden

EPSILON = {"linf": 0.012, "l2": 0.16}
COUNT = 48
WALKED = 16
SEEDS = 6
QUERIES = 200
BUMPS = (1, 2, 3, 5, 6, 7)


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        stored = load_file(attacks.FIXTURES / "attacks.safetensors")
        self.weights = {name: stored[name] for name in stored if name.partition(".")[0] in ("conv1", "conv2", "head")}
        self.shown = 0
        # torchattacks asks a parameter for its device.
        self.unused = torch.nn.Parameter(torch.zeros(1))

    def forward(self, x):
        self.shown += len(x)
        return attacks.logits(self.weights, x)


def square(network, images, labels):
    fell = {}
    for name, norm in (("square_linf", "Linf"), ("square_l2", "L2")):
        counts = torch.zeros(COUNT, dtype=torch.int64)
        for seed in range(SEEDS):
            for i in range(COUNT):
                # One image at a time: the reference draws one square for a whole batch.
                attack = torchattacks.Square(
                    network, norm=norm, eps=EPSILON[norm.lower()], n_queries=QUERIES, n_restarts=1, p_init=0.8,
                    loss="margin", resc_schedule=True, seed=1000 * seed + i)
                adversarial = attack(images[i : i + 1], labels[i : i + 1])
                counts[i] += int(network(adversarial).argmax(1) != labels[i])
        fell[name] = counts
        print(f"  {name}: {counts.sum() / (SEEDS * COUNT):.3f} of {SEEDS} runs over {COUNT} images")
    return fell


def hop_skip_jump(network, images, labels):
    images, labels = images[:WALKED], labels[:WALKED]
    model = foolbox.PyTorchModel(network, bounds=(0, 1))
    found, shown = {}, []
    for norm, constraint in (("l2", "l2"), ("linf", "linf")):
        total, runs = torch.zeros(WALKED, dtype=torch.float64), 0
        network.shown = 0
        for seed in range(SEEDS):
            torch.manual_seed(seed)
            attack = foolbox.attacks.HopSkipJumpAttack(
                init_attack=foolbox.attacks.LinearSearchBlendedUniformNoiseAttack(steps=50),
                steps=8, initial_gradient_eval_steps=100, constraint=constraint)
            points, _, success = attack(model, images, labels, epsilons=None)
            if not bool(success.all()):
                raise SystemExit("a run found no adversarial")
            total += (points - images).flatten(1).double().norm(p=2 if norm == "l2" else torch.inf, dim=1)
            runs += 1
        found[f"hop_skip_jump_{norm}"] = total / runs
        shown.append(network.shown / runs / WALKED)
        print(f"  hop_skip_jump_{norm}: median {found[f'hop_skip_jump_{norm}'].median():.5f}, {shown[-1]:.0f} points")
    return found | {"hop_skip_jump_queries": torch.tensor(shown)}


def main():
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(2020)
    network = Network().eval()
    images = golden.uniform(generator, COUNT, 3, 8, 8).float()
    labels = network(images).argmax(1)
    values = {"images": images, "labels": labels}
    values |= square(network, images, labels)
    values |= hop_skip_jump(network, images, labels)
    plain = torchattacks.Square(network)
    for side in BUMPS:
        upright = torch.zeros(side, side)
        upright[: side // 2] = plain.eta_rectangles(side // 2, side) if side > 1 else 0
        upright[side // 2 :] = plain.eta_rectangles(side - side // 2, side) * (-1 if side > 1 else 1)
        values[f"bump_{side}"] = upright / upright.norm()
    golden.save(
        attacks.FIXTURES / "black-box.safetensors", values, torch=torch.__version__,
        torchattacks=torchattacks.__version__, foolbox=foolbox.__version__, made_by="Tools/oracles/square.py")


if __name__ == "__main__":
    main()
