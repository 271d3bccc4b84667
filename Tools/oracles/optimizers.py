"""Golden steps of PyTorch's optimizers and values of its schedules.

Regenerate with:  Tools/oracles/setup && .venv-oracle/bin/python Tools/oracles/optimizers.py

optimizers.safetensors holds, for one layer of weight [4,3] and bias [4] and ten given gradients:

  initial.weight, initial.bias          before the first step
  gradient.weight [10,4,3], gradient.bias [10,4]
  NAME.weight [10,4,3], NAME.bias [10,4]   after each step; NAME is a key of OPTIMIZERS below
  scheduled.weight, scheduled.bias      sgd_momentum, its rate set before each step to schedule.cosine[step]
  schedule.NAME                         the learning rate at each step 0, 1, …; NAME is a key of SCHEDULES below

Computed in fp64, stored as fp32.
"""

import torch
from torch import optim

import golden

STEPS = 10
RATE = 0.1
OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, lr=RATE),
    "sgd_momentum": lambda p: optim.SGD(p, lr=RATE, momentum=0.9, weight_decay=5e-4),
    "sgd_nesterov": lambda p: optim.SGD(p, lr=RATE, momentum=0.9, weight_decay=5e-4, nesterov=True),
    "sgd_decay": lambda p: optim.SGD(p, lr=RATE, weight_decay=0.1),
    "adam": lambda p: optim.Adam(p, lr=RATE, betas=(0.9, 0.999), eps=1e-8),
    "adam_decay": lambda p: optim.Adam(p, lr=RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1),
    "adam_betas": lambda p: optim.Adam(p, lr=RATE, betas=(0.8, 0.95), eps=1e-3),
    "adamw": lambda p: optim.AdamW(p, lr=RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.1),
}
SCHEDULES = {
    # From 0.1 at step 0 to 0 at step 10.
    "cosine": (10, lambda o: optim.lr_scheduler.CosineAnnealingLR(o, T_max=10)),
    # From 0.1 at step 0 to 0.001 at step 24.
    "cosine_floor": (24, lambda o: optim.lr_scheduler.CosineAnnealingLR(o, T_max=24, eta_min=0.001)),
    # Times 0.2 at steps 3, 7 and 15.
    "milestones": (20, lambda o: optim.lr_scheduler.MultiStepLR(o, milestones=[3, 7, 15], gamma=0.2)),
    # Times 0.5 every 4 steps.
    "every": (20, lambda o: optim.lr_scheduler.StepLR(o, step_size=4, gamma=0.5)),
}


def steps(make, initial, gradients, rates=None):
    """The parameters after each step."""
    parameters = {name: value.clone().requires_grad_() for name, value in initial.items()}
    optimizer = make(list(parameters.values()))
    history = {name: [] for name in initial}
    for step in range(STEPS):
        if rates is not None:
            optimizer.param_groups[0]["lr"] = rates[step].item()
        for name, parameter in parameters.items():
            parameter.grad = gradients[name][step].clone()
        optimizer.step()
        for name, parameter in parameters.items():
            history[name].append(parameter.detach().clone())
    return {name: torch.stack(values) for name, values in history.items()}


def schedule(last, make):
    optimizer = optim.SGD([torch.zeros(1, dtype=torch.float64, requires_grad=True)], lr=RATE)
    scheduler = make(optimizer)
    rates = []
    for _ in range(last + 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return torch.tensor(rates, dtype=torch.float64)


def main():
    generator = torch.Generator().manual_seed(1)
    initial = {"weight": golden.normal(generator, 4, 3), "bias": golden.normal(generator, 4)}
    gradients = {name: golden.normal(generator, STEPS, *value.shape) for name, value in initial.items()}
    values = {f"initial.{name}": value for name, value in initial.items()}
    values |= {f"gradient.{name}": value for name, value in gradients.items()}
    for optimizer, make in OPTIMIZERS.items():
        values |= {f"{optimizer}.{name}": value for name, value in steps(make, initial, gradients).items()}
    for name, (last, make) in SCHEDULES.items():
        values[f"schedule.{name}"] = schedule(last, make)
    scheduled = steps(OPTIMIZERS["sgd_momentum"], initial, gradients, values["schedule.cosine"])
    values |= {f"scheduled.{name}": value for name, value in scheduled.items()}
    golden.save(golden.RESIDUAL_NETS / "optimizers.safetensors", values, made_by="Tools/oracles/optimizers.py")


if __name__ == "__main__":
    main()
