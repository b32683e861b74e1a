"""What the consumers' checks share: the tokenizer and how a tokenised row is told to the test."""

import itertools
import json
import os


def tokenizer_from(gguf, template=None):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(os.path.dirname(gguf), gguf_file=os.path.basename(gguf))
    if template is not None:
        tokenizer.chat_template = template
    return tokenizer


def refusal(make):
    """The error that making it ends in; None where it is made."""
    try:
        make()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def masked(tokenizer, ids, labels):
    """Every token is in exactly one run, so equal runs mean equal masks token by token."""
    ids, labels = [int(i) for i in ids], [int(i) for i in labels]
    if len(ids) != len(labels):
        raise AssertionError(f"{len(ids)} ids, {len(labels)} labels")
    wrong = [at for at, (i, label) in enumerate(zip(ids, labels)) if label not in (i, -100)]
    if wrong:
        raise AssertionError(f"labels that are neither the token nor -100 at {wrong[:5]}")
    runs = []
    for trained, group in itertools.groupby(zip(ids, labels), key=lambda pair: pair[1] != -100):
        runs.append([trained, text_of(tokenizer, [i for i, _ in group])])
    return {"ids": ids, "labels": labels, "runs": runs}


def assistant_only(tokenizer, row, template):
    """The mask by a template that says itself which text is the assistant's ({% generation %}), over plain messages: nothing of ours but the turns."""
    messages = [{key: value for key, value in turn.items() if key != "train"} for turn in row["turns"]]
    found = tokenizer.apply_chat_template(
        messages, tools=row["tools"] or None, chat_template=template, return_dict=True, return_assistant_tokens_mask=True
    )
    return masked(tokenizer, found["input_ids"], [i if mine else -100 for i, mine in zip(found["input_ids"], found["assistant_masks"])])


def text_of(tokenizer, ids):
    return tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)


def report(document):
    print("\n" + json.dumps(document))
