"""Turns sampled by vLLM, whose weights TRL keeps up to date. Both ask it directly: TRL's own call knows one limit and no stop strings per turn."""

import json
import urllib.request

from .sampler import Turn, stopped


def sampler_for(job, tokenizer, trainer):
    if job["vllm"] == "server":
        return ServerSampler(job["vllmUrl"], job["model"]["path"], tokenizer, job["temperature"])
    return InProcessSampler(trainer.vllm_generation.llm, tokenizer, job["temperature"])


class ServerSampler:
    """vLLM's completions endpoint, all rows in one request."""

    def __init__(self, url, model, tokenizer, temperature):
        self.url = url.rstrip("/") + "/v1/completions"
        self.model = model
        self.tokenizer = tokenizer
        self.temperature = temperature

    def turns(self, _model, rows, limits, stops):
        # One limit and one set of stop strings per request: other rows are asked for apart.
        turns = [None] * len(rows)
        kinds = list(zip(limits, map(tuple, stops)))
        for limit, own in sorted(set(kinds)):
            asked = [at for at, kind in enumerate(kinds) if kind == (limit, own)]
            for at, choice in zip(asked, self._ask([rows[at] for at in asked], limit, list(own))):
                turns[at] = _turn(
                    self.tokenizer, list(choice["token_ids"]), choice["logprobs"]["token_logprobs"], choice["finish_reason"], choice.get("stop_reason"), own
                )
        return turns

    def _ask(self, prompts, limit, stops):
        asked = {
            "model": self.model,
            "prompt": prompts,
            "max_tokens": limit,
            "temperature": self.temperature,
            "top_p": 1.0,
            "stop": stops,
            "include_stop_str_in_output": True,
            "return_token_ids": True,
            "logprobs": 0,
        }
        request = urllib.request.Request(self.url, data=json.dumps(asked).encode("utf8"), headers={"content-type": "application/json"})
        with urllib.request.urlopen(request) as response:
            return sorted(json.load(response)["choices"], key=lambda choice: choice["index"])


class InProcessSampler:
    """The engine that TRL holds in this process (vllm: colocate)."""

    def __init__(self, engine, tokenizer, temperature):
        self.engine = engine
        self.tokenizer = tokenizer
        self.temperature = temperature

    def turns(self, _model, rows, limits, stops):
        from vllm import SamplingParams

        settings = [
            SamplingParams(temperature=self.temperature, max_tokens=limit, stop=own, include_stop_str_in_output=True, logprobs=0)
            for limit, own in zip(limits, stops)
        ]
        outputs = self.engine.generate([{"prompt_token_ids": row} for row in rows], sampling_params=settings, use_tqdm=False)
        found = []
        for output, own in zip(outputs, stops):
            choice = output.outputs[0]
            ids = list(choice.token_ids)
            logprobs = [by_id[token].logprob for token, by_id in zip(ids, choice.logprobs)]
            found.append(_turn(self.tokenizer, ids, logprobs, choice.finish_reason, choice.stop_reason, own))
        return found


def _turn(tokenizer, ids, logprobs, finish_reason, stop_reason, stops):
    # vLLM names the stop string that ended it; without one the model ended its message itself.
    ended = finish_reason == "stop" and not isinstance(stop_reason, str)
    text = tokenizer.decode(ids[:-1] if ended else ids, skip_special_tokens=True)
    if any(stop in text for stop in stops):
        return stopped(tokenizer, ids, stops, logprobs)
    return Turn(ids, text, "length" if finish_reason == "length" else "stop", ended, logprobs)
