"""The text a trajectory reward model reads, the same in training and wherever it is served. `render.json` beside the model says how it is written."""

import hashlib
import json
from pathlib import Path

from autotraj_trl import encoder_for

from .frame import BEGIN, CHATML

FILE = "render.json"
VERSION = 1


class Rendering:
    """dialect: what trajectories are written in. template: the Jinja chat template. max_length: tokens; the middle of a longer text is left out."""

    def __init__(self, dialect, template, max_length):
        self.dialect = dialect
        self.template = template
        self.max_length = max_length

    @classmethod
    def of(cls, tokenizer, dialect, max_length):
        """In native what TRL's training template shows, where it has one: models' own leave thinking out as soon as somebody else speaks."""
        template = encoder_for(tokenizer).chat_template if dialect == "native" else None
        if template is None:
            # Who scores sends whole texts, to which no token is added.
            template = CHATML if tokenizer.chat_template == BEGIN + CHATML else tokenizer.chat_template
        return cls(dialect, template, max_length)

    @classmethod
    def load(cls, folder):
        """@raises ValueError where the file was changed by hand: the model would be shown a text it was not trained on."""
        found = json.loads((Path(folder) / FILE).read_text(encoding="utf8"))
        if found["version"] != VERSION or found["templateSha256"] != _sha256(found["template"]):
            raise ValueError(f"{Path(folder) / FILE} is of another version, or its template is not the one the model was trained with.")
        return cls(found["dialect"], found["template"], found["maxLength"])

    def save(self, folder):
        described = {
            "version": VERSION,
            "dialect": self.dialect,
            "template": self.template,
            "templateSha256": _sha256(self.template),
            "maxLength": self.max_length,
            "truncation": "middle",
        }
        (Path(folder) / FILE).write_text(json.dumps(described, indent=2) + "\n", encoding="utf8")

    def text(self, tokenizer, messages, tools=()):
        """A whole conversation, without white space after the last mark: what the score is read at."""
        shown = tokenizer.apply_chat_template(messages, tools=list(tools) or None, chat_template=self.template, tokenize=False)
        return shown.rstrip()

    def ids(self, tokens, messages, tools=()):
        """The question and the answer matter most: of a text that is too long the first and the last half of `max_length` are kept."""
        disguise = tokens.disguise(messages, tools)
        ids = disguise.ids(self.text(tokens.tokenizer, disguise.hide(messages), disguise.hide(tools)))
        if self.max_length is None or len(ids) <= self.max_length:
            return ids
        tail = self.max_length // 2
        return ids[: self.max_length - tail] + ids[-tail:]


def _sha256(text):
    return hashlib.sha256(text.encode("utf8")).hexdigest()
