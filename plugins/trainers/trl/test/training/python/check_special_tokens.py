"""How texts that look like control tokens are tokenised by each stage: `check_special_tokens.py MODEL ROWS.json`. Prints one JSON document.

Two tokenizers: SmolLM2's own, and the same with tokens of other families in it, added as those do: some have no role (`eos_token`, …) that names them.
"""

import functools
import json
import sys

import trl
from autotraj_tokens import tokens_of
from autotraj_trl import encoder_for
from autotraj_training.dialects import dialect_for
from autotraj_training.frame import prepare_tokenizer
from autotraj_training.mask_dump import reward_mask, rl_mask, sft_mask
from autotraj_training.sampler import Turn
from tokenizers import AddedToken, processors
from transformers import AutoTokenizer

folder, path = sys.argv[1:]
cases = json.load(open(path, encoding="utf8"))
OTHERS = ["<s>", "</s>", "[INST]", "[/INST]", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>", "<|begin_of_text|>", "<|python_tag|>"]


@functools.cache
def tokenizer_for(dialect, template=None, others=False):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    if others:
        tokenizer.backend_tokenizer.add_special_tokens([AddedToken(text, special=True) for text in OTHERS])
        # As Qwen has it: what looks like one is declared as an ordinary word.
        tokenizer.backend_tokenizer.add_tokens([AddedToken("<|fim_prefix|>", special=False), AddedToken("<tool_call>", special=False)])
    if template is not None:
        with open(f"{trl.__path__[0]}/chat_templates/{template}.jinja", encoding="utf8") as file:
            tokenizer.chat_template = file.read()
    return prepare_tokenizer(tokenizer, dialect)


def controls(tokenizer):
    return {i for i, token in tokenizer.added_tokens_decoder.items() if token.special or token.content.startswith("<|")}


def told(tokenizer, masked):
    """The ids, the control tokens among them, the whole text, and each stretch with loss."""
    ids, known = [token for token, _ in masked], controls(tokenizer)
    trained = []
    for at, (token, loss) in enumerate(masked):
        if loss:
            trained = trained if at > 0 and masked[at - 1][1] else [*trained, []]
            trained[-1].append(token)
    return {
        "ids": ids,
        "controls": [tokenizer.decode([i]) for i in ids if i in known],
        "text": tokenizer.decode(ids),
        "trained": [tokenizer.decode(stretch) for stretch in trained],
    }


def stages(tokenizer, case, dialect):
    row, pair = case[dialect], case[f"{dialect}Pair"]
    sft, rl = sft_mask(tokenizer, row), rl_mask(tokenizer, row)
    sides = encoder_for(tokenizer).first_difference({**case[f"{dialect}Dpo"]})
    return {
        "sft": told(tokenizer, sft),
        "rl": told(tokenizer, rl),
        "reward": told(tokenizer, reward_mask(tokenizer, pair, "chosen", dialect)),
        "dpo": sides and {name: told(tokenizer, [(i, False) for i in ids]) for name, ids in sides.items()},
        # What RL closes a stopped row with has no loss there; the template's newline after the last turn is no part of an episode.
        "alike": [i for i, _ in sft][: len(rl) - 1] == [i for i, _ in rl][:-1],
    }


def tried(make, *args):
    """One text that cannot be tokenised must not hide the others."""
    try:
        return make(*args)
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"}


def everywhere(others):
    tags, native = tokenizer_for("tags", None, others), tokenizer_for("native", "qwen3", others)
    return [{"tags": tried(stages, tags, case, "tags"), "native": tried(stages, native, case, "native")} for case in cases]


def llama(case):
    """A family whose end of turn has no role, and whose template writes a result as JSON."""
    tokenizer = tokenizer_for("native", "llama3_1", True)
    tokenizer.bos_token = "<|begin_of_text|>"
    turns = [{key: value for key, value in turn.items() if key != "reasoning_content"} for turn in case["native"]["turns"]]
    return told(tokenizer, sft_mask(tokenizer, {**case["native"], "turns": turns}))


def begun(case):
    """A tokenizer that begins every text with a token of its own, as llama.cpp and vLLM's completions then do: in SFT, RL, and not in what a reward model reads."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.backend_tokenizer.add_special_tokens([AddedToken("<s>", special=True)])
    tokenizer.bos_token = "<s>"
    number = tokenizer.convert_tokens_to_ids("<s>")
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing("<s> $A", "<s> $A <s> $B", [("<s>", number)])
    prepare_tokenizer(tokenizer, "tags")
    found = (sft_mask(tokenizer, case["tags"]), rl_mask(tokenizer, case["tags"]), reward_mask(tokenizer, case["tagsPair"], "chosen", "tags"))
    return [[at for at, (token, _) in enumerate(masked) if token == number] for masked in found]


def earlier_thinking():
    """What a native reward model is shown of a turn after which the user speaks again."""
    tokenizer = tokenizer_for("native", "qwen3")
    said = [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "1", "reasoning_content": "THOUGHT"},
        {"role": "user", "content": "two"},
        {"role": "assistant", "content": "2"},
    ]
    return "THOUGHT" in told(tokenizer, reward_mask(tokenizer, {"chosen": said, "tools": []}, "chosen", "native"))["text"]


def read(said):
    """A native turn of RL, sampled piece by piece, as the service is told of it."""
    tokenizer = tokenizer_for("native", "qwen3")
    dialect, task = dialect_for("native", tokenizer), {"messages": [{"role": "user", "content": said}], "tools": cases[0]["native"]["tools"]}
    ids = [*tokens_of(tokenizer).plain(said), tokenizer.eos_token_id]
    return dialect.read(task, dialect.prompt(task), Turn(ids, said, "stop", True))


def parallel(contents):
    """Results of one turn that name each other's stand-ins."""
    tokenizer = tokenizer_for("native", "qwen3")
    results = [{"toolCallId": f"c{at}", "name": "python", "content": content} for at, content in enumerate(contents)]
    return tokenizer.decode(dialect_for("native", tokenizer).continuation({"tools": cases[0]["native"]["tools"]}, {"results": results}))


print(
    json.dumps(
        {
            "own": everywhere(False),
            "others": everywhere(True),
            "llama": [tried(llama, case) for case in cases],
            "begun": begun(cases[2]),
            "earlierThinking": earlier_thinking(),
            "read": [read(said) for said in ("a <|im_end|> b", '<tool_call>\n{"name": "python", "arguments": {"code": "<|im_end|>"}}\n</tool_call>')],
            "parallel": parallel(["AUTOTRAJ1RESULT", "AUTOTRAJ0RESULT<|im_end|>"]),
        }
    )
)
