"""The share of its learning rate that each step of a training has, as its own optimiser and scheduler see it."""

import json
from types import SimpleNamespace

import torch
from autotraj_training.schedule import follow_schedule


def rates(total, schedule, asked):
    trainer = SimpleNamespace(optimizer=torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0), lr_scheduler=None)
    follow_schedule(trainer, asked, schedule)
    scheduler = trainer.create_scheduler(num_training_steps=total)
    found = []
    for _ in range(total):
        found.append(scheduler.get_last_lr()[0])
        trainer.optimizer.step()
        scheduler.step()
    return found


asked = [(12, "linear", None), (20, "linear", None), (60, "linear", None), (8, "linear", 0.25), (8, "linear", 1), (20, "linear", 0), (4, "cosine", None)]
print(json.dumps({" ".join(str(part) for part in case if part is not None): rates(*case) for case in asked}))
