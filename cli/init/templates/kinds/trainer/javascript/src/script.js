/** The training loop, written into the job's folder and run there. */
export const TRAIN_PY = `"""Supervised fine-tuning as plainly as it can be written: one row a step, the loss on what the policy wrote."""
import json
import random

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

with open("settings.json", encoding="utf-8") as file:
    settings = json.load(file)
with open(settings["rows"], encoding="utf-8") as file:
    rows = [json.loads(line) for line in file if line.strip()]

random.seed(settings["seed"])
torch.manual_seed(settings["seed"])
tokenizer = AutoTokenizer.from_pretrained(settings["model"])
model = AutoModelForCausalLM.from_pretrained(settings["model"])
optimizer = torch.optim.AdamW(model.parameters(), lr=settings["learningRate"])


def tokens_of(row):
    """Ids of the whole trajectory in ChatML, and labels: -100 takes the loss off a token."""
    ids, labels = [], []

    def add(text, learn):
        new = tokenizer(text, add_special_tokens=False)["input_ids"]
        ids.extend(new)
        labels.extend(new if learn else [-100] * len(new))

    for message in row["messages"]:
        is_policys = message["role"] == "assistant"
        add("<|im_start|>" + message["role"] + "\\n", False)
        add((message.get("text") or message["content"]) + "<|im_end|>\\n", is_policys and message.get("train", True))
    return torch.tensor([ids]), torch.tensor([labels])


total = settings["epochs"] * len(rows)
step = 0
model.train()
for epoch in range(settings["epochs"]):
    random.shuffle(rows)
    for row in rows:
        ids, labels = tokens_of(row)
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        with open("progress.jsonl", "a", encoding="utf-8") as log:
            log.write(json.dumps({"step": step, "total": total, "metrics": {"loss": loss.item()}}) + "\\n")

model.save_pretrained("model")
tokenizer.save_pretrained("model")
`;
