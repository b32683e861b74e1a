"""Which tokens carry loss, one token a line: `python -m autotraj_training.mask_dump sft models/sft/data/train.rows.jsonl --model models/sft/model`."""

from itertools import groupby, islice

from autotraj_tokens import tokens_of
from autotraj_trl import encoder_for, rows
from transformers import AutoTokenizer

from .dialects import dialect_for
from .frame import prepare_tokenizer
from .render import Rendering
from .rollouts import Row


def sft_mask(tokenizer, row):
    """[(token id, has loss)] of an SFT row."""
    found = encoder_for(tokenizer).encode(row)
    return [(token, label != -100) for token, label in zip(found["input_ids"], found["labels"])]


def reward_mask(tokenizer, row, side, dialect):
    """A reward model has no targets; the score is read at the last token, and the loss with it."""
    ids = Rendering.of(tokenizer, dialect, None).ids(tokens_of(tokenizer), row[side], row["tools"])
    return [(token, at == len(ids) - 1) for at, token in enumerate(ids)]


def rl_mask(tokenizer, row):
    """The row that a rollout makes of these turns, with its env_mask."""
    made = _native_rollout(tokenizer, row) if row["dialect"] == "native" else _tags_rollout(tokenizer, row)
    made.close(tokenizer.eos_token_id)
    return [(token, False) for token in made.prompt] + [(token, mask == 1) for token, mask in zip(made.completion, made.mask)]


def _tags_rollout(tokenizer, row):
    prompt, last = row["turns"][:-1], row["turns"][-1]
    dialect = dialect_for("tags", tokenizer)
    made = Row({}, dialect.prompt({"messages": prompt}))
    for segment in last["segments"]:
        ids = dialect.continuation(None, {"append": segment["text"]})
        made.add_model(ids) if segment["by"] == "model" else made.add_result(ids)
    return made


def _native_rollout(tokenizer, row):
    """What the model wrote is taken as the template shows it, its end included: a native turn is over when the model ends it."""
    turns, dialect = row["turns"], dialect_for("native", tokenizer)
    first = next(at for at, turn in enumerate(turns) if turn["role"] == "assistant")
    task = {"messages": turns[:first], "tools": row["tools"]}
    made = Row(task, dialect.prompt(task))
    pieces = encoder_for(tokenizer).pieces("native", turns, row["tools"], row["ended"])
    written = iter([piece.ids for piece in pieces if piece.kind != "other"])
    for kind, together in groupby(turns[first:], key=lambda turn: turn["role"]):
        if kind == "assistant":
            made.add_model([token for _ in together for ids in islice(written, 2) for token in ids])
        else:
            results = [{"toolCallId": turn["tool_call_id"], "name": turn["name"], "content": turn["content"]} for turn in together]
            made.add_result(dialect.continuation(task, {"results": results}))
    return made


def dump(tokenizer, masked):
    """A token's white space is shown as Python writes it."""
    return "\n".join(f"{'loss' if loss else '    '}  {tokenizer.decode([token])!r}" for token, loss in masked)


def main(stage, model, dialect, path, count):
    tokenizer = prepare_tokenizer(AutoTokenizer.from_pretrained(model), dialect)
    for row in islice(rows(path), count):
        if stage == "reward-model":
            for side in ("chosen", "rejected"):
                print(f"── {row['id']}, {side}\n{dump(tokenizer, reward_mask(tokenizer, row, side, dialect))}")
        else:
            print(f"── {row['id']}\n{dump(tokenizer, (sft_mask if stage == 'sft' else rl_mask)(tokenizer, row))}")


if __name__ == "__main__":
    import argparse

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=["sft", "reward-model", "rl"])
    parser.add_argument("rows", help="data/train.rows.jsonl of a stage; for rl that of stage sft")
    parser.add_argument("--model", required=True, help="folder whose tokenizer to use")
    parser.add_argument("--dialect", choices=["tags", "native"], default="tags")
    parser.add_argument("--count", type=int, default=1, help="rows to show (default 1)")
    options = parser.parse_args()
    main(options.stage, options.model, options.dialect, options.rows, options.count)
