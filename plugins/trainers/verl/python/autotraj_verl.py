"""verl's SFT data set for the Parquet file that `autotraj export --to verl` writes, with the loss exactly on what the model wrote.

    torchrun … -m verl.trainer.sft_trainer data.train_files=sft.parquet data.max_length=8192 \\
        data.custom_cls.path=autotraj_verl.py data.custom_cls.name=TrajectoryDataset

verl's own MultiTurnSFTDataset puts the loss on whole assistant messages (in the tag dialect those hold tool results), renders each message alone (which
breaks parallel results in one block) and cannot leave a turn out. It refuses these files: they have no column `messages`.
"""

import importlib.util
import json
import os
import sys

import pandas as pd
import torch
from torch.utils.data import Dataset

for _name in ("autotraj_tokens", "autotraj_masks"):
    if _name not in sys.modules:  # verl loads this file by its path, so its folder is on no search path.
        _spec = importlib.util.spec_from_file_location(_name, os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{_name}.py"))
        sys.modules[_name] = importlib.util.module_from_spec(_spec)
        _spec.loader.exec_module(sys.modules[_name])
from autotraj_masks import IGNORE, Encoder  # noqa: E402


class TrajectoryDataset(Dataset):
    """Takes verl's own settings: data.max_length, data.truncation (error, left, right), data.pad_mode (right, no_padding).

    Not verl's: data.chat_template_path, a Jinja file for native rows, where the tokenizer's template does not keep what it has shown; data.order_seed, by which rows
    are put in another order first, since verl's sampler shuffles by the same seed in every training.
    """

    def __init__(self, parquet_files, tokenizer, config=None, processor=None, max_samples=-1):
        config = config or {}
        if processor is not None and not hasattr(processor, "tokenizer"):
            raise ValueError("TrajectoryDataset holds text only.")
        if isinstance(tokenizer, str):
            from verl.utils import hf_tokenizer

            tokenizer = hf_tokenizer(tokenizer)
        self.max_length = config.get("max_length", 1024)
        self.truncation = config.get("truncation", "error")
        self.pad_mode = config.get("pad_mode", "right")
        if self.truncation not in ("error", "left", "right") or self.pad_mode not in ("right", "no_padding"):
            raise ValueError(f"unknown data.truncation={self.truncation} or data.pad_mode={self.pad_mode}")
        self.pad_token_id = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
        template = config.get("chat_template_path", None)
        if template is not None:
            with open(template, encoding="utf8") as file:
                template = file.read()
        self.encoder = Encoder(tokenizer, template)
        files = [parquet_files] if isinstance(parquet_files, str) else list(parquet_files)
        self.rows = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
        if 0 < max_samples < len(self.rows):
            if config.get("shuffle", False):
                self.rows = self.rows.sample(n=max_samples, random_state=config.get("seed"))
            else:
                self.rows = self.rows.head(max_samples)
        order = config.get("order_seed", None)
        if order is not None:
            self.rows = self.rows.sample(frac=1, random_state=order)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, item):
        row = self.rows.iloc[item]
        pieces = {"dialect": row["dialect"], "turns": json.loads(row["turns"]), "tools": json.loads(row["tools"]), "ended": bool(row["ended"])}
        try:
            encoded = self.encoder.encode(pieces)
        except ValueError as error:
            raise ValueError(f"row {row['id']}: {error}") from error
        ids = torch.tensor(encoded["input_ids"], dtype=torch.long)
        mask = (torch.tensor(encoded["labels"], dtype=torch.long) != IGNORE).long()
        if len(ids) > self.max_length:
            if self.truncation == "error":
                raise ValueError(f"row {row['id']}: {len(ids)} tokens are more than data.max_length={self.max_length}")
            kept = slice(-self.max_length, None) if self.truncation == "left" else slice(self.max_length)
            ids, mask = ids[kept], mask[kept]
        length = len(ids)
        padding = self.max_length - length
        if self.pad_mode == "no_padding":
            return {"input_ids": ids, "position_ids": torch.arange(length), "loss_mask": mask}
        pad = torch.nn.functional.pad
        return {
            "input_ids": pad(ids, (0, padding), value=self.pad_token_id),
            "attention_mask": pad(torch.ones(length, dtype=torch.long), (0, padding)),
            "position_ids": pad(torch.arange(length), (0, padding)),
            "loss_mask": pad(mask, (0, padding)),
        }
