"""Loads exported folders with verl's own loaders and tells what they would train on.

check_verl.py GGUF '[{"folder": …, "template": null | a file with a chat template}, …]'
"""

import json
import os
import sys

gguf, jobs = sys.argv[1], json.loads(sys.argv[2])
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from omegaconf import OmegaConf  # noqa: E402
from tokenizers_of import masked, refusal, report, tokenizer_from  # noqa: E402
from verl.utils.dataset.multiturn_sft_dataset import MultiTurnSFTDataset  # noqa: E402
from verl.utils.dataset.rl_dataset import RLHFDataset, collate_fn  # noqa: E402
from verl.utils.import_utils import load_extern_object  # noqa: E402

LENGTH = 8000


def check(folder, template):
    tokenizer = tokenizer_from(gguf)

    def sft(dataset_class, **config):
        """As verl.trainer.sft_trainer.create_sft_dataset does, which cannot be imported without a server for rollouts."""
        config = OmegaConf.create({"max_length": LENGTH, "truncation": "error", "pad_mode": "right", "chat_template_path": template, **config})
        files = [os.path.join(folder, "sft.parquet")]
        return dataset_class(parquet_files=files, tokenizer=tokenizer, config=config, processor=None, max_samples=-1)

    own = load_extern_object(os.path.join(folder, "autotraj_verl.py"), "TrajectoryDataset")
    found = {"sft": [], "bare": []}
    for padded, bare in zip(sft(own), sft(own, pad_mode="no_padding")):
        length = int(padded["attention_mask"].sum())
        if {len(column) for column in padded.values()} != {LENGTH} or padded["loss_mask"][length:].any():
            raise AssertionError("padding")
        for rows, row, end in (("sft", padded, length), ("bare", bare, None)):
            ids, mask = row["input_ids"][:end], row["loss_mask"][:end]
            found[rows].append(masked(tokenizer, ids, [i if mine else -100 for i, mine in zip(ids, mask)]))
    found["stockRefusal"] = refusal(lambda: sft(MultiTurnSFTDataset))
    found["tooLong"] = refusal(lambda: sft(own, max_length=4)[0])
    found["cut"] = {side: sft(own, max_length=4, truncation=side)[0]["input_ids"].tolist() for side in ("left", "right")}

    config = OmegaConf.create({"max_prompt_length": 4096, "filter_overlong_prompts_workers": 1, "cache_dir": os.path.join(folder, "cache")})
    prompts = RLHFDataset(os.path.join(folder, "prompts.parquet"), tokenizer, config)
    batch = collate_fn([prompts[i] for i in range(len(prompts))])
    keys = ("raw_prompt", "data_source", "ability", "reward_model", "extra_info", "tools_kwargs")
    found["prompts"] = [{key: batch[key][i] for key in keys} for i in range(len(prompts))]
    return found


report([check(**job) for job in jobs])
