"""Progress as lines of JSON. Each line is written whole and the file closed, so that a killed process leaves no half line but the last."""

import json
import math
import time

from transformers import TrainerCallback


class Progress(TrainerCallback):
    def __init__(self, path):
        self.path = path
        self._last = None
        #: Tokens that carry loss in the step that is being done; None where nobody counts them.
        self.loss_tokens = None

    def write(self, step, total, metrics):
        numbers = {key: value for key, value in metrics.items() if isinstance(value, (int, float)) and math.isfinite(value)}
        with open(self.path, "a", encoding="utf8") as file:
            file.write(json.dumps({"step": step, "total": total, "metrics": numbers}) + "\n")

    def on_train_begin(self, args, state, control, **_):
        self._last = (time.monotonic(), state.num_input_tokens_seen)
        # Loaded, and its first step under way: of RL that may take minutes.
        if state.is_world_process_zero:
            self.write(state.global_step, state.max_steps, {})

    def on_log(self, args, state, control, logs=None, **_):
        if not state.is_world_process_zero or logs is None or "learning_rate" not in logs:
            return
        now, tokens = time.monotonic(), state.num_input_tokens_seen
        since, before = self._last
        rate = {"tokensPerSecond": round((tokens - before) / (now - since), 1)} if tokens > before else {}
        self._last = (now, tokens)
        counted = {} if self.loss_tokens is None else {"lossTokens": self.loss_tokens}
        self.write(state.global_step, state.max_steps, {**logs, **rate, **counted})

    def sum(self, name):
        """Of a figure over all steps, those before a resume too; of a step that was done twice the later one. None where a step lacks it."""
        by_step = {}
        with open(self.path, encoding="utf8") as file:
            for line in file:
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue  # What a killed process left of its last line.
                if entry["metrics"]:
                    by_step[entry["step"]] = entry["metrics"].get(name)
        return None if None in by_step.values() else sum(by_step.values())

    def count_loss_tokens(self, trainer):
        """As the trainer itself counts them to weigh its loss: over all passes and processes of a step."""
        get = trainer.get_batch_samples

        def counted(*args):
            batches, tokens = get(*args)
            self.loss_tokens = None if tokens is None else int(tokens)
            return batches, tokens

        trainer.get_batch_samples = counted
