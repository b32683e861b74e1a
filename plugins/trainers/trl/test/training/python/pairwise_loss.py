"""The loss, accuracy and margin that TRL makes of scores: `pairwise_loss.py '[[chosen, rejected], …]' CENTER`, CENTER as the job has it (`null`)."""

import json
import sys
from collections import defaultdict
from types import SimpleNamespace

import torch
from trl import RewardTrainer

pairs, center = (json.loads(text) for text in sys.argv[1:])
# All chosen sides, then all rejected ones, as its collator lays them.
scores = torch.tensor([[pair[side]] for side in (0, 1) for pair in pairs])
one_process = SimpleNamespace(gather=lambda it: it, gather_for_metrics=lambda it: it)
trainer = SimpleNamespace(
    model=SimpleNamespace(training=False),
    args=SimpleNamespace(center_rewards_coefficient=center),
    accelerator=one_process,
    _metrics={"eval": defaultdict(list)},
    _total_train_tokens=0,
)
loss = RewardTrainer.compute_loss(trainer, lambda **_: SimpleNamespace(logits=scores), {})
metrics = trainer._metrics["eval"]
print(json.dumps({"loss": loss.item(), "accuracy": metrics["accuracy"][0], "margin": metrics["margin"][0]}))
