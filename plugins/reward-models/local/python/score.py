"""Scores conversations with a reward model that TRL trained (sequence classification, one label). JSON lines in, JSON lines out.

    → {"folder": …, "template": …, "maxLength": … | null, "threads": … | null, "precision": "fp32" | "bf16"}
    ← {"ready": true}  or  {"refused": "…", "hint": "…"}
    → {"id": 1, "conversations": [{"messages": […], "tools": […]}, …]}
    ← {"id": 1, "scores": [{"score": 0.1, "tokens": 210, "left_out": 0} | {"failed": "…"}, …]}
"""

import json
import math
import os
import sys
import threading
import time

from autotraj_tokens import tokens_of


class Refusal(Exception):
    def __init__(self, what, hint):
        super().__init__(what)
        self.hint = hint


class RewardModel:
    def __init__(self, folder, template, maxLength, threads, precision):
        import torch
        from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar

        self.torch = torch
        # What stands last on stderr is told when the process dies.
        disable_progress_bar()
        if threads is not None:
            torch.set_num_threads(threads)
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        if config.num_labels != 1:
            raise Refusal(f"it has {config.num_labels} labels, a reward model has one.", "Train it with the stage reward-model.")
        self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self.model, loading = AutoModelForSequenceClassification.from_pretrained(
            folder, dtype=torch.float32, local_files_only=True, output_loading_info=True
        )
        # Without a word transformers fills what is missing with random numbers: a language model's folder would score, and mean nothing.
        missing = sorted(loading["missing_keys"]) + sorted(str(key) for key in loading["mismatched_keys"])
        if missing:
            raise Refusal(f"its weights lack {', '.join(missing[:3])}.", "Merge adapters as a sequence classification model, with its score head.")
        self.model.eval()
        self.template = template
        self.max_length = maxLength
        self.longest = getattr(config.get_text_config(), "max_position_embeddings", None)
        self.pad = config.get_text_config().pad_token_id
        self.bf16 = precision == "bf16"

    def answers(self, conversations):
        """One per conversation, in order. What cannot be read fails alone."""
        answers, readable = [], []
        for conversation in conversations:
            try:
                ids, left_out = self.read(conversation)
                readable.append((len(answers), ids))
                answers.append({"tokens": len(ids), "left_out": left_out})
            except Exception as error:  # Of the template's or the tokenizer's: model-written text is not theirs to expect.
                answers.append({"failed": f"it cannot be written for the model: {type(error).__name__}: {error}"[:500]})
        # Without a token for padding each row must be read alone.
        batches = [readable] if self.pad is not None and readable else [[row] for row in readable]
        for batch in batches:
            for (at, _), score in zip(batch, self.scores([ids for _, ids in batch])):
                if math.isfinite(score):
                    answers[at]["score"] = score
                else:
                    answers[at] = {"failed": f"the model's score is {score}"}
        return answers

    def read(self, conversation):
        """Token ids as in training: only the template makes control tokens; nothing after the last mark; of a text that is too long both ends."""
        messages, tools = conversation["messages"], conversation["tools"]
        disguise = tokens_of(self.tokenizer).disguise(messages, tools)
        text = self.tokenizer.apply_chat_template(
            disguise.hide(messages), tools=disguise.hide(tools) or None, chat_template=self.template, tokenize=False
        )
        ids = disguise.ids(text.rstrip())
        if not ids:
            raise ValueError("it has no text")
        left_out = 0
        if self.max_length is not None and len(ids) > self.max_length:
            tail = self.max_length // 2
            left_out = len(ids) - self.max_length
            ids = ids[: self.max_length - tail] + ids[-tail:]
        if self.longest is not None and len(ids) > self.longest:
            raise ValueError(f"it has {len(ids)} tokens, and the model reads {self.longest}")
        return ids, left_out

    def scores(self, rows):
        torch = self.torch
        width = max(map(len, rows))
        ids = torch.tensor([row + [self.pad or 0] * (width - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16):
            return self.model(input_ids=ids, attention_mask=mask).logits[:, 0].float().tolist()


def end_with(parent):
    """Ends this process when the one that started it is gone, also in the middle of a batch: a model holds gigabytes, and nobody reads its answers."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def main():
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    # Whatever libraries print must not stand between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf8")
    os.dup2(2, 1)

    def say(document):
        answers.write(json.dumps(document) + "\n")
        answers.flush()

    try:
        model = RewardModel(**json.loads(sys.stdin.buffer.readline()))
    except Refusal as refusal:
        return say({"refused": str(refusal), "hint": refusal.hint})
    except (OSError, ValueError, KeyError) as error:
        return say({"refused": f"{type(error).__name__}: {error}"[:1000], "hint": "Is the folder whole, and of an architecture that transformers knows?"})
    say({"ready": True})
    for line in sys.stdin.buffer:
        request = json.loads(line)
        say({"id": request["id"], "scores": model.answers(request["conversations"])})


if __name__ == "__main__":
    main()
