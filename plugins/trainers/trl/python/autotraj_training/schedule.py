"""The learning rate over a training's steps. transformers' own schedules begin a warm-up at rate 0: the first step would train nothing."""

import math

from torch.optim.lr_scheduler import LambdaLR

#: As in trainer-backend's settings.ts: a shorter training is warmed up only where a preset says so.
_LEAST_STEPS_WARMED, _WARMED_SHARE = 20, 0.05


def warmup_steps(asked, total):
    """asked: steps, below 1 a share of all, None where the preset does not say."""
    if asked is None:
        asked = _WARMED_SHARE if total >= _LEAST_STEPS_WARMED else 0
    return math.ceil(asked * total) if asked < 1 else int(asked)


def share_of_rate(step, total, warmup, schedule):
    """Of the highest rate, at a step from 0. Above 0 at every step: it rises from 1 / (warmup + 1), then falls `linear`ly or as a `cosine` to what would be 0 behind the last."""
    if step < warmup:
        return (step + 1) / (warmup + 1)
    left = max(0, total - step) / max(1, total - warmup)
    return left if schedule == "linear" else (1 - math.cos(math.pi * left)) / 2


def follow_schedule(trainer, asked, schedule):
    """Has any of transformers' trainers use it, once it knows its steps."""

    def create_scheduler(num_training_steps, optimizer=None):
        if trainer.lr_scheduler is None:
            warmup = warmup_steps(asked, num_training_steps)
            trainer.lr_scheduler = LambdaLR(optimizer or trainer.optimizer, lambda step: share_of_rate(step, num_training_steps, warmup, schedule))
            trainer._created_lr_scheduler = True
        return trainer.lr_scheduler

    trainer.create_scheduler = create_scheduler
