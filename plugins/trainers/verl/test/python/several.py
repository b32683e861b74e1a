"""Scripts from here in one process, which imports and reads the tokenizer once: `several.py '[[SCRIPT, ARGUMENT, …], …]'`. Prints what they print, in order."""

import functools
import json
import os
import runpy
import sys

from transformers import AutoTokenizer

AutoTokenizer.from_pretrained = functools.cache(AutoTokenizer.from_pretrained)
path = list(sys.path)
for script, *arguments in json.loads(sys.argv[1]):
    sys.argv, sys.path = [script, *arguments], list(path)
    runpy.run_path(os.path.join(os.path.dirname(__file__), script), run_name="__main__")
