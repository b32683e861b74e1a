"""Stage rl: `python -m autotraj_training.grpo config.json`. TRL's GRPO over episodes that the kernel plays."""

import logging
import random
import statistics
import sys

import numpy
import torch
from autotraj_trl import rows as rows_of
from datasets import Dataset
from trl import GRPOConfig

from .advantages import EpisodeTrainer
from .changes import FIRST_ROWS
from .episodes import Episodes
from .groups import Groups
from .job import STOPPED_EXIT_CODE, Job
from .rollouts import Rollouts
from .sampler import TorchSampler
from .stopping import Stopped


def main(path):
    job = Job(path)
    tokenizer = job.tokenizer()
    tasks = {task["id"]: task for task in rows_of(job.data("train"))}
    # TRL prints whole rows where a reward is missing.
    logging.getLogger("trl").setLevel(logging.ERROR)
    player = Player(job, tokenizer, tasks)
    trainer = EpisodeTrainer(
        job.causal_model(tokenizer),
        args=arguments(job),
        # TRL hands a rollout function the prompts alone: so the prompt is the task's name.
        train_dataset=Dataset.from_dict({"prompt": list(tasks)}),
        processing_class=tokenizer,
        reward_funcs=reward,
        rollout_func=player.rollout,
        peft_config=job.lora("CAUSAL_LM"),
    )
    try:
        metrics = job.train(trainer)
    except Stopped:
        player.save_where_the_step_began(trainer)
        sys.exit(STOPPED_EXIT_CODE)
    job.save(trainer.model, tokenizer, {**metrics, **player.totals}, trainer.accelerator, compared_on=player.first)


def arguments(job):
    vllm = {}
    if job["vllm"] != "none":
        vllm = {
            "use_vllm": True,
            "vllm_mode": job["vllm"],
            "vllm_server_base_url": job["vllmUrl"],
            "vllm_gpu_memory_utilization": job["vllmMemory"],
        }
    return GRPOConfig(
        # TRL counts its tokens itself; transformers would only complain, at each step.
        **{**job.arguments(), "include_num_input_tokens_seen": "no"},
        num_generations=job["group"],
        max_completion_length=job["maxCompletionTokens"],
        temperature=job["temperature"],
        beta=job["beta"],
        scale_rewards=job["scaleRewards"],
        loss_type=job["lossType"],
        **({} if job["clip"] is None else {"epsilon": job["clip"]["low"], "epsilon_high": job["clip"]["high"]}),
        **vllm,
    )


def reward(reward, log_metric, invalid, tool_calls, terms, alike, **_):
    """What the kernel gave, with the row. One function for all terms: TRL would take a missing one of several for 0."""
    log_metric("invalid", statistics.fmean(invalid))
    log_metric("toolCalls", statistics.fmean(tool_calls))
    log_metric("groupsWithoutVariance", statistics.fmean(alike))
    for name in sorted({name for row in terms for name in row}):
        given = [row[name] for row in terms if isinstance(row.get(name), (int, float))]
        if given:
            log_metric(f"terms/{name}", statistics.fmean(given))
    return reward


class Player:
    """Plays the episodes of one optimiser step, where TRL would call its own generation."""

    def __init__(self, job, tokenizer, tasks):
        self.job = job
        self.tasks = tasks
        self.tokenizer = tokenizer
        self.trainer = None
        self.rollouts = None
        self.randomness = None
        self.groups = Groups(job["group"], job["resample"], tasks)
        self.played = {"trajectories": 0, "invalid": 0}
        # Of this process's first step, which the model wrote that it begins with.
        self.first = []

    def rollout(self, prompts, trainer):
        if self.rollouts is None:
            self.trainer = trainer
            self.rollouts = Rollouts(self.job, self.tokenizer, self.tasks, Episodes.of(self.job, self._waiting), self._sampler(trainer))
        self.randomness = (torch.get_rng_state(), numpy.random.get_state(), random.getstate())
        model = trainer.accelerator.unwrap_model(trainer.model)
        model.eval()
        try:
            rows = self.groups.play(prompts, lambda asked: self._play(model, asked))
        finally:
            # TRL tells training from evaluation by this.
            model.train()
        return {
            "prompt_ids": [row.prompt for row in rows],
            "completion_ids": [row.completion for row in rows],
            "logprobs": [row.logprobs for row in rows] if self.job["vllm"] != "none" else None,
            "env_mask": [row.mask for row in rows],
            "reward": [row.reward for row in rows],
            "invalid": [int(row.reward is None) for row in rows],
            "tool_calls": [row.tool_calls for row in rows],
            "terms": [row.terms for row in rows],
            "term": [row.term for row in rows],
            "limit": [row.limit for row in rows],
            "alike": self.groups.alike(rows),
        }

    @property
    def totals(self):
        return {**self.played, **self.groups.totals}

    def _play(self, model, prompts):
        rows = self.rollouts.play(model, prompts)
        self.played["trajectories"] += len(rows)
        self.first += [(row.prompt + row.completion, [0] * len(row.prompt) + row.mask) for row in rows[: FIRST_ROWS - len(self.first)]]
        self.played["invalid"] += sum(row.reward is None for row in rows)
        return rows

    def save_where_the_step_began(self, trainer):
        """Stopped while it sampled: the weights are those of the last step, and with its randomness the step is done again alike."""
        # Several processes would have to save together, and are not all at the same place.
        if self.randomness is None or trainer.state.global_step == 0 or trainer.accelerator.num_processes > 1:
            return
        torch.set_rng_state(self.randomness[0])
        numpy.random.set_state(self.randomness[1])
        random.setstate(self.randomness[2])
        trainer._save_checkpoint(trainer.model, trial=None)

    def _sampler(self, trainer):
        if self.job["vllm"] == "none":
            return TorchSampler(self.tokenizer, self.job["temperature"], self.job.stop.check, self.job["dtype"] == "bf16")
        from .vllm_samplers import sampler_for

        return sampler_for(self.job, self.tokenizer, trainer)

    def _waiting(self, seconds, reason):
        print(f"the service is away for {seconds:.0f} s ({reason}); asking again", flush=True)
        state = self.trainer.state
        self.job.progress.write(state.global_step, state.max_steps, {"serviceAwaySeconds": round(seconds, 1)})


if __name__ == "__main__":
    main(sys.argv[1])
