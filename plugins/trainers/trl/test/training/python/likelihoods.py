"""How likely models find rows of SFT: `likelihoods.py ROWS.jsonl MODEL…`, rows as the training reads them.

Per model and row: `text`, the log probability of what the model wrote, without the mark that ends it; `token`, the mean over all tokens that carry loss; `masked`, the mean over what stands between
them (results), of tokens that nowhere carry loss.
"""

import json
import sys

import torch
from autotraj_trl import encoder_for, sft_dataset
from transformers import AutoModelForCausalLM, AutoTokenizer

path, *folders = sys.argv[1:]
found = []
for folder in folders:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    # The tags of a trained model's template are the same; its tokenizer is the first one's.
    tokenizer = AutoTokenizer.from_pretrained(folders[-1])
    rows = list(sft_dataset(path, encoder_for(tokenizer)))
    learnt = {label for row in rows for label in row["labels"] if label != -100}
    told = []
    for row in rows:
        ids, labels = row["input_ids"], row["labels"]
        with torch.no_grad():
            logs = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(dim=-1)
        by_place = [(logs[at - 1, ids[at]].item(), labels[at] != -100, ids[at]) for at in range(1, len(ids))]
        first = next(at for at, (_, carries, _) in enumerate(by_place) if carries)
        trained = [log for log, carries, _ in by_place if carries]
        masked = [log for log, carries, token in by_place[first:] if not carries and token not in learnt]
        told.append({"text": sum(log for log, carries, token in by_place if carries and token != tokenizer.eos_token_id), "token": sum(trained) / len(trained), "masked": sum(masked) / len(masked) if masked else None})
    found.append(told)
print(json.dumps(found))
