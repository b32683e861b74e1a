"""The first row of an SFT file as the data set class gives it, and the order of rows by seed: `sft_row.py GGUF PARQUET`. Loaded by its path, as verl does."""

import importlib.util
import json
import os
import sys

from transformers import AutoTokenizer

gguf, file = sys.argv[1:]
shims = next(path for path in sys.path if os.path.exists(os.path.join(path, "autotraj_verl.py")))
sys.path.remove(shims)
spec = importlib.util.spec_from_file_location("custom_module", os.path.join(shims, "autotraj_verl.py"))
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
tokenizer = AutoTokenizer.from_pretrained(os.path.dirname(gguf), gguf_file=os.path.basename(gguf))
row = module.TrajectoryDataset(file, tokenizer, {"pad_mode": "no_padding"})[0]
ids, mask = row["input_ids"].tolist(), row["loss_mask"].tolist()
orders = [module.TrajectoryDataset(file, tokenizer, {"order_seed": seed}).rows["id"].tolist() for seed in (1, 1, 2)]
print(
    json.dumps(
        {
            "orders": orders,
            "controls": [tokenizer.decode([i]) for i in ids if i in tokenizer.added_tokens_decoder],
            "trained": tokenizer.decode([i for i, mine in zip(ids, mask) if mine]),
        }
    )
)
