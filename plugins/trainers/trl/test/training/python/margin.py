"""How much more models think of one text than of another, asked of them from outside the training: `margin.py ASKED.json FOLDER …`.

A model that gives a score is asked for it; one that writes, for the log-probability of the text behind the prompt. A folder of a model that writes, asked as
a judge (`judge`), has the head that the seed of the training gives it.
"""

import json
import sys

import torch
from autotraj_training.frame import prepare_tokenizer
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, set_seed

path, *folders = sys.argv[1:]
asked = json.load(open(path, encoding="utf8"))


def worth(model, tokenizer, messages, text):
    """The prompt's ids are those of both texts."""
    prompt = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    start = len(tokenizer(prompt)["input_ids"])
    ids = torch.tensor([tokenizer(prompt + text)["input_ids"]])
    with torch.no_grad():
        logits = model(input_ids=ids).logits
    if asked["as"] == "judge":
        return logits[0, 0].item()
    chances = torch.log_softmax(logits[0, :-1], dim=-1).gather(1, ids[0, 1:, None])[:, 0]
    return chances[start - 1 :].sum().item()


def margins(folder):
    set_seed(asked["seed"])
    tokenizer = prepare_tokenizer(AutoTokenizer.from_pretrained(folder), "tags")
    kind = AutoModelForSequenceClassification if asked["as"] == "judge" else AutoModelForCausalLM
    model = kind.from_pretrained(folder, dtype=torch.float32, **({"num_labels": 1} if asked["as"] == "judge" else {})).eval()
    model.config.pad_token_id = tokenizer.pad_token_id
    return [worth(model, tokenizer, pair["prompt"], pair["chosen"]) - worth(model, tokenizer, pair["prompt"], pair["rejected"]) for pair in asked["pairs"]]


print(json.dumps([margins(folder) for folder in folders]))
