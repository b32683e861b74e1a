"""Stage sft: `python -m autotraj_training.sft config.json`."""

import sys

from autotraj_trl import encoder_for, sft_dataset

from .changes import FIRST_ROWS
from .job import Job


def main(path):
    job = Job(path)
    tokenizer = job.tokenizer()
    encoder = encoder_for(tokenizer)
    given = sft_dataset(job.data("train"), encoder)
    rows = fitting(given, job["maxLength"])
    if len(rows) == 0:
        raise ValueError(f"All {len(given)} rows are longer than maxLength, {job['maxLength']} tokens.")
    model = job.causal_model(tokenizer)
    trainer = build(job, model, tokenizer, rows)
    job.progress.count_loss_tokens(trainer)
    metrics = {**job.train(trainer), "lossTokens": job.progress.sum("lossTokens"), "rows": len(rows), "tooLong": len(given) - len(rows)}
    compared_on = rows
    if job.has_rows("heldOut"):
        held_out = fitting(sft_dataset(job.data("heldOut"), encoder), job["maxLength"])
        metrics["heldOutRows"] = len(held_out)
        if len(held_out) > 0:
            metrics["heldOutLoss"] = trainer.evaluate(eval_dataset=held_out)["eval_loss"]
            compared_on = held_out
    job.save(trainer.model, tokenizer, metrics, trainer.accelerator, compared_on=[masked(row) for row in compared_on.select(range(min(len(compared_on), FIRST_ROWS)))])


def masked(row):
    """Its ids, with 1 where the model wrote."""
    return row["input_ids"], [int(label != -100) for label in row["labels"]]


def fitting(rows, max_length):
    """Rows that fit. Cut off, a row would teach to end in the middle."""
    return rows.filter(lambda ids: len(ids) <= max_length, input_columns="input_ids") if max_length is not None else rows


def build(job, model, tokenizer, rows):
    """On a CPU transformers' own Trainer: TRL's computes the language model's head in fp32 there, a quarter slower for the same losses."""
    lora = job.lora("CAUSAL_LM")
    if job["trainer"] == "trl":
        from trl import SFTConfig, SFTTrainer

        arguments = SFTConfig(**job.arguments(), max_length=None)
        return SFTTrainer(model, args=arguments, train_dataset=rows, processing_class=tokenizer, peft_config=lora)
    from transformers import Trainer, TrainingArguments

    from .labelled import collator_for

    collator = collator_for(model, tokenizer.pad_token_id)
    if lora is not None:
        from peft import get_peft_model

        model = get_peft_model(model, lora)
    return Trainer(
        model,
        args=TrainingArguments(**job.arguments(), label_names=["labels"]),
        train_dataset=rows,
        processing_class=tokenizer,
        data_collator=collator,
    )


if __name__ == "__main__":
    main(sys.argv[1])
