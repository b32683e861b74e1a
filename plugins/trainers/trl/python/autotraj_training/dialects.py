"""How an episode is written as ids, by dialect: the question, a turn as the service reads it, what stands between two turns."""

import copy
import json

from autotraj_trl import encoder_for
from autotraj_tokens import tokens_of
from trl.chat_template_utils import add_response_schema, parse_response

from .frame import prompt_ids


def dialect_for(name, tokenizer):
    return Tags(tokenizer) if name == "tags" else Native(tokenizer)


class Tags:
    """The service writes results as text, and reads the model's text itself."""

    def __init__(self, tokenizer):
        self.tokens = tokens_of(tokenizer)

    def prompt(self, task):
        return prompt_ids(self.tokens, task["messages"])

    def read(self, _task, _before, turn):
        return {"text": turn.text, "finish": turn.finish}

    def continuation(self, _task, answer):
        return self.tokens.plain(answer["append"])


class Native:
    """Tool calls as the model's own chat template has them: TRL's training template where it has one, TRL's (or the tokenizer's own) reading of calls."""

    def __init__(self, tokenizer):
        self.encoder = encoder_for(tokenizer)
        self.tokenizer = tokenizer
        self.parser = _parser(tokenizer)

    def prompt(self, task):
        messages = [{key: value for key, value in message.items() if key != "train"} for message in task["messages"]]
        self.encoder.check_shown(messages, task["tools"])
        disguise = self.encoder.tokens.disguise(messages, task["tools"])
        return disguise.ids(self._render(disguise.hide(messages), disguise.hide(task["tools"]), True))

    def read(self, task, before, turn):
        """A call that cannot be read is text, as a server's parser leaves it. A turn that was cut off calls nothing."""
        if turn.finish == "length":
            return {"text": turn.text, "finish": "length"}
        # The parser reads text: what the model spelled of a mark must not end its turn there.
        disguise = self.encoder.tokens.disguise(self.encoder.tokens.decode(turn.ids))
        found = disguise.show(parse_response(self.parser, disguise.hidden(turn.ids), prefix=before, tools=task["tools"]))
        calls = [call.get("function", call) for call in found.get("tool_calls") or []]
        thinking = found.get("reasoning_content") or found.get("thinking")
        return {
            "text": found["content"],
            "finish": "tool-calls" if calls else "stop",
            **({"reasoning": thinking} if thinking else {}),
            **({"toolCalls": [{"id": "", "name": call["name"], "arguments": _arguments(call)} for call in calls]} if calls else {}),
        }

    def continuation(self, task, answer):
        """From the end of the model's turn to the beginning of its next one. Rendered behind a turn without text: what was sampled is never rendered again."""
        results, tools = answer["results"], task["tools"]
        calls = [{"id": one["toolCallId"], "type": "function", "function": {"name": one["name"], "arguments": {}}} for one in results]
        before = [{"role": "user", "content": "u"}, {"role": "assistant", "content": "", "tool_calls": calls}]
        after = [{"role": "tool", "tool_call_id": one["toolCallId"], "name": one["name"], "content": one["content"]} for one in results]
        self.encoder.check_shown(before + after, tools)
        disguise = self.encoder.tokens.disguise(before, after, tools)
        before, after, tools = disguise.hide(before), disguise.hide(after), disguise.hide(tools)
        start = self._render(before, tools, False).rstrip()
        whole = self._render(before + after, tools, True)
        if not whole.startswith(start):
            raise ValueError("The chat template does not show a tool's result behind the call it answers, so nothing can be sampled after it.")
        return disguise.ids(whole[len(start) :])

    def _render(self, messages, tools, add_generation_prompt):
        template = {} if self.encoder.chat_template is None else {"chat_template": self.encoder.chat_template}
        return self.tokenizer.apply_chat_template(messages, tools=tools or None, tokenize=False, add_generation_prompt=add_generation_prompt, **template)


def _arguments(call):
    return call["arguments"] if isinstance(call["arguments"], str) else json.dumps(call["arguments"], ensure_ascii=False)


def _parser(tokenizer):
    """A copy, so that the trained model's tokenizer is saved as it came."""
    parser = copy.deepcopy(tokenizer)
    if getattr(parser, "response_template", None) is None and getattr(parser, "response_schema", None) is None:
        try:
            add_response_schema(parser)
        except ValueError as error:
            raise ValueError(
                "Nothing says how this model writes its tool calls: TRL does not know its chat template, and its tokenizer has no response_template. "
                "Give it one, or ask in the tag dialect (rollout.dialect: tags)."
            ) from error
    return parser
