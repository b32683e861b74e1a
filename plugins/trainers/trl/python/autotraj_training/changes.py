"""What a training changed: how many weights, how far, whether evaluation can see it, and how differently the model now writes."""

import torch

#: The most that both models read to be compared.
FIRST_ROWS, _TOKENS = 8, 2048
#: Distributions over a whole vocabulary are large: so many are compared at a time.
_POSITIONS = 128


def changes_of(job, tokenizer, trained, weights, rows):
    """The figures of a trained language model beside the one it started from; {} for other models. A machine without room for both still has its model.

    @param weights: by name, where they are spread over processes and the model cannot be asked. rows: as for `divergence`.
    """
    if not type(trained).__name__.endswith("ForCausalLM"):
        return {}
    try:
        start = job.causal_model(tokenizer).eval()
        if weights is not None:
            return weight_changes(dict(start.named_parameters()), weights)
        start.to(next(trained.parameters()).device)
        trained.eval()
        return {**weight_changes(dict(start.named_parameters()), dict(trained.named_parameters())), **divergence(start, trained, list(rows))}
    except torch.OutOfMemoryError as error:
        print(f"what the training changed is not measured: {error}", flush=True)
        return {}


def weight_changes(before, after):
    """@param before, after: weights by name. Those that only one of them has take no part.

    weightsChanged, weightsChangedF16: the share of weights that are other numbers, as they are and rounded to 16 bits, as evaluation has them.
    largestChange: of one weight. relativeChange: length of the whole change beside that of all weights (L2).
    changeSeenInF16: cosine between the change and what rounding to 16 bits leaves of it: 1 all of it, 0 none.
    """
    total = changed = changed_f16 = 0
    largest = squares = length = length_f16 = product = 0.0
    for name, old in before.items():
        new = after.get(name)
        if new is None or new.shape != old.shape:
            continue
        old, new = old.detach().float(), new.detach().float().to(old.device)
        change, change_f16 = new - old, new.half().float() - old.half().float()
        total += old.numel()
        changed += int(torch.count_nonzero(change))
        changed_f16 += int(torch.count_nonzero(change_f16))
        largest = max(largest, change.abs().max().item()) if old.numel() else largest
        squares += _dot(old, old)
        length += _dot(change, change)
        length_f16 += _dot(change_f16, change_f16)
        product += _dot(change, change_f16)
    if total == 0:
        return {}
    return {
        "weightsChanged": changed / total,
        "weightsChangedF16": changed_f16 / total,
        "largestChange": largest,
        "relativeChange": (length / squares) ** 0.5 if squares > 0 else 0.0,
        "changeSeenInF16": product / (length * length_f16) ** 0.5 if length_f16 > 0 else 0.0,
    }


def _dot(one, other):
    return torch.sum(one * other, dtype=torch.float64).item()


@torch.no_grad()
def divergence(start, trained, rows):
    """KL(start || trained) in nats per token that a model wrote, over whole distributions at temperature 1.

    @param rows: (ids, mask) with 1 where the model wrote. Of many, the first few. {} where none fits.
    """
    total, count = 0.0, 0
    for ids, mask in _first(rows):
        # What is written at a place is predicted at the one before it.
        places = [at - 1 for at, by_model in enumerate(mask) if by_model and at > 0]
        for first in range(0, len(places), _POSITIONS):
            kept = torch.tensor(places[first : first + _POSITIONS])
            one, other = (_log_probabilities(model, ids, kept) for model in (start, trained))
            total += torch.sum(one.exp() * (one - other)).item()
            count += len(kept)
    return {"kl": max(0.0, total / count), "klTokens": count} if count > 0 else {}


def _first(rows):
    read = 0
    for ids, mask in rows[:FIRST_ROWS]:
        read += len(ids)
        if read > _TOKENS:
            return
        yield ids, mask


def _log_probabilities(model, ids, places):
    device = next(model.parameters()).device
    logits = model(input_ids=torch.tensor([ids], device=device), logits_to_keep=places.to(device), use_cache=False).logits
    return logits[0].float().log_softmax(dim=-1).cpu()
