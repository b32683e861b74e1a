"""The untrained model's margins pair by pair, without padding: `untrained_by_hand.py MODEL RENDERED TRAIN.jsonl HELD_OUT.jsonl`."""

import json
import sys

import torch
from autotraj_tokens import tokens_of
from autotraj_training.render import Rendering
from transformers import AutoModel, AutoTokenizer

folder, rendered, *files = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(rendered)
model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
rendering = Rendering.load(rendered)


def state(row, side):
    ids = rendering.ids(tokens_of(tokenizer), row[side], row["tools"])
    with torch.no_grad():
        return model(input_ids=torch.tensor([ids])).last_hidden_state[0, -1]


train, held_out = ([state(row, "chosen") - state(row, "rejected") for row in map(json.loads, open(file, encoding="utf8"))] for file in files)
direction = torch.stack(train).mean(dim=0)
print(json.dumps([(difference @ direction).item() for difference in held_out]))
