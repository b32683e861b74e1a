"""TRL's options: their names, by configuration, and what becomes of a GRPO job's settings: `options.py config.json`"""

import dataclasses
import json
import sys

from autotraj_training.grpo import arguments
from autotraj_training.job import Job
from transformers import TrainingArguments
from trl import DPOConfig, GRPOConfig, RewardConfig, SFTConfig

configs = (TrainingArguments, SFTConfig, RewardConfig, DPOConfig, GRPOConfig)
names = {config.__name__: sorted(field.name for field in dataclasses.fields(config) if field.init) for config in configs}
told = dataclasses.asdict(arguments(Job(sys.argv[1])))
print(json.dumps({"names": names, "told": {name: value for name, value in told.items() if isinstance(value, (str, int, float, type(None)))}}))
