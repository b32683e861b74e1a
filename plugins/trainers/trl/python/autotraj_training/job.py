"""What every stage does alike: reads its job, sets the process up, loads the model, goes on from a checkpoint, saves what it trained."""

import json
import math
import os
import shutil
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, set_seed

from . import gguf
from .changes import changes_of
from .checkpoints import newest_checkpoint
from .frame import prepare_tokenizer
from .progress import Progress
from .schedule import follow_schedule
from .stopping import Stop

#: What a shell reports for a process that SIGTERM ended.
STOPPED_EXIT_CODE = 143


class Job:
    def __init__(self, path):
        self.config = json.loads(Path(path).read_text(encoding="utf8"))
        self.dir = Path(path).resolve().parent
        self.stop = Stop()
        if self.on_cpu or self.config["threads"]:
            torch.set_num_threads(self.config["threads"] or len(os.sched_getaffinity(0)))
        # Also decides what is not in the starting model: LoRA's matrices, a reward model's head.
        set_seed(self.config["seed"])
        self.progress = Progress(self.dir / self.config["progressFile"])
        if self.config["model"].get("gguf"):
            gguf.unpack(self.config["model"]["gguf"], self.config["model"]["path"])

    def __getitem__(self, key):
        return self.config[key]

    @property
    def on_cpu(self):
        return self.config["device"] == "cpu"

    @property
    def is_main(self):
        return int(os.environ.get("RANK", "0")) == 0

    def data(self, name):
        return str(self.dir / self.config["data"][name])

    def has_rows(self, name):
        return os.path.getsize(self.data(name)) > 0

    def tokenizer(self):
        return prepare_tokenizer(AutoTokenizer.from_pretrained(self.config["model"]["path"]), self.config["dialect"])

    def causal_model(self, tokenizer):
        """Weights in fp32, whatever the file holds: autocast computes in bf16, and small updates are not lost."""
        model = AutoModelForCausalLM.from_pretrained(self.config["model"]["path"], dtype=torch.float32)
        model.config.pad_token_id = tokenizer.pad_token_id
        model.generation_config.pad_token_id = tokenizer.pad_token_id
        return model

    def lora(self, task_type, **more):
        """peft's settings; None for full fine-tuning."""
        settings = self.config["lora"]
        if settings is None:
            return None
        from peft import LoraConfig

        return LoraConfig(
            r=settings["rank"],
            lora_alpha=settings["alpha"],
            lora_dropout=settings["dropout"],
            target_modules=settings["targets"] or "all-linear",
            task_type=task_type,
            **more,
        )

    def arguments(self):
        """What all of transformers' trainers are told alike. TRL's own defaults differ on a CPU: bf16 is refused, activations are computed twice."""
        c = self.config
        return {
            "output_dir": str(self.dir / "checkpoints"),
            "use_cpu": self.on_cpu,
            "bf16": c["dtype"] == "bf16",
            "gradient_checkpointing": not self.on_cpu,
            "per_device_train_batch_size": c["batchSize"],
            "per_device_eval_batch_size": c["batchSize"],
            "gradient_accumulation_steps": c["accumulation"],
            "learning_rate": c["learningRate"],
            **({"max_steps": c["steps"]} if c["steps"] is not None else {"num_train_epochs": c["epochs"]}),
            "logging_steps": 1,
            "save_steps": c["saveSteps"],
            "save_total_limit": c["saveKeep"],
            "include_num_input_tokens_seen": "non_padding",
            "seed": c["seed"],
            "report_to": c.get("reportTo", "none"),
            "disable_tqdm": True,
            "dataloader_pin_memory": not self.on_cpu,
            **c["native"],
        }

    def train(self, trainer):
        """To the end, or to the end of the step in which SIGTERM came: then a checkpoint is left and the process ends."""
        trainer.add_callback(self.progress)
        trainer.add_callback(self.stop)
        follow_schedule(trainer, self.config["warmup"], self.config["schedule"])
        checkpoint = newest_checkpoint(trainer.args.output_dir)
        if checkpoint is not None and self.is_main:
            print(f"going on from {checkpoint}", flush=True)
        result = trainer.train(resume_from_checkpoint=checkpoint)
        if self.stop.requested:
            sys.exit(STOPPED_EXIT_CODE)
        return {"steps": trainer.state.global_step, **_last_logged(trainer.state.log_history), **_named(result.metrics)}

    def save(self, model, tokenizer, metrics, accelerator, extra_files=(), compared_on=()):
        """The model in Hugging Face's layout, adapters merged. It takes its place when it is whole.

        @param compared_on: (ids, mask) of rows that the model and the one it started from are compared on; mask is 1 where a model wrote.
        """
        # Of spread weights each process holds a part: all of them give theirs to the first.
        weights = accelerator.get_state_dict(model) if self.config.get("shard") == "full" else None
        if accelerator.is_main_process:
            whole, draft = self.dir / "model", self.dir / "model.draft"
            shutil.rmtree(draft, ignore_errors=True)
            model = accelerator.unwrap_model(model)
            merged = model.merge_and_unload() if self.config["lora"] is not None else model
            merged.save_pretrained(draft, state_dict=weights)
            tokenizer.save_pretrained(draft)
            for write in extra_files:
                write(draft)
            shutil.rmtree(whole, ignore_errors=True)
            draft.rename(whole)
            metrics = {**metrics, **changes_of(self, tokenizer, merged, weights, compared_on)}
            numbers = {key: value for key, value in metrics.items() if isinstance(value, (int, float)) and math.isfinite(value)}
            (self.dir / "metrics.json").write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf8")
        accelerator.wait_for_everyone()


def _last_logged(history):
    """The last step's figures: the trainer's summary comes after them and holds other keys."""
    for entry in reversed(history):
        if "learning_rate" in entry:
            return {key: entry[key] for key in ("loss", "accuracy", "margin", "reward", "rewards/accuracies", "rewards/margins") if key in entry}
    return {}


def _named(metrics):
    return {"trainLoss": metrics["train_loss"], "trainSeconds": metrics["train_runtime"]}
