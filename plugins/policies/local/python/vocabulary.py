"""Writes a byte-level BPE tokenizer (tokenizer.json) into a GGUF file."""

import gguf

from checkpoint import Refusal, read_json

# Names that llama.cpp gives to the way a text is cut before BPE, by the regular expressions that tokenizer.json has for it. The name must be the
# right one: another would give other tokens than the ones trained on. llama.cpp's own converter knows them by hashes of some tokens instead.
_BYTE_LEVEL = ("ByteLevel", True)
_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
PRE_TOKENIZERS = {
    (_BYTE_LEVEL,): "gpt-2",
    (("Digits", True), _BYTE_LEVEL): "smollm",
    (("Split", _WORDS % r"\p{N}{1,3}"), ("ByteLevel", False)): "llama-bpe",
    (("Split", _WORDS % r"\p{N}"), ("ByteLevel", False)): "qwen2",
}


def add_vocabulary(writer, folder, vocabulary_size):
    tokenizer = read_json(folder / "tokenizer.json")
    model = tokenizer.get("model", {})
    if model.get("type") != "BPE" or model.get("byte_fallback"):
        raise Refusal(f"the tokenizer in {folder} is {model.get('type')} over pieces of text, not byte-level BPE.")
    tokens, types = _tokens(model["vocab"], tokenizer.get("added_tokens", []), vocabulary_size, folder)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(_pre_tokenizer(tokenizer.get("pre_tokenizer"), folder))
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    special = gguf.SpecialVocab(folder, load_merges=True, n_vocab=vocabulary_size)
    # Said either way, since llama.cpp has defaults of its own for some kinds.
    special.add_special_token.setdefault("bos", False)
    if isinstance(special.chat_template, list):
        special.chat_template = next((entry["template"] for entry in special.chat_template if entry.get("name") == "default"), None)
    special.add_to_gguf(writer, quiet=True)


def _tokens(vocabulary, added, size, folder):
    token_of = {number: text for text, number in vocabulary.items()}
    added_of = {token["id"]: token for token in added}
    token_of.update({number: token["content"] for number, token in added_of.items()})
    if max(token_of) >= size:
        raise Refusal(
            f"the tokenizer in {folder} has {max(token_of) + 1} tokens, the model's embeddings only {size}.",
            "Save the tokenizer that the model was trained with beside it.",
        )
    tokens, types = [], []
    for number in range(size):
        tokens.append(token_of.get(number, f"[PAD{number}]"))
        types.append(_type_of(number, token_of, added_of))
    return tokens, types


def _type_of(number, token_of, added_of):
    if number not in token_of:
        return gguf.TokenType.UNUSED
    token = added_of.get(number)
    if token is None:
        return gguf.TokenType.NORMAL
    # As llama.cpp's converter does: `<|…|>` and `<｜…｜>` are control tokens whatever the file says. Trainers read texts by the same rule.
    looks_special = token["content"].startswith(("<|", "<｜")) and token["content"].endswith(("|>", "｜>"))
    return gguf.TokenType.CONTROL if token.get("special") or looks_special else gguf.TokenType.USER_DEFINED


def _pre_tokenizer(pre, folder):
    steps = (pre or {}).get("pretokenizers", [pre] if pre else [])
    name = PRE_TOKENIZERS.get(tuple(_step(step) for step in steps))
    if name is None:
        raise Refusal(f"the tokenizer in {folder} cuts texts in a way that is not known here ({', '.join(step['type'] for step in steps)}).")
    return name


def _step(step):
    kind = step["type"]
    if kind == "ByteLevel" and not step.get("add_prefix_space"):
        return kind, step.get("use_regex", True)
    if kind == "Digits":
        return kind, step.get("individual_digits", False)
    if kind == "Split" and step.get("behavior") == "Isolated" and not step.get("invert"):
        return kind, step["pattern"].get("Regex")
    return kind, None
