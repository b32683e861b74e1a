"""What a reward model's pairs look like to the model before it is trained: what that already tells apart, training has not taught."""

import json
import math

import torch

FILE = "untrained.json"

#: A mean of so many differences is steady; more would only take longer.
MOST_PAIRS = 512


def write_margins(job, model, pairs, held_out):
    """The held-out pairs' margins in order, beside the model. What a process before a resume has found stays: the starting model is the same."""
    path = job.dir / FILE
    if path.exists():
        return
    margins = margins_of(model, pairs, held_out, 2 * job["batchSize"], torch.bfloat16 if job["dtype"] == "bf16" else None)
    if job.is_main and all(math.isfinite(margin) for margin in margins):
        draft = path.with_suffix(".part")
        draft.write_text(json.dumps(margins), encoding="utf8")
        draft.rename(path)


def margins_of(model, pairs, held_out, batch_size, dtype):
    """Chosen minus rejected along the mean of chosen minus rejected of the training pairs, in hidden states of the last token."""
    few = pairs.select(range(0, len(pairs), math.ceil(len(pairs) / MOST_PAIRS)))
    with torch.no_grad(), torch.autocast(model.device.type, dtype=dtype or torch.bfloat16, enabled=dtype is not None):
        direction = _differences(model, few, batch_size).mean(dim=0)
        return (_differences(model, held_out, batch_size) @ direction).tolist()


def _differences(model, pairs, batch_size):
    chosen, rejected = (_last_states(model, list(pairs[side]), batch_size) for side in ("chosen_ids", "rejected_ids"))
    return chosen - rejected


def _last_states(model, rows, batch_size):
    """Rows of like length together: padding is what a pass costs."""
    order = sorted(range(len(rows)), key=lambda at: len(rows[at]))
    found = [None] * len(rows)
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        longest = len(rows[batch[-1]])
        padded = [rows[at] + [model.config.pad_token_id] * (longest - len(rows[at])) for at in batch]
        mask = [[1] * len(rows[at]) + [0] * (longest - len(rows[at])) for at in batch]
        ids, mask = (torch.tensor(values, device=model.device) for values in (padded, mask))
        for at, states in zip(batch, model.base_model(input_ids=ids, attention_mask=mask).last_hidden_state):
            found[at] = states[len(rows[at]) - 1].float().cpu()
    return torch.stack(found)
