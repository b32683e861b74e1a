"""Scores of the vocabulary only where a label waits for them. Of a row's tokens most are question and results, and their scores are the dearest part of a step on a CPU."""

import inspect

from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

#: What is not learnt, in labels.
IGNORED = -100


class LabelledPositions(DataCollatorForLanguageModeling):
    """Tells the model (`logits_to_keep`) which positions any row of the batch has to predict from, and its loss (`shift_labels`) what comes next there. Loss and gradient stay what they are over all positions."""

    def torch_call(self, examples):
        batch = super().torch_call(examples)
        following = batch["labels"][:, 1:]
        kept = (following != IGNORED).any(dim=0).nonzero().squeeze(1)
        # `labels` stay: their number weighs the loss, and the model asks whether there are any.
        return {**batch, "logits_to_keep": kept, "shift_labels": following[:, kept].contiguous()}


def collator_for(model, pad_token_id):
    """For models that cannot be told, all positions."""
    told = "logits_to_keep" in inspect.signature(type(model).forward).parameters
    return (LabelledPositions if told else DataCollatorForLanguageModeling)(pad_token_id=pad_token_id)
