"""What is said of a training's change, for weights and distributions worked by hand."""

import json
import math
from types import SimpleNamespace

import torch
from autotraj_training.changes import changes_of, divergence, weight_changes


class Always(torch.nn.Module):
    """Writes the same whatever it has read."""

    def __init__(self, *probabilities):
        super().__init__()
        self.logits = torch.nn.Parameter(torch.tensor(probabilities).log())

    def forward(self, input_ids, logits_to_keep, use_cache):
        return SimpleNamespace(logits=self.logits.expand(1, len(logits_to_keep), -1))


def told(found):
    return {name: round(value, 6) for name, value in found.items()}


weights = {"a": torch.tensor([1.0, 2.0, 3.0, 4.0]), "gone": torch.ones(2), "grown": torch.ones(3)}
others = {"grown": torch.ones(4), "new": torch.zeros(1)}
even, skewed = Always(0.5, 0.5), Always(0.25, 0.75)
rows = [([1, 1, 1, 1], [0, 0, 1, 1]), ([1, 1], [1, 0])]
print(
    json.dumps(
        {
            "seen": told(weight_changes(weights, {"a": torch.tensor([1.0, 2.0, 3.5, 4.000001]), **others})),
            "unseen": told(weight_changes(weights, {"a": torch.tensor([1.000001, 2.000001, 3.000001, 4.000001]), **others})),
            "same": told(weight_changes(weights, weights)),
            "nothing": weight_changes({}, weights),
            "divergence": told(divergence(even, skewed, rows)),
            "byHand": round(0.5 * math.log(2) + 0.5 * math.log(2 / 3), 6),
            "other": told(divergence(skewed, even, rows)),
            "itself": told(divergence(even, even, rows)),
            "long": divergence(even, even, [([1] * 3000, [1] * 3000)]),
            "many": divergence(even, even, [([1, 1], [0, 1])] * 20)["klTokens"],
            "rewardModel": changes_of(None, None, even, None, rows),
        }
    )
)
