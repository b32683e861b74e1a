"""Stage rl with method dpo: `python -m autotraj_training.dpo config.json`. Compares the first turn in which two trajectories differ."""

import sys

from autotraj_trl import dpo_dataset, encoder_for, rows, tokenised_dpo_trainer
from trl import DPOConfig

from .changes import FIRST_ROWS
from .job import Job


def main(path):
    job = Job(path)
    tokenizer = job.tokenizer()
    comparable = dpo_dataset(job.data("train"), encoder_for(tokenizer))
    pairs, too_long = fitting(comparable, job["maxLength"])
    given = sum(1 for _ in rows(job.data("train")))
    trainer = tokenised_dpo_trainer()(
        job.causal_model(tokenizer),
        args=DPOConfig(**job.arguments(), beta=job["beta"], max_length=None),
        train_dataset=pairs,
        processing_class=tokenizer,
        peft_config=job.lora("CAUSAL_LM"),
    )
    metrics = {**job.train(trainer), "pairs": len(pairs), "tooLong": too_long, "notComparable": given - len(comparable)}
    first = pairs.select(range(min(len(pairs), FIRST_ROWS)))
    job.save(trainer.model, tokenizer, metrics, trainer.accelerator, compared_on=[chosen(pair) for pair in first])


def chosen(pair):
    """The ids of its better side, with 1 in the turn that is compared."""
    return pair["prompt_ids"] + pair["chosen_ids"], [0] * len(pair["prompt_ids"]) + [1] * len(pair["chosen_ids"])


def fitting(pairs, max_length):
    def fits(prompt, chosen, rejected):
        return max_length is None or len(prompt) + max(len(chosen), len(rejected)) <= max_length

    kept = pairs.filter(fits, input_columns=["prompt_ids", "chosen_ids", "rejected_ids"])
    if len(kept) == 0:
        raise ValueError(f"All {len(pairs)} pairs are longer than maxLength, {max_length} tokens.")
    return kept, len(pairs) - len(kept)


if __name__ == "__main__":
    main(sys.argv[1])
