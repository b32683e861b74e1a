"""Trajectories of one question, compared with one another. Where all are worth the same nothing can be learnt of them, and another question is played instead."""

import random

#: Rewards no further apart are the same: sums of terms are not exact.
_SAME = 1e-6


class Groups:
    """@param size: trajectories of a question. resample: how often at most, in a step, groups without variance are played again. tasks: ids of all questions."""

    def __init__(self, size, resample, tasks):
        self.size = size
        self.resample = resample
        self.tasks = list(tasks)
        self.kept = self.kept_alike = self.resampled = 0

    @property
    def totals(self):
        """groupsWithoutVariance: the share, of the groups that were learnt from, of those that could teach nothing."""
        share = self.kept_alike / self.kept if self.kept > 0 else 0.0
        return {"groups": self.kept, "groupsWithoutVariance": share, "groupsResampled": self.resampled}

    def play(self, prompts, play):
        """Rows for these task ids. `play` plays a list of ids; the randomness is Python's own, so a checkpoint holds it."""
        rows = play(prompts)
        asked = set(prompts)
        for _ in range(self.resample if self._are_whole(prompts) else 0):
            again = [at for at in range(0, len(rows), self.size) if self._can_be_replaced(rows[at : at + self.size])]
            if not again:
                break
            chosen = [self._another(asked, rows[at].task["id"]) for at in again]
            replaced = play([task for task in chosen for _ in range(self.size)])
            for place, at in enumerate(again):
                rows[at : at + self.size] = replaced[place * self.size : (place + 1) * self.size]
            self.resampled += len(again)
        alike = self.alike(rows)
        self.kept += len(rows) // self.size
        self.kept_alike += sum(alike) / self.size
        return rows

    def alike(self, rows):
        """1 for each row whose group has no variance, else 0."""
        groups = [rows[at : at + self.size] for at in range(0, len(rows), self.size)]
        return [int(is_alike(group)) for group in groups for _ in group]

    def _are_whole(self, prompts):
        """Several processes may share a group: then its other rows are somewhere else."""
        parts = [prompts[at : at + self.size] for at in range(0, len(prompts), self.size)]
        return all(len(part) == self.size and len(set(part)) == 1 for part in parts)

    def _can_be_replaced(self, group):
        # Of rows without any reward the service was lost, or a judge is away: another question would fare no better.
        return is_alike(group) and any(row.reward is not None for row in group)

    def _another(self, asked, task):
        """A question that this step has not asked yet; where there is none, the same one anew."""
        fresh = [one for one in self.tasks if one not in asked]
        if not fresh:
            return task
        chosen = random.choice(fresh)
        asked.add(chosen)
        return chosen


def is_alike(group):
    """Whether no two rewards of it differ. Those that could not be had take no part."""
    given = [row.reward for row in group if row.reward is not None]
    return len(given) < 2 or max(given) - min(given) <= _SAME
