"""Stage reward-model: `python -m autotraj_training.reward config.json`. Bradley-Terry on whole trajectories, results included: nothing here is a target."""

import sys

import torch
from autotraj_tokens import tokens_of
from autotraj_trl import encoder_for, rows
from datasets import Dataset
from transformers import AutoModelForSequenceClassification
from trl import RewardConfig, RewardTrainer

from .job import Job
from .render import Rendering
from .untrained import write_margins


def main(path):
    job = Job(path)
    tokenizer = job.tokenizer()
    rendering = Rendering.of(tokenizer, job["dialect"], job["maxLength"])
    pairs = pairs_in(job.data("train"), rendering, tokenizer)
    held_out = pairs_in(job.data("heldOut"), rendering, tokenizer) if job.has_rows("heldOut") else None
    model = AutoModelForSequenceClassification.from_pretrained(job["model"]["path"], num_labels=1, dtype=torch.float32)
    # A server would otherwise squash the score through a sigmoid.
    model.config.problem_type = "regression"
    model.config.pad_token_id = tokenizer.pad_token_id
    freeze_below(model, job["trainLayers"])
    # Lengths are kept by the rendering; here TRL would leave long pairs out without a word.
    arguments = RewardConfig(**job.arguments(), max_length=None, center_rewards_coefficient=job["center"])
    # A model that one GPU cannot hold is not looked at before it is spread.
    if held_out is not None and job["shard"] != "full":
        write_margins(job, model.to(arguments.device), pairs, held_out)
    trainer = RewardTrainer(
        model, args=arguments, train_dataset=pairs, processing_class=tokenizer, peft_config=job.lora("SEQ_CLS", modules_to_save=["score"])
    )
    if len(trainer.train_dataset) != len(pairs):
        raise ValueError(f"TRL kept {len(trainer.train_dataset)} of {len(pairs)} pairs.")
    metrics = {**job.train(trainer), "pairs": len(pairs)}
    if held_out is not None:
        found = trainer.evaluate(eval_dataset=held_out)
        metrics |= {"heldOutPairs": len(held_out), "heldOutAccuracy": found["eval_accuracy"], "heldOutMargin": found["eval_margin"]}
    job.save(trainer.model, tokenizer, metrics, trainer.accelerator, extra_files=[rendering.save])


def pairs_in(path, rendering, tokenizer):
    encoder, tokens = encoder_for(tokenizer, rendering.template), tokens_of(tokenizer)

    def ids(row, side):
        try:
            encoder.check_shown(row[side], row["tools"])
            return rendering.ids(tokens, row[side], row["tools"])
        except ValueError as error:
            raise ValueError(f"pair {row['id']}: {error}") from error

    return Dataset.from_list([{"chosen_ids": ids(row, "chosen"), "rejected_ids": ids(row, "rejected")} for row in rows(path)])


def freeze_below(model, layers):
    """Leaves the embeddings and all but the top `layers` as they are: on a CPU most of the time goes there."""
    if layers is None:
        return
    blocks = model.base_model.layers
    if layers > len(blocks):
        raise ValueError(f"trainLayers is {layers}, the model has {len(blocks)} layers.")
    for part in (model.base_model.get_input_embeddings(), *blocks[: len(blocks) - layers]):
        part.requires_grad_(False)


if __name__ == "__main__":
    main(sys.argv[1])
