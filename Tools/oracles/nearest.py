"""Distances of the nearest adversarials that Foolbox and torchattacks find on the network of attacks.py.

Regenerate with:  Tools/oracles/setup
                  .venv-oracle/bin/python -m pip install --no-deps foolbox==3.3.4 torchattacks==3.5.1
                  .venv-oracle/bin/python -m pip install eagerpy scipy tqdm requests GitPython
                  .venv-oracle/bin/python Tools/oracles/nearest.py

nearest.safetensors holds one distance a sample, fp32 [12], 0 where the clean image is misclassified and infinite
where no adversarial was found; the images, the labels and the network are those of attacks.safetensors:

  deepfool.l2, deepfool.linf      Foolbox, 50 steps, 10 candidates, overshoot 0.02
  cw.l2                           Foolbox, CW_WEIGHTS weights from CW_FIRST, CW_STEPS steps of Adam at rate 0.01
  cw.l2.single                    torchattacks, the one weight c = 1, CW_STEPS steps
  fab.NORM, fab-t.NORM            torchattacks, linf, l2 and l1, FAB_STEPS steps from the clean image; fab-t: the nearest
                                  over the three wrong classes

torchattacks' own loop over restarts and targets drops a sample at the first adversarial within its eps, so that the
search under it is called directly, once for each target.
"""

import foolbox
import torch
import torchattacks
from safetensors.torch import load_file

import attacks
import golden

CW_WEIGHTS, CW_FIRST, CW_STEPS = 6, 0.01, 120
FAB_STEPS = 30
NAMES = {"linf": "Linf", "l2": "L2", "l1": "L1"}
ORDERS = {"linf": torch.inf, "l2": 2, "l1": 1}


class Network(torch.nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.names = list(weights)
        self.values = torch.nn.ParameterList(torch.nn.Parameter(w.float()) for w in weights.values())

    def forward(self, x):
        return attacks.logits(dict(zip(self.names, self.values)), x)


def distances(network, norm, found, images, labels):
    """The norm of each shift, infinite where a point is not misclassified; every point must be in the box."""
    assert found.min() >= 0 and found.max() <= 1
    shifts = (found.double() - images.double()).flatten(1)
    lengths = torch.linalg.vector_norm(shifts, ord=ORDERS[norm], dim=1).detach()
    return lengths.masked_fill(network(found).argmax(1) == labels, torch.inf)


def run_foolbox(network, attack, images, labels):
    model = foolbox.PyTorchModel(network.eval(), bounds=(0, 1))
    raw, _, success = attack(model, images, labels, epsilons=None)
    assert success.all()
    clean_wrong = (network(images).argmax(1) != labels).reshape(-1, 1, 1, 1)
    return torch.where(clean_wrong, images, raw)


def run_fab(network, norm, images, labels, targets):
    best = None
    for target in targets:
        attack = torchattacks.FAB(network, norm=NAMES[norm], eps=1, steps=FAB_STEPS, n_classes=4)
        if target is None:
            found = attack.attack_single_run(images, labels)
        else:
            attack.multi_targeted, attack.target_class = True, target
            found = attack.attack_single_run_targeted(images, labels)
        size = distances(network, norm, found, images, labels)
        if best is None:
            best, nearest = found, size
        closer = (size < nearest).reshape(-1, 1, 1, 1)
        best, nearest = torch.where(closer, found, best), torch.minimum(size, nearest)
    return best


def main():
    torch.set_num_threads(1)
    stored = load_file(attacks.FIXTURES / "attacks.safetensors")
    network = Network({name: stored[name] for name in stored if name.split(".")[0] in ("conv1", "conv2", "head")})
    images, labels = stored["images"], stored["labels"]
    found = {
        "deepfool.l2": run_foolbox(network, foolbox.attacks.L2DeepFoolAttack(), images, labels),
        "deepfool.linf": run_foolbox(network, foolbox.attacks.LinfDeepFoolAttack(), images, labels),
        "cw.l2": run_foolbox(
            network,
            foolbox.attacks.L2CarliniWagnerAttack(
                binary_search_steps=CW_WEIGHTS, steps=CW_STEPS, stepsize=0.01, initial_const=CW_FIRST),
            images, labels),
        "cw.l2.single": torchattacks.CW(network, c=1, steps=CW_STEPS, lr=0.01)(images, labels),
    }
    for norm in NAMES:
        found[f"fab.{norm}"] = run_fab(network, norm, images, labels, [None])
        found[f"fab-t.{norm}"] = run_fab(network, norm, images, labels, [2, 3, 4])
    values = {
        name: distances(network, name.split(".")[1], points, images, labels) for name, points in found.items()
    }
    golden.save(
        attacks.FIXTURES / "nearest.safetensors", values, made_by="Tools/oracles/nearest.py",
        torch=torch.__version__, foolbox=foolbox.__version__, torchattacks=torchattacks.__version__)
    for name, value in values.items():
        found = value[torch.isfinite(value) & (value > 0)]
        print(f"  {name:14} of {len(found)}: median {found.median():.5f}, mean {found.mean():.5f}")


if __name__ == "__main__":
    main()
