"""Scores pairs as a server would: with what the model's folder holds and nothing else. `score_pairs.py FOLDER ROWS.jsonl`"""

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
pairs = [json.loads(line) for line in open(rows, encoding="utf8")]
text = rendering.text(tokenizer, pairs[0]["chosen"], pairs[0]["tools"])
ids = [[rendering.ids(tokens_of(tokenizer), row[side], row["tools"]) for side in ("chosen", "rejected")] for row in pairs]
with torch.no_grad():
    scores = [[model(input_ids=torch.tensor([own])).logits[0, 0].item() for own in pair] for pair in ids]
print(json.dumps({"text": text, "lengths": [len(own) for own in ids[0]], "scores": scores}))
