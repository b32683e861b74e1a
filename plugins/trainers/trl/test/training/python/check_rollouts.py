"""What becomes of a rollout before it is learnt from: turns that run beyond their stop, groups without variance, advantages. `check_rollouts.py MODEL`"""

import json
import random
import sys
from types import SimpleNamespace

import torch
from autotraj_training.advantages import advantages
from autotraj_training.groups import Groups
from autotraj_training.rollouts import Row, Rollouts
from autotraj_training.sampler import TorchSampler, stopped
from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
STOPS = ["</code>", "</answer>"]
NAN = float("nan")


def ids_of(*pieces):
    """The tokens that the pieces are, one each."""
    ids = [tokenizer.encode(piece, add_special_tokens=False) for piece in pieces]
    assert all(len(one) == 1 for one in ids), pieces
    return [one[0] for one in ids]


def turn_of(ids, logprobs=None):
    turn = stopped(tokenizer, ids, STOPS, logprobs)
    return {"kept": [tokenizer.decode([token]) for token in turn.ids], "rest": tokenizer.decode(turn.rest), "text": turn.text, "logprobs": turn.logprobs}


def played(*pieces):
    """The row of an episode in which the model wrote this and was answered. `><` is one token of this tokenizer."""
    sampled = [ids_of(*pieces), ids_of("</", "answer", ">")]

    class Sampler(TorchSampler):
        def turns(self, model, rows, limits, stops):
            return [self._finished(sampled.pop(0), limits[0], stops[0], {tokenizer.eos_token_id})]

    told = []

    class Service:
        on_lost = "fail"

        def begin(self, items):
            return ["s"]

        def turns(self, items):
            told.extend(item["text"] for item in items)
            done = len(told) == 2
            return [{"append": "" if done else "\nRESULT\n", "results": [], "done": done, **({"finish": "answer"} if done else {})}]

        def score(self, items):
            return [{"id": "s", "reward": 1.2, "terms": {}, "bounded": {"value": 0.2, "limit": 0.3}}]

    job = {"dialect": "tags", "maxNewTokens": 50, "maxCompletionTokens": 60}
    task = {"id": "t", "messages": [{"role": "user", "content": "?"}], "stop": STOPS}
    (row,) = Rollouts(job, tokenizer, {"t": task}, Service(), Sampler(tokenizer, 1.0, lambda: None, False)).play(None, ["t"])
    shown = "".join(f"[{tokenizer.decode([token])}]" if by_model else tokenizer.decode([token]) for token, by_model in zip(row.completion, row.mask))
    return {"told": told, "row": shown, "aligned": len(row.completion) == len(row.mask) == len(row.logprobs), "term": [row.term, row.limit]}


def worth(rewards, terms=None, limit=0.2, group=4, scale="none"):
    terms = torch.tensor(terms or [0.0] * len(rewards))
    found = advantages(torch.tensor(rewards), terms, torch.full_like(terms, limit), group, scale)
    return [round(one, 4) for one in found.tolist()]


def resampled(rewards_of, prompts, resample, tasks="abcdef", size=2):
    """@param rewards_of: per question the rewards of its trajectories, each time it is asked."""
    random.seed(1)
    groups, asked = Groups(size, resample, tasks), []

    def play(ids):
        asked.append("".join(ids))
        return [Row({"id": task}, [], reward=rewards_of[task][at % size]) for at, task in enumerate(ids)]

    rows = groups.play(list(prompts), play)
    return {"rows": "".join(row.task["id"] for row in rows), "asked": asked, "alike": groups.alike(rows), **groups.totals}


EVEN, MIXED, LOST = [1.0, 1.0], [0.0, 1.0], [None, None]
all_even = {task: EVEN for task in "abcdef"}
print(
    json.dumps(
        {
            "exact": turn_of(ids_of("<", "code", ">", "1", "</", "code", ">"), [-1.0, -2.0, -3.0, -4.0, -5.0, -6.0, -7.0]),
            "straddling": turn_of(ids_of("1", "</", "code", "><"), [-1.0, -2.0, -3.0, -4.0]),
            "overrun": turn_of(ids_of("1", "</", "code", ">", "2", "3"), [-1.0, -2.0, -3.0, -4.0, -5.0, -6.0]),
            "both": turn_of(ids_of("</", "code", "></", "2")),
            "character": turn_of([*tokenizer.encode("\U0001f9ee", add_special_tokens=False), *ids_of("</", "answer", "><")]),
            "row": played("1", "</", "code", "><"),
            "advantages": {
                "right": worth([1.2, 1.1, 1.0, 1.1], [0.2, 0.1, 0.0, 0.1]),
                "rightGroup": worth([1.2, 1.1, 1.0, 1.1], [0.2, 0.1, 0.0, 0.1], scale="group"),
                "rightBatch": worth([1.2, 1.1, 1.0, 1.1, 0, 0, 0, 0], [0.2, 0.1, 0.0, 0.1, 0, 0, 0, 0], scale="batch"),
                "symmetric": worth([1.2, 0.8, 1.2, 0.8], [0.2, -0.2, 0.2, -0.2], scale="group"),
                "clipped": worth([1.2, 0.8, 0.8, 0.8], [0.2, -0.2, -0.2, -0.2], scale="group"),
                "mixed": worth([1.2, 1.0, 0.0, 0.0], [0.2, 0.0, 0.0, 0.0]),
                "mixedGroup": worth([1.2, 1.0, 0.0, 0.0], [0.2, 0.0, 0.0, 0.0], scale="group"),
                "large": worth([10.2, 10.0, 0.0, 0.0], [0.2, 0.0, 0.0, 0.0], scale="group"),
                "missing": worth([1.0, NAN, 0.0, NAN, NAN, NAN, NAN, NAN], scale="group"),
                "plain": worth([1.0, 0.0, 0.0, 0.0]),
            },
            "groups": {
                "mixed": resampled({"a": MIXED, "b": MIXED}, "aabb", 2),
                "one": resampled({**all_even, "a": MIXED, "d": MIXED, "c": MIXED, "e": MIXED, "f": MIXED}, "aabb", 2),
                "never": resampled(all_even, "aabb", 0),
                "always": resampled(all_even, "aabb", 2),
                "alone": resampled({"a": EVEN}, "aa", 2, tasks="a"),
                "lost": resampled({"a": LOST, "b": MIXED}, "aabb", 2),
                "shared": resampled(all_even, "ab", 2),
            },
        }
    )
)
