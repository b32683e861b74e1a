"""Samples one turn for many rows at once. Each row ends by itself: at a stop string, at the model's own end, at its limit."""

from dataclasses import dataclass, field

import torch
from autotraj_tokens import tokens_of
from transformers import DynamicCache

#: A stop string is looked for in the text of so many of the newest tokens; the longest tool's tag has fewer.
_STOP_WINDOW = 24


@dataclass
class Turn:
    ids: list[int]
    #: What was written; where a stop string ended it, it ends there.
    text: str
    #: `stop` or `length`.
    finish: str
    #: True where the model ended its message itself: the last id is an end token.
    ended: bool
    #: Log probabilities of `ids` where the sampler gives them.
    logprobs: list[float] | None = None
    #: The end of the stop string where the token that held it ran beyond it: that token is in neither `ids` nor `logprobs`.
    rest: list[int] = field(default_factory=list)


class TorchSampler:
    def __init__(self, tokenizer, temperature, check, bf16):
        self.tokenizer = tokenizer
        self.temperature = temperature
        self.check = check
        self.bf16 = bf16

    @torch.no_grad()
    def turns(self, model, rows, limits, stops):
        """@param rows: ids so far. limits, stops: new tokens at most and stop strings, per row. Randomness is torch's own, so a checkpoint holds it."""
        device = model.device
        ends = self.end_ids(model)
        found = [[] for _ in rows]
        turns = [None] * len(rows)
        live = list(range(len(rows)))
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=self.bf16):
            logits, cache, mask = self._prefill(model, rows)
            while True:
                self.check()
                sampled = torch.multinomial(torch.softmax(logits.float() / self.temperature, dim=-1), 1).squeeze(-1).tolist()
                going_on = []
                for at, row in enumerate(live):
                    found[row].append(sampled[at])
                    turns[row] = self._finished(found[row], limits[row], stops[row], ends)
                    if turns[row] is None:
                        going_on.append(at)
                if not going_on:
                    return turns
                if len(going_on) < len(live):
                    # Rows that are done leave the batch.
                    kept = torch.tensor(going_on, device=device)
                    cache.batch_select_indices(kept)
                    mask = mask[kept]
                    live = [live[at] for at in going_on]
                mask = torch.cat([mask, mask.new_ones(len(live), 1)], dim=1)
                output = model(
                    input_ids=torch.tensor([[found[row][-1]] for row in live], device=device),
                    attention_mask=mask,
                    position_ids=mask.sum(dim=1, keepdim=True) - 1,
                    past_key_values=cache,
                    use_cache=True,
                    logits_to_keep=1,
                )
                logits, cache = output.logits[:, -1], output.past_key_values

    def _prefill(self, model, rows):
        """The trajectories of a group begin alike: each different beginning is computed once and its keys and values are copied."""
        place = {}
        index = [place.setdefault(tuple(row), len(place)) for row in rows]
        longest = max(map(len, place))
        ids = torch.tensor([[self.tokenizer.pad_token_id] * (longest - len(row)) + list(row) for row in place], device=model.device)
        mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in place], device=model.device)
        output = model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=(mask.cumsum(dim=1) - 1).clamp(min=0),
            past_key_values=DynamicCache(config=model.config),
            use_cache=True,
            logits_to_keep=1,
        )
        copies = torch.tensor(index, device=model.device)
        output.past_key_values.batch_select_indices(copies)
        return output.logits[copies, -1], output.past_key_values, mask[copies]

    def _finished(self, ids, limit, stops, ends):
        if ids[-1] in ends:
            return Turn(ids, self.tokenizer.decode(ids[:-1], skip_special_tokens=True), "stop", True)
        newest = self.tokenizer.decode(ids[-_STOP_WINDOW:], skip_special_tokens=True)
        if any(stop in newest for stop in stops):
            return stopped(self.tokenizer, ids, stops)
        if len(ids) >= limit:
            return Turn(ids, self.tokenizer.decode(ids, skip_special_tokens=True), "length", False)
        return None

    def end_ids(self, model):
        configured = model.generation_config.eos_token_id
        return {self.tokenizer.eos_token_id, *(configured if isinstance(configured, list) else [configured])} - {None}


def stopped(tokenizer, ids, stops, logprobs=None):
    """The turn that a stop string ended. What was sampled behind it is in none of text, ids and logprobs."""
    count, text, rest = tokens_of(tokenizer).until(ids, stops)
    return Turn(ids[:count], text, "stop", False, logprobs and logprobs[:count], rest)
