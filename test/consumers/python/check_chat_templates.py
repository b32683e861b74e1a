"""Writes rows of chat messages with the chat templates that TRL knows, as `apply_chat_template` does, and tells the texts.

check_chat_templates.py GGUF ROWS.jsonl TEMPLATE…
"""

import json
import os
import sys

gguf, rows, names = sys.argv[1], sys.argv[2], sys.argv[3:]
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import trl  # noqa: E402
from tokenizers_of import report, tokenizer_from  # noqa: E402

tokenizer = tokenizer_from(gguf)


def written(row, template):
    try:
        return tokenizer.apply_chat_template(row["messages"], tools=row.get("tools"), chat_template=template, tokenize=False)
    except Exception as error:  # What a template raises is what the test asks for.
        return f"{type(error).__name__}: {error}"


found = {}
for name in names:
    with open(os.path.join(os.path.dirname(trl.__file__), "chat_templates", f"{name}.jinja"), encoding="utf-8") as file:
        template = file.read()
    with open(rows, encoding="utf-8") as file:
        found[name] = [written(json.loads(line), template) for line in file]
report(found)
