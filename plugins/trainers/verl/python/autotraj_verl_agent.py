"""verl's agent loop for AutoTraj's episodes: verl samples turns, AutoTraj's service runs the tools, ends the episode and gives the reward.

Registered by agents.yaml (`_target_: autotraj_verl_agent.EpisodeLoop`). AUTOTRAJ_SERVICE_URL and AUTOTRAJ_SERVICE_TOKEN say where the service is. All requests are
idempotent, so they are sent again until the service answers. What the model sampled keeps its tokens and has a loss; results are appended after it with
response_mask 0.
"""

import asyncio
import json
import os
import re
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from autotraj_tokens import tokens_of
from verl.experimental.agent_loop.agent_loop import AgentLoopBase, AgentLoopOutput
from verl.experimental.agent_loop.tool_parser import ToolParser

# Requests wait for tools: there are as many at a time as a worker has episodes.
_REQUESTS = ThreadPoolExecutor(max_workers=256, thread_name_prefix="autotraj")
_THINKING = re.compile(r"\A\s*<think>(.*?)</think>", re.DOTALL)


class Service:
    """AutoTraj's HTTP service. @raises RuntimeError for what it refuses, TimeoutError where it does not answer for timeout_s."""

    def __init__(self, timeout_s):
        self.url = os.environ["AUTOTRAJ_SERVICE_URL"].rstrip("/")
        self.token = os.environ["AUTOTRAJ_SERVICE_TOKEN"]
        self.timeout_s = timeout_s

    async def begin(self, task, key):
        return (await self._one("/v1/sessions", {"task": task, "key": key}))["session"]

    async def turn(self, session, index, turn):
        return await self._one("/v1/turns", {"session": session, "index": index, **turn})

    async def score(self, session):
        return await self._one("/v1/score", {"id": session, "session": session}, refused=False)

    async def end(self, session):
        await self._ask("DELETE", f"/v1/sessions/{session}", None)

    async def _one(self, path, item, refused=True):
        (found,) = (await self._ask("POST", path, {"items": [item]}))["items"]
        if refused and "error" in found:
            raise RuntimeError(f"AutoTraj's service refused {path}: {found['error']['message']}")
        return found

    async def _ask(self, method, path, body):
        return await asyncio.get_running_loop().run_in_executor(_REQUESTS, self._until_answered, method, path, body)

    def _until_answered(self, method, path, body):
        started = time.monotonic()
        for attempt in count():
            try:
                return self._send(method, path, body)
            except urllib.error.HTTPError as error:
                if error.code < 500 and error.code != 429:
                    raise RuntimeError(f"AutoTraj's service refused {method} {path}: {error.code} {error.read().decode()[:500]}") from error
                cause = error
            except OSError as error:
                cause = error
            if time.monotonic() - started > self.timeout_s:
                raise TimeoutError(f"AutoTraj's service at {self.url} has not answered for {self.timeout_s:.0f} s: {cause}") from cause
            time.sleep(min(10, 0.2 * 2**attempt))

    def _send(self, method, path, body):
        headers = {"authorization": f"Bearer {self.token}"}
        if body is not None:
            headers["content-type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data, headers, method=method), timeout=600) as answer:
            text = answer.read()
        return json.loads(text) if text else None


class Tokens:
    """A rollout so far. What stands in it was sampled (mask 1) or appended (mask 0)."""

    def __init__(self, prompt, room):
        self.prompt, self.room = prompt, room
        self.response, self.mask, self.logprobs = [], [], []

    @property
    def left(self):
        return self.room - len(self.response)

    def sampled(self, ids, logprobs):
        self.response += ids
        self.mask += [1] * len(ids)
        self.logprobs += logprobs or []

    def appended(self, ids):
        self.response += ids
        self.mask += [0] * len(ids)
        self.logprobs += [0.0] * len(ids)


class EpisodeLoop(AgentLoopBase):
    """on_invalid: raise, drop or fallback (with fallback_reward): what becomes of a trajectory without a valid reward."""

    def __init__(self, *args, max_new_tokens=None, service_timeout_s=300, on_invalid="raise", fallback_reward=None, name=None, tools=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.max_new_tokens, self.on_invalid, self.fallback_reward = max_new_tokens, on_invalid, fallback_reward
        self.service = Service(service_timeout_s)

    async def run(self, sampling_params, **kwargs):
        task = kwargs["extra_info"]
        messages = [dict(message) for message in kwargs["raw_prompt"]]
        tools = json.loads(task["tool_definitions"]) or None
        prompt = await self.loop.run_in_executor(None, self._prompt, messages, tools)
        if len(prompt) > self.rollout_config.prompt_length:
            raise ValueError(f"task {task['task_id']}: {len(prompt)} tokens of prompt are more than {self.rollout_config.prompt_length} (maxPromptTokens)")
        tokens = Tokens(list(prompt), self.rollout_config.response_length)
        talk = Tags(self, task) if task["dialect"] == "tags" else Native(self, messages, tools)
        # The same for a request that is sent again, another one for each rollout of each step.
        session = await self.service.begin(task["task_id"], f"{kwargs['uid']}-{kwargs['session_id']}")
        spent = {"generate_sequences": 0.0, "tool_calls": 0.0, "num_preempted": 0}
        fields = {}
        turns = 0
        while tokens.left > 0:
            limit = min(tokens.left, self.max_new_tokens or int(task["max_new_tokens"]))
            ids, logprobs = await self._sample(tokens, {**sampling_params, **talk.sampling, "max_tokens": limit}, session, spent, fields)
            turn, kept, rest = await talk.turn(ids, limit)
            tokens.sampled(ids[:kept], logprobs and logprobs[:kept])
            tokens.appended(rest[: tokens.left])
            started = time.monotonic()
            step = await self.service.turn(session, turns, turn)
            spent["tool_calls"] += time.monotonic() - started
            turns += 1
            if step["done"]:
                break
            appended = await talk.append(step, tokens)
            if len(appended) >= tokens.left:
                # No room to answer: for the service the trajectory ends as cut off.
                break
            tokens.appended(appended)
        return await self._scored(session, tokens, turns, spent, fields)

    def _prompt(self, messages, tools):
        disguise = tokens_of(self.tokenizer).disguise(messages, tools)
        return disguise.shown(self.continuous_token_builder.build_initial_tokens(disguise.hide(messages), tools=disguise.hide(tools)))

    async def _sample(self, tokens, sampling, session, spent, fields):
        started = time.monotonic()
        output = await self.server_manager.generate(request_id=session, prompt_ids=tokens.prompt + tokens.response, sampling_params=sampling)
        spent["generate_sequences"] += time.monotonic() - started
        spent["num_preempted"] += output.num_preempted or 0
        if output.stop_reason == "aborted" or not output.token_ids:
            raise RuntimeError(f"session {session}: the engine broke off a turn ({output.stop_reason})")
        # Which versions of the weights wrote it, from the first turn to the last: verl's sampler reads these.
        for field, value in output.extra_fields.items():
            if field not in fields or field == "max_global_steps":
                fields[field] = value
        return list(output.token_ids), output.log_probs and list(output.log_probs)

    async def _scored(self, session, tokens, turns, spent, fields):
        started = time.monotonic()
        found = await self.service.score(session)
        await self.service.end(session)
        reward = found["reward"]
        if not found["valid"]:
            why = found.get("error", {}).get("message", "no reason was given")
            if self.on_invalid == "drop":
                return []
            if self.on_invalid != "fallback":
                raise RuntimeError(f"session {session} has no valid reward: {why}")
            reward = self.fallback_reward
        terms = {f"term/{name}": float("nan") if value is None else value for name, value in found["terms"].items()}
        return AgentLoopOutput(
            prompt_ids=tokens.prompt,
            response_ids=tokens.response,
            response_mask=tokens.mask,
            response_logprobs=tokens.logprobs if len(tokens.logprobs) == len(tokens.response) else None,
            reward_score=float(reward),
            num_turns=2 * turns,
            metrics={**spent, "compute_score": time.monotonic() - started},
            extra_fields={**fields, "turn_scores": [], "tool_rewards": [], "reward_extra_info": terms},
        )


class Tags:
    """The tag dialect: one message of the assistant, in which the model goes on after each result."""

    def __init__(self, loop, task):
        self.tokens = tokens_of(loop.tokenizer)
        self.stop = list(task["stop"])
        self.sampling = {"stop": self.stop}

    async def turn(self, ids, limit):
        """The turn as the service reads it, how many of its ids stay, and those of what is missing of its stop string."""
        cut = len(ids) >= limit
        written = ids
        while written and written[-1] in self.tokens.controls:
            written, cut = written[:-1], False
        # Control tokens have no text, as in TRL's rollouts: a text that spells one was written piece by piece.
        kept, text, rest = self.tokens.until(written, self.stop)
        stopped = any(stop in text for stop in self.stop)
        return {"text": text, "finish": "length" if cut and not stopped else "stop"}, len(ids) if kept == len(written) else kept, rest

    async def append(self, step, tokens):
        return self.tokens.plain(step["append"])


class Native:
    """Messages and tool calls as the model's chat template writes them; verl's parsers read the calls."""

    sampling = {}

    def __init__(self, loop, messages, tools):
        self.loop, self.messages, self.tools = loop, messages, tools
        self.ends = {loop.tokenizer.eos_token_id}
        self.parser = ToolParser.get_tool_parser(loop.rollout_config.multi_turn.format, loop.tokenizer)
        if self.parser.stop_token_ids:
            self.sampling = {"stop_token_ids": list(self.parser.stop_token_ids)}

    async def turn(self, ids, limit):
        cut = len(ids) >= limit and ids[-1] not in self.ends
        written = ids[:-1] if ids[-1] in self.ends else ids
        content, found = await self.parser.extract_tool_calls(written, None)
        thought = _THINKING.match(content or "")
        text = (content or "")[thought.end() :].lstrip("\n") if thought else content or ""
        calls = [{"id": call.tool_call_id or f"call-{len(self.messages)}-{n}", "name": call.name, "arguments": call.arguments} for n, call in enumerate(found)]
        shown = [{"id": call["id"], "type": "function", "function": {"name": call["name"], "arguments": _object(call["arguments"])}} for call in calls]
        self.messages.append({"role": "assistant", "content": content or "", **({"tool_calls": shown} if calls else {})})
        reasoning = {"reasoning": thought[1].strip("\n")} if thought else {}
        if calls:
            return {"text": text, **reasoning, "finish": "tool-calls", "toolCalls": calls}, len(ids), []
        return {"text": text, **reasoning, "finish": "length" if cut else "stop"}, len(ids), []

    async def append(self, step, tokens):
        before = len(self.messages)
        self.messages += [
            {"role": "tool", "tool_call_id": result["toolCallId"], "name": result["name"], "content": result["content"]} for result in step["results"]
        ]
        known = tokens.prompt + tokens.response
        disguise = tokens_of(self.loop.tokenizer).disguise(self.messages, self.tools)
        shown, offered = disguise.hide(self.messages), disguise.hide(self.tools)
        merge, _, _ = await self.loop.ct_merge_context_msg(shown[:before], shown, known, list(tokens.mask), None, tools=offered)
        if merge.removed_prefix_token_count:
            raise RuntimeError("this model's template takes tokens back that were sampled: native episodes cannot be trained on with it")
        return disguise.shown(merge.token_ids[len(known) :])


def _object(arguments):
    try:
        found = json.loads(arguments)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"unparsed": arguments}
