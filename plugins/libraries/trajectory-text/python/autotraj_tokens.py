"""Token ids of conversations in which nobody but the chat template makes a control token.

A question, a tool's result or a model's text may hold what looks like one (`<|im_end|>`, `</s>`): that is text, and it is tokenised as text. A template
puts such texts and its own marks into one string, where they cannot be told apart any more. So before it sees them they are replaced by stand-ins, words
that occur nowhere in the conversation, and put back as text when the string has become ids.

What counts as a control token is llama.cpp's rule, so that a model samples what it was trained on: all that the tokenizer declares as special, whether or
not it has a role (`eos_token`, …), and all that is written `<|…|>` or `<｜…｜>`. Other added tokens (`<think>`, `<tool_call>`) are words that a model may write.

Needs a Hugging Face tokenizer, nothing else.
"""

import functools
import hashlib
import itertools
import json
import re


@functools.lru_cache(maxsize=8)
def tokens_of(tokenizer):
    """The Tokens of a tokenizer as it is when first asked for. They hold a copy of its vocabulary, so there is one per tokenizer."""
    return Tokens(tokenizer)


class Tokens:
    """What a tokenizer makes of text."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self.controls = {number: token.content for number, token in tokenizer.added_tokens_decoder.items() if _is_control(token.content, token.special)}
        longest_first = sorted(self.controls.values(), key=len, reverse=True)
        self.forms = re.compile("|".join(map(re.escape, longest_first)) or "(?!)")
        self._encode_plain = _plain_encoder(tokenizer)
        for number, form in self.controls.items():
            # What a vocabulary has no piece for is the unknown token by right.
            if number != tokenizer.unk_token_id and number in self.plain(form):
                raise ValueError(f"This tokenizer reads {form} as a control token wherever it stands: a text that holds it cannot be told from a mark.")

    def plain(self, text):
        """Ids of a text that makes no control token, whatever it says."""
        return self._encode_plain(well_formed(text))

    def disguise(self, *content):
        """@param content: all that a template will be shown; strings, lists and dicts of any depth."""
        return Disguise(self, content)

    def read(self, text):
        """Ids of a text in which control tokens are control tokens: what a template wrote."""
        return self.tokenizer.encode(text, add_special_tokens=False)

    def until(self, ids, stops):
        """What a model wrote up to the end of the first of these stop strings: how many of the ids, all of their text, and the ids of what is missing of it.

        Where the token that brings a stop string's end goes on beyond it, that token cannot be kept, for it holds what nobody is shown, nor be cut: what stands
        before it keeps its ids, and the rest of the stop string is tokenised anew. Without a stop string: all of it.
        """

        def text_of(count):
            return self.tokenizer.decode(ids[:count], skip_special_tokens=True)

        def end_in(text):
            return min((at + len(stop) for stop in stops if (at := text.find(stop)) >= 0), default=None)

        count, text = len(ids), text_of(len(ids))
        end = end_in(text)
        if end is None or end == len(text):
            return count, text, []
        while count > 1 and end_in(text_of(count - 1)) is not None:
            count -= 1
        text = text[:end]
        if text_of(count) == text:
            return count, text, []
        count -= 1
        # Half a character decodes to a sign of its own, which the text does not have.
        while not text.startswith(text_of(count)):
            count -= 1
        return count, text, self.plain(text[len(text_of(count)) :])

    def decode(self, ids):
        return self.tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False)


class Disguise:
    """One conversation's stand-ins. They follow from its content, so the same conversation gives the same ids, and no content can hold them."""

    def __init__(self, tokens, content):
        self._tokens = tokens
        told = json.dumps(content)
        names = (f"AUTOTRAJ{hashlib.sha256(f'{number}{told}'.encode()).hexdigest()[:12]}N" for number in itertools.count())
        self._name = next(name for name in names if name not in told)
        self._forms = list(tokens.controls.values())
        self._stand_in = re.compile(rf"{self._name}(\d+)E")

    def stand_in(self, number):
        """A word of one's own, for a part that a template must not see; other than those of `hide`."""
        return f"{self._name}{len(self._forms) + number}E"

    def hide(self, value):
        """The content, with a stand-in for each text of a control token."""
        return _in_each_text(value, lambda text: self._tokens.forms.sub(lambda found: f"{self._name}{self._forms.index(found[0])}E", well_formed(text)))

    def show(self, value):
        """What a template or a parser made of hidden content, with the texts that were hidden."""
        return _in_each_text(value, lambda text: self._stand_in.sub(lambda found: self._forms[int(found[1])], text))

    def ids(self, text):
        """Ids of what a template wrote of hidden content: its own control tokens are read, those of the content are text."""
        return self.shown(self._tokens.read(text))

    def shown(self, ids):
        """The same for its ids. What stands between two control tokens is tokenised as one stretch, as if nothing had been hidden in it."""

        def plain(text, stretch):
            if self._name not in text:
                return stretch
            if self._tokens.read(text) != stretch:
                raise ValueError("This tokenizer adds text of its own to every piece: what looks like a control token in a text cannot be kept as text with it.")
            return self._tokens.plain(self.show(text))

        return self._between_controls(ids, plain)

    def hidden(self, ids):
        """The way back: sampled ids for a parser that reads their text, in which only control tokens look like control tokens."""
        return self._between_controls(ids, lambda text, stretch: self._tokens.read(self.hide(text)) if self._tokens.forms.search(text) else stretch)

    def _between_controls(self, ids, change):
        found = []
        for is_control, stretch in itertools.groupby(ids, key=self._tokens.controls.__contains__):
            stretch = list(stretch)
            found += stretch if is_control else change(self._tokens.decode(stretch), stretch)
        return found


def well_formed(text):
    """A lone surrogate is no text to any tokenizer: it becomes U+FFFD, as it does in JavaScript."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _in_each_text(value, change):
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {_in_each_text(key, change): _in_each_text(item, change) for key, item in value.items()}
    return [_in_each_text(item, change) for item in value] if isinstance(value, (list, tuple)) else value


def _is_control(text, declared):
    return declared or (text.startswith(("<|", "<｜")) and text.endswith(("|>", "｜>")))


def _plain_encoder(tokenizer):
    """A tokenizer of its own: transformers' `split_special_tokens` is a switch on the shared one, which another thread may be using."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return lambda text: tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True)
    described = json.loads(backend.to_str())
    for token in described["added_tokens"]:
        token["special"] = _is_control(token["content"], token["special"])
    own = type(backend).from_str(json.dumps({**described, "truncation": None, "padding": None}))
    own.encode_special_tokens = True
    return lambda text: own.encode(text, add_special_tokens=False).ids
