"""Which checkpoint to go on from. transformers would take the one with the highest number, also one that a kill left half written."""

import json
from pathlib import Path

from safetensors import safe_open

#: Where accelerate puts the parts of a model that is spread over GPUs (FSDP).
_SPREAD_WEIGHTS = "pytorch_model_fsdp_0"


def newest_checkpoint(folder):
    """Path of the newest whole checkpoint; None where there is none."""
    numbered = [(int(path.name.removeprefix("checkpoint-")), path) for path in Path(folder).glob("checkpoint-*") if path.name[11:].isdigit()]
    return next((str(path) for _, path in sorted(numbered, reverse=True) if is_whole(path)), None)


def is_whole(path):
    """trainer_state.json is written last; the weights' file must have the length that its header says. Spread weights have an index, written after all parts."""
    try:
        json.loads((path / "trainer_state.json").read_text(encoding="utf8"))
        if (path / _SPREAD_WEIGHTS).exists():
            return (path / _SPREAD_WEIGHTS / ".metadata").exists()
        weights = sorted(path.glob("*.safetensors"))
        for file in weights:
            with safe_open(file, framework="pt"):
                pass
        return len(weights) > 0
    except Exception:  # Whatever is wrong with it, an older one is taken.
        return False
