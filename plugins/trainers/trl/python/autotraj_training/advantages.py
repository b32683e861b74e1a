"""What a trajectory's reward is worth beside those of its group. TRL would divide the whole reward, a bounded trajectory term with it."""

import torch
from accelerate.utils import gather
from trl import GRPOTrainer

#: As in TRL: keeps a deviation of 0 from dividing by it.
_LEAST = 1e-4


def advantages(rewards, terms, limits, group, scale):
    """One advantage per trajectory; 0 where there is no reward (NaN), which also takes no part in any mean.

    With o a trajectory's reward without its bounded term t, b the bound of t, and means over its group:

        A = (o - mean o) / s + clip(t - mean t, -b, b) / max(1, s)

    s is 1 (scale none), the deviation of the group's o (group) or of all o (batch). Only the outcome is divided by a deviation: in a group whose outcomes are alike
    the term is worth at most b, where TRL's rule would make it +-1. Where outcomes are larger than 1, s makes both smaller alike: the term never counts more beside
    the outcome than it does in the reward.
    """
    outcomes = rewards - terms
    terms = torch.where(torch.isnan(rewards), rewards, terms)
    distance = outcomes - _group_means(outcomes, group)
    by = _deviation(outcomes, group, scale)
    shift = (terms - _group_means(terms, group)).clamp(min=-limits, max=limits)
    return torch.nan_to_num(distance / by + shift / by.clamp(min=1), nan=0.0)


def _group_means(values, group):
    return torch.nanmean(values.view(-1, group), dim=1).repeat_interleave(group)


def _deviation(outcomes, group, scale):
    if scale == "none":
        return torch.ones_like(outcomes)
    sets = outcomes.view(-1, group) if scale == "group" else outcomes.view(1, -1)
    deviations = [one[~torch.isnan(one)] for one in sets]
    found = torch.stack([one.std() if len(one) > 1 else one.new_zeros(()) for one in deviations])
    return found.repeat_interleave(sets.shape[1]) + _LEAST


class EpisodeTrainer(GRPOTrainer):
    """GRPO with these advantages. The rows of a rollout have `reward`, `term` and `limit`."""

    def _calculate_rewards(self, inputs, *args, **kwargs):
        rewards = super()._calculate_rewards(inputs, *args, **kwargs)
        terms = torch.tensor([[one["term"], one["limit"]] for one in inputs], dtype=torch.float32, device=rewards.device)
        # A group may be spread over processes.
        terms = gather(terms)
        self._worth = advantages(rewards[:, 0], terms[:, 0], terms[:, 1], self.num_generations, self.scale_rewards)
        return rewards

    def _generate_and_score_completions(self, inputs):
        output = super()._generate_and_score_completions(inputs)
        first = self.accelerator.process_index * len(inputs)
        output["advantages"] = self._worth[first : first + len(inputs)]
        # What `log_completions` shows.
        shown = self._logs["advantages"]
        for _ in range(min(len(shown), len(self._worth))):
            shown.pop()
        shown.extend(self._worth.tolist())
        return output
