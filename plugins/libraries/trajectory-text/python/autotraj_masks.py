"""Token ids and loss labels of trajectories as AutoTraj exports them.

A row holds `turns`. In the `native` dialect these are chat messages; in `tags` the assistant's own text and the results of its tools are `segments` of
one message. The mask is decided on text, before anything is tokenised: what a model wrote is one piece, all else another, and no token spans two
pieces. So whatever a tool printed, even the template's own marks, no token of it is ever trained on. That such marks stay text is `autotraj_tokens`' part.

Needs a Hugging Face tokenizer with a chat template, nothing else.
"""

import itertools
from typing import NamedTuple

from autotraj_tokens import tokens_of, well_formed

IGNORE = -100
_MODEL, _OTHER, _MARK = "model", "other", "mark"


class Piece(NamedTuple):
    """A stretch of a conversation. A mark ends a turn; it is trained with the turn before it."""

    text: str
    kind: str
    train: bool
    ids: list


class Encoder:
    """Turns exported rows into `input_ids` and `labels` for one tokenizer.

    chat_template: used for `native` rows in place of the tokenizer's own; must render a conversation's beginning the same whatever follows.
    """

    def __init__(self, tokenizer, chat_template=None):
        self.tokenizer = tokenizer
        self.chat_template = chat_template
        self.tokens = tokens_of(tokenizer)
        if self.tokens.decode(self.tokens.read("a") + self.tokens.read("b")) != "ab":
            raise ValueError("This tokenizer adds text of its own before every piece (an old SentencePiece one): exact masks cannot be made with it.")
        self._dropped = None
        self._end_marks = {}

    def encode(self, row):
        """{'input_ids', 'labels'}; labels are -100 where there is no loss."""
        return self._labelled(self.pieces(row["dialect"], row["turns"], row["tools"], row["ended"]))

    def side(self, row, name):
        """One side ('chosen', 'rejected') of a preference row, as `encode` gives a trajectory."""
        return self._labelled(self._side_pieces(row, name))

    def first_difference(self, row):
        """{'prompt_ids', 'chosen_ids', 'rejected_ids'} of the first turn in which the two sides of a preference row differ.

        One turn of the model on each side, so no result stands where a loss is taken. None where the sides part at anything else
        (a tool that answered differently) or one is the other's beginning.
        """
        chosen, rejected = self._side_pieces(row, "chosen"), self._side_pieces(row, "rejected")
        for at, (better, worse) in enumerate(zip(chosen, rejected)):
            if (better.text, better.kind) == (worse.text, worse.kind):
                continue
            if better.kind != _MODEL or worse.kind != _MODEL:
                return None
            return {
                "prompt_ids": [i for piece in chosen[:at] for i in piece.ids],
                "chosen_ids": self._turn_ids(chosen, at),
                "rejected_ids": self._turn_ids(rejected, at),
            }
        return None

    def pieces(self, dialect, turns, tools, ended):
        """The conversation in order, as Pieces; their texts joined are the whole text."""
        found = list(self._tags(turns) if dialect == "tags" else self._native(turns, tools))
        if not ended:
            last = max((i for i, piece in enumerate(found) if piece.kind == _MARK), default=-1)
            found = [piece._replace(train=piece.train and i != last) for i, piece in enumerate(found)]
        return [piece for piece in found if piece.text]

    def _side_pieces(self, row, name):
        return self.pieces(row["dialect"], row[f"{name}_turns"], row["tools"], row[f"{name}_ended"])

    @staticmethod
    def _labelled(pieces):
        input_ids, labels = [], []
        for piece in pieces:
            input_ids += piece.ids
            labels += piece.ids if piece.train else [IGNORE] * len(piece.ids)
        return {"input_ids": input_ids, "labels": labels}

    @staticmethod
    def _turn_ids(pieces, at):
        marked = at + 1 < len(pieces) and pieces[at + 1].kind == _MARK
        return pieces[at].ids + (pieces[at + 1].ids if marked else [])

    def _tags(self, turns):
        """What the model wrote never passes through the template, which may rewrite it (strip it, cut out its thinking)."""
        disguise = self.tokens.disguise(turns)
        stand_ins = {i: disguise.stand_in(i) for i, turn in enumerate(turns) if turn["role"] == "assistant"}
        messages = [{"role": "assistant", "content": stand_ins[i]} if i in stand_ins else disguise.hide(turn) for i, turn in enumerate(turns)]
        previous = None
        for i in stand_ins:
            lead = self._render(messages[:i], [], True, None)
            yield _framed(disguise, self._after(lead, previous, i))
            train = False
            for segment in turns[i]["segments"]:
                train = segment["train"]
                text = well_formed(segment["text"])
                yield Piece(text, _MODEL if segment["by"] == "model" else _OTHER, train, self.tokens.plain(text))
            previous = stand_ins[i]
            end = self._after(self._render(messages[: i + 1], [], False, None), previous, i)
            mark = end.rstrip()
            yield _framed(disguise, mark, _MARK, train)
            if i == max(stand_ins):
                yield _framed(disguise, end[len(mark) :] + self._rest(messages, i, previous, end))
            else:
                previous = previous + mark
        if not stand_ins:
            yield _framed(disguise, self._render(messages, [], True, None))

    def _rest(self, messages, i, stand_in, end):
        """What follows the last assistant turn: nothing, unless a user had the last word."""
        if i + 1 == len(messages):
            return ""
        return self._after(self._render(messages, [], False, None), stand_in + end, i)

    @staticmethod
    def _after(text, stand_in, i):
        if stand_in is None:
            return text
        before, found, after = text.partition(stand_in)
        if not found or stand_in in after:
            raise ValueError(f"The chat template does not show turn {i} as it is given.")
        return after

    def _native(self, turns, tools):
        self.check_shown(turns, tools)
        disguise = self.tokens.disguise(turns, tools)
        messages = [disguise.hide({key: value for key, value in turn.items() if key != "train"}) for turn in turns]
        offered = disguise.hide(tools)
        whole = self._render(messages, offered, False, self.chat_template)
        mark = self._end_mark(tools)
        at = 0
        for i, turn in enumerate(turns):
            if turn["role"] != "assistant":
                continue
            start = self._render(messages[:i], offered, True, self.chat_template)
            text = self._render(messages[: i + 1], offered, False, self.chat_template)
            if not (text.startswith(start) and whole.startswith(text) and len(start) >= at):
                raise ValueError(
                    f"The chat template shows turn {i} differently when more follows (it cuts out earlier thinking, say), so its tokens are not what "
                    "the model wrote. Give a template that keeps what it has shown (TRL has some: trl/chat_templates/*_training.jinja)."
                )
            yield _framed(disguise, whole[at : len(start)])
            body = text[len(start) :].rstrip()
            own = body[: -len(mark)] if mark and body.endswith(mark) else body
            yield _framed(disguise, own, _MODEL, turn["train"])
            yield _framed(disguise, body[len(own) :], _MARK, turn["train"])
            at = len(start) + len(body)
        yield _framed(disguise, whole[at:])

    def _end_mark(self, tools):
        key = repr(tools)
        if key not in self._end_marks:
            turn = self.tokens.disguise(tools).stand_in(0)
            text = self._render([{"role": "user", "content": "u"}, {"role": "assistant", "content": turn}], tools, False, self.chat_template)
            self._end_marks[key] = text.rpartition(turn)[2].rstrip()
        return self._end_marks[key]

    def check_shown(self, turns, tools):
        """Some templates leave out tools, calls, results or thinking without a word."""
        if self._dropped is None:
            call = {"id": "call00000", "type": "function", "function": {"name": "shown_call", "arguments": {"shown_argument": "1"}}}
            probe = [
                {"role": "user", "content": "u"},
                {"role": "assistant", "content": "", "reasoning_content": "shown_thinking", "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "call00000", "name": "shown_call", "content": "shown_result"},
                {"role": "assistant", "content": "a"},
            ]
            tool = {"name": "shown_tool", "description": "d", "parameters": {"type": "object", "properties": {"shown_argument": {"type": "string"}}}}
            try:
                text = self._render(probe, [{"type": "function", "function": tool}], False, self.chat_template)
            except Exception as error:  # A template may refuse tools or roles in its own way: then it does not show them.
                text = str(error)
            self._dropped = [word for word in ("shown_tool", "shown_call", "shown_argument", "shown_result", "shown_thinking") if word not in text]
        uses_tools = bool(tools) or any(turn["role"] == "tool" or turn.get("tool_calls") for turn in turns)
        thinks = any(turn.get("reasoning_content") for turn in turns)
        missing = [word[6:] for word in self._dropped if (uses_tools and word != "shown_thinking") or (thinks and word == "shown_thinking")]
        if missing:
            raise ValueError(f"The chat template leaves out parts of this trajectory: {', '.join(missing)}. Give one that shows them.")

    def _render(self, messages, tools, add_generation_prompt, chat_template):
        kwargs = {} if chat_template is None else {"chat_template": chat_template}
        return self.tokenizer.apply_chat_template(
            messages, tools=tools or None, tokenize=False, add_generation_prompt=add_generation_prompt, **kwargs
        )


def _framed(disguise, text, kind=_OTHER, train=False):
    """A piece of what a template wrote of hidden content."""
    return Piece(disguise.show(text), kind, train, disguise.ids(text))


def marked(encoder, row):
    """The row's text for a person, with what carries loss between ⟦ and ⟧."""
    pieces = encoder.pieces(row["dialect"], row["turns"], row["tools"], row["ended"])
    groups = itertools.groupby(pieces, key=lambda piece: piece.train)
    return "".join(f"⟦{text}⟧" if train else text for train, group in groups for text in ["".join(piece.text for piece in group)])
