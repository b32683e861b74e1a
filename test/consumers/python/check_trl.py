"""Loads exported folders with TRL's own trainers (a tiny random model) and tells what they would train on.

check_trl.py GGUF '[{"folder": …, "template": null | a name in trl/chat_templates}, …]'
"""

import json
import os
import sys
import tempfile

gguf, jobs = sys.argv[1], json.loads(sys.argv[2])
sys.path.insert(0, jobs[0]["folder"])
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import autotraj_trl  # noqa: E402
import torch  # noqa: E402
import trl  # noqa: E402
from autotraj_trl import dpo_dataset, encoder_for, reward_dataset, rows, sft_dataset, tokenised_dpo_trainer  # noqa: E402
from datasets import load_dataset  # noqa: E402
from tokenizers_of import assistant_only, masked, refusal, report, text_of, tokenizer_from  # noqa: E402
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification  # noqa: E402
from trl.chat_template_utils import get_training_chat_template  # noqa: E402
from trl import DPOConfig, GRPOConfig, GRPOTrainer, RewardConfig, RewardTrainer, SFTConfig, SFTTrainer  # noqa: E402

torch.set_num_threads(2)
COMMON = {
    "output_dir": tempfile.mkdtemp(), "use_cpu": True, "bf16": False, "report_to": "none", "disable_tqdm": True, "dataloader_pin_memory": False,
    "gradient_checkpointing": False, "per_device_train_batch_size": 2,
}


def batches(trainer):
    """All rows, prepared by the trainer and collated by its own collator, one a batch: nothing is padded."""
    for example in trainer.train_dataset:
        yield trainer.data_collator([example])


def check(folder, template):
    if template is not None:
        with open(os.path.join(os.path.dirname(trl.__file__), "chat_templates", template)) as file:
            template = file.read()
    tokenizer = tokenizer_from(gguf, template)
    tokenizer.pad_token = "<|endoftext|>"
    small = {
        "vocab_size": len(tokenizer), "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "num_key_value_heads": 2, "pad_token_id": tokenizer.pad_token_id, "max_position_embeddings": 8192,
    }
    encoder = encoder_for(tokenizer)

    def model():
        return LlamaForCausalLM(LlamaConfig(**small))

    def sft(dataset):
        return SFTTrainer(model(), args=SFTConfig(max_length=None, **COMMON), train_dataset=dataset, processing_class=tokenizer)

    found = {}
    path = os.path.join(folder, "sft.jsonl")
    found["sft"] = [masked(tokenizer, batch["input_ids"][0], batch["labels"][0]) for batch in batches(sft(sft_dataset(path, encoder)))]
    training_template = get_training_chat_template(tokenizer) if template is not None else None
    found["assistantOnly"] = [assistant_only(tokenizer, row, training_template) for row in rows(path) if row["dialect"] == "native"]
    found["stockRefusal"] = refusal(lambda: sft(load_dataset("json", data_files=path, split="train")))

    # The same by the command line.
    saved = tempfile.mkdtemp()
    tokenizer.save_pretrained(saved)
    sys.argv = ["autotraj_trl.py", "sft", path, "--model", saved, "--out", os.path.join(saved, "sft.parquet")]
    autotraj_trl.main()
    stored = load_dataset("parquet", data_files=sys.argv[-1], split="train")
    found["parquet"] = [masked(tokenizer, row["input_ids"], row["labels"]) for row in stored]
    found["shown"] = autotraj_trl.marked(encoder, next(rows(path)))
    empty = os.path.join(saved, "empty.jsonl")
    open(empty, "w").close()
    found["emptyRefusal"] = refusal(lambda: sft_dataset(empty, encoder))

    path = os.path.join(folder, "preferences.jsonl")
    reward = RewardTrainer(
        LlamaForSequenceClassification(LlamaConfig(num_labels=1, **small)), args=RewardConfig(max_length=None, **COMMON),
        train_dataset=reward_dataset(path, encoder), processing_class=tokenizer,
    )
    found["reward"] = []
    for batch in batches(reward):
        texts = [text_of(tokenizer, ids[seen.bool()]) for ids, seen in zip(batch["input_ids"], batch["attention_mask"])]
        found["reward"].append({"chosen": texts[0], "rejected": texts[1]})
    dpo = tokenised_dpo_trainer()(
        model(), ref_model=model(), args=DPOConfig(max_length=None, **COMMON), train_dataset=dpo_dataset(path, encoder), processing_class=tokenizer
    )
    found["dpo"] = []
    for batch in batches(dpo):
        sides = [
            masked(tokenizer, ids[seen.bool()], torch.where(loss == 1, ids, -100)[seen.bool()])
            for ids, seen, loss in zip(batch["input_ids"], batch["attention_mask"], batch["completion_mask"])
        ]
        found["dpo"].append({"chosen": sides[0], "rejected": sides[1]})

    asked = []

    def reward_function(prompts, completions, **columns):
        names = ("query_id", "answers", "task", "dialect", "tool_definitions")
        asked.extend({"prompt": prompt, **{name: columns[name][i] for name in names}} for i, prompt in enumerate(prompts))
        return [float(i) for i in range(len(prompts))]

    GRPOTrainer(
        model(), reward_funcs=reward_function, processing_class=tokenizer,
        args=GRPOConfig(max_completion_length=4, num_generations=2, max_steps=1, beta=0.0, shuffle_dataset=False, **COMMON),
        train_dataset=load_dataset("json", data_files=os.path.join(folder, "prompts.jsonl"), split="train"),
    ).train()
    found["grpo"] = asked
    return found


report([check(**job) for job in jobs])
