"""TRL's own tool loop, for the comparison in grpo-tools.ts: `grpo-tools.py CONFIG.json` trains as it says and prints the seconds of each step."""

import json
import sys
import time

from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

settings = json.load(open(sys.argv[1], encoding="utf8"))
calls = 0


def python(code: str):
    """
    Runs code

    Args:
        code: Python code
    """
    global calls
    calls += 1
    time.sleep(settings["latencyMs"] / 1000)
    return "RESULT-42"


class Steps(TrainerCallback):
    def __init__(self):
        self.seconds = []

    def on_log(self, args, state, control, logs=None, **_):
        if "step_time" in logs:
            self.seconds.append(logs["step_time"])


def reward(completions, **_):
    # As with AutoTraj's service: right or not, and something to learn from.
    return [float(at % 2) for at in range(len(completions))]


def main():
    tokenizer = AutoTokenizer.from_pretrained(settings["model"])
    tokenizer.pad_token = "<|endoftext|>"
    model = AutoModelForCausalLM.from_pretrained(settings["model"], dtype="float32")
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    steps = Steps()
    trainer = GRPOTrainer(
        model,
        args=GRPOConfig(
            output_dir=settings["dir"],
            use_cpu=True,
            bf16=True,
            gradient_checkpointing=False,
            beta=0.0,
            max_steps=settings["steps"],
            per_device_train_batch_size=settings["batchSize"],
            gradient_accumulation_steps=settings["accumulation"],
            num_generations=settings["group"],
            max_completion_length=settings["maxCompletionTokens"],
            max_tool_calling_iterations=2,
            temperature=settings["temperature"],
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=False,
        ),
        train_dataset=Dataset.from_list([{"prompt": settings["messages"]}] * settings["questions"]),
        processing_class=tokenizer,
        reward_funcs=reward,
        tools=[python],
        callbacks=[steps],
    )
    trainer.train()
    print(json.dumps({"seconds": steps.seconds, "calls": calls}))


main()
