"""Plays a batch of episodes: all rows sample a turn, all tools run side by side, their results go into the rows without loss."""

import uuid
from dataclasses import dataclass, field

from .dialects import dialect_for
from .episodes import ServiceLost


@dataclass
class Row:
    """One trajectory as ids. `mask` is 1 where the model wrote: the loss lies there and nowhere else."""

    task: dict
    prompt: list[int]
    session: str | None = None
    completion: list[int] = field(default_factory=list)
    mask: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    turns: int = 0
    tool_calls: int = 0
    done: bool = False
    reward: float | None = None
    terms: dict = field(default_factory=dict)
    #: What of the reward is a bounded trajectory term's, and its bound.
    term: float = 0.0
    limit: float = 0.0

    def add_model(self, ids, logprobs=None):
        self._add(ids, 1, logprobs)

    def add_result(self, ids):
        """Also the end of a stop string that the model's last token ran beyond: nobody sampled it like this."""
        self._add(ids, 0, None)

    def close(self, end_id):
        """TRL takes a row without an end token for one that was cut off; where a stop string ended it, the token was not sampled and carries no loss."""
        if not self.completion or self.completion[-1] != end_id:
            self._add([end_id], 0, None)

    def _add(self, ids, by_model, logprobs):
        self.completion += ids
        self.mask += [by_model] * len(ids)
        self.logprobs += logprobs or [0.0] * len(ids)


class Rollouts:
    def __init__(self, job, tokenizer, tasks, episodes, sampler):
        self.job = job
        self.tokenizer = tokenizer
        self.tasks = tasks
        self.episodes = episodes
        self.sampler = sampler
        self.dialect = dialect_for(job["dialect"], tokenizer)
        # Keys make requests idempotent within this process; after a resume the same step is sampled anew, in sessions of its own.
        self.process = uuid.uuid4().hex
        self.begun = 0

    def play(self, model, task_ids):
        """Rows in the order of `task_ids`, played to their ends and rewarded. A reward that could not be had is None."""
        rows = [Row(self.tasks[task], self.dialect.prompt(self.tasks[task])) for task in task_ids]
        try:
            self._begin(rows)
            while live := [row for row in rows if not row.done]:
                self._turn(model, live)
            self._score(rows)
        except ServiceLost as error:
            if self.episodes.on_lost == "fail":
                raise
            print(f"{error} The {len(rows)} trajectories of this step are left out.", flush=True)
        for row in rows:
            if not row.completion:
                row.close(self.tokenizer.eos_token_id)
        return rows

    def _begin(self, rows):
        keys = [f"{self.process} {self.begun + at}" for at in range(len(rows))]
        self.begun += len(rows)
        for row, session in zip(rows, self.episodes.begin([{"task": row.task["id"], "key": key} for row, key in zip(rows, keys)])):
            row.session = session

    def _turn(self, model, live):
        limits = [min(self._new_tokens(row), self._room(row)) for row in live]
        # Its own: another question may have tools that this one has not, and no rollout of the loop ends at their tags.
        stops = [sorted(row.task["stop"]) for row in live]
        before = [row.prompt + row.completion for row in live]
        sampled = self.sampler.turns(model, before, limits, stops)
        said = [self.dialect.read(row.task, ids, turn) for row, ids, turn in zip(live, before, sampled)]
        answers = self.episodes.turns([{"session": row.session, "index": row.turns, **turn} for row, turn in zip(live, said)])
        for row, turn, answer in zip(live, sampled, answers):
            row.add_model(turn.ids, turn.logprobs)
            row.add_result(turn.rest[: max(0, self._room(row))])
            row.turns += 1
            row.tool_calls += len(answer["results"])
            if answer["done"]:
                row.done = True
                if turn.ended or answer.get("finish") == "answer":
                    row.close(self.tokenizer.eos_token_id)
                continue
            result = self.dialect.continuation(row.task, answer)
            # Without room for the result and a word after it the trajectory ends here, cut off.
            row.done = len(result) >= self._room(row)
            if not row.done:
                row.add_result(result)

    def _score(self, rows):
        answers = self.episodes.score([{"id": row.session, "session": row.session} for row in rows])
        rewards = {answer["id"]: answer for answer in answers}
        for row in rows:
            answer = rewards[row.session]
            row.reward = answer["reward"]
            row.terms = answer.get("terms") or {}
            if answer.get("bounded"):
                row.term, row.limit = answer["bounded"]["value"], answer["bounded"]["limit"]
            if row.reward is None:
                print(f"no reward for {row.task['id']}: {answer.get('error')}", flush=True)

    def _new_tokens(self, row):
        return self.job["maxNewTokens"] or row.task["sampling"]["maxTokens"]

    def _room(self, row):
        """TRL does not cut what a rollout function gives it. One place is kept for the end token."""
        return self.job["maxCompletionTokens"] - 1 - len(row.completion)
