"""Scores a pair as a server would: with what the model's folder holds and nothing else. `score_pairs.py FOLDER ROWS.jsonl`"""

import json
import sys

import torch
from autotraj_tokens import tokens_of
from autotraj_training.render import Rendering
from transformers import AutoModelForSequenceClassification, AutoTokenizer

folder, rows = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
rendering = Rendering.load(folder)
row = json.loads(open(rows, encoding="utf8").readline())
texts = [rendering.text(tokenizer, row[side], row["tools"]) for side in ("chosen", "rejected")]
ids = [rendering.ids(tokens_of(tokenizer), row[side], row["tools"]) for side in ("chosen", "rejected")]
with torch.no_grad():
    scores = [model(input_ids=torch.tensor([own])).logits[0, 0].item() for own in ids]
print(json.dumps({"text": texts[0], "lengths": [len(own) for own in ids], "scores": scores}))
