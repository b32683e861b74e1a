"""Plays one episode with EpisodeLoop: `play.py '{"turns": […], "config": {…}, "task": {…}, …}'`. Tokens are characters; 0 is the end mark.

With `gguf`, a file, they are that model's.
"""

import asyncio
import json
import os
import sys
from types import SimpleNamespace

from autotraj_verl_agent import EpisodeLoop

said = json.loads(sys.argv[1])


class Characters:
    eos_token_id = 0
    unk_token_id = None
    added_tokens_decoder = {0: SimpleNamespace(content="<end>", special=True)}

    def encode(self, text, add_special_tokens=False, split_special_tokens=False):
        return [ord(character) for character in (text if split_special_tokens else text.replace("<end>", "\0"))]

    def decode(self, ids, skip_special_tokens=False, clean_up_tokenization_spaces=False):
        return "".join(("" if skip_special_tokens else "<end>") if i == 0 else chr(i) for i in ids)


def real(gguf):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(os.path.dirname(gguf), gguf_file=os.path.basename(gguf))


class Engine:
    def __init__(self):
        self.asked = []

    async def generate(self, request_id, prompt_ids, sampling_params):
        turn = said["turns"][len(self.asked)]
        self.asked.append({"prompt": tokenizer.decode(prompt_ids), **sampling_params})
        # Sampled piece by piece, whatever it spells.
        written = tokenizer.encode(turn["text"], add_special_tokens=False, split_special_tokens=True)
        ids = written[: sampling_params["max_tokens"]] + ([tokenizer.eos_token_id] if turn.get("ends") else [])
        return SimpleNamespace(
            token_ids=ids,
            log_probs=[-1.0] * len(ids),
            num_preempted=None,
            stop_reason=turn.get("reason", "completed"),
            extra_fields={"min_global_steps": len(self.asked), "max_global_steps": len(self.asked)},
        )


async def main():
    engine = Engine()
    rollout = SimpleNamespace(
        prompt_length=said.get("promptLength", 1000), response_length=said.get("responseLength", 1000), multi_turn=SimpleNamespace(format="hermes")
    )
    config = SimpleNamespace(config=SimpleNamespace(actor_rollout_ref=SimpleNamespace(rollout=rollout)))
    loop = EpisodeLoop(config, engine, tokenizer, None, None, None, name="autotraj", tools=None, **said.get("config", {}))
    task = {"task_id": "q-1", "dialect": "tags", "stop": ["</code>", "</answer>"], "max_new_tokens": 500, "tool_definitions": "[]", **said.get("task", {})}
    prompt = [{"role": "user", "content": said.get("question", "6*7?")}]
    try:
        output = await loop.run({"temperature": 1.0}, raw_prompt=prompt, extra_info=task, uid="u", session_id=3, index=0)
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"}
    if isinstance(output, list):
        return {"outputs": len(output)}
    runs = []
    for token, mask in zip(output.response_ids, output.response_mask, strict=True):
        if not runs or runs[-1][0] != mask:
            runs.append([mask, []])
        runs[-1][1].append(token)
    terms = {name: None if value != value else value for name, value in output.extra_fields.pop("reward_extra_info").items()}
    return {
        "prompt": tokenizer.decode(output.prompt_ids),
        "runs": [[mask, tokenizer.decode(ids)] for mask, ids in runs],
        "controls": [tokenizer.decode([i]) for i in output.prompt_ids + output.response_ids if i in tokenizer.added_tokens_decoder],
        "logprobs": len(output.response_logprobs),
        "reward": output.reward_score,
        "turns": output.num_turns,
        "terms": terms,
        "fields": output.extra_fields,
        "asked": engine.asked,
    }


tokenizer = real(said["gguf"]) if "gguf" in said else Characters()
print(json.dumps(asyncio.run(main())))
