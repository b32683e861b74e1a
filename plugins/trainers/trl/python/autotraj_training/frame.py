"""How a conversation is written around what the model writes. In the tag dialect it must be the text that policies send when they sample."""

#: ChatML and nothing else. Models' own templates add a system prompt where there is none, strip text or cut thinking out.
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
#: Before it, where the tokenizer begins every text with a token of its own: llama.cpp and vLLM's completions do that by themselves.
BEGIN = "{{ bos_token }}"

_PAD_TOKENS = ("<|endoftext|>", "<|finetune_right_pad_id|>", "<|vision_pad|>", "<pad>", "[PAD]", "<unk>")


def prepare_tokenizer(tokenizer, dialect):
    """Tags: bare ChatML for a model that speaks ChatML. The template is saved with the trained model, so whoever serves it writes the same."""
    if tokenizer.chat_template is None and not _speaks_chatml(tokenizer):
        raise ValueError("The model's tokenizer has no chat template, and no <|im_start|> and <|im_end|> to make one of. Start from a model that has.")
    if dialect == "tags" and _speaks_chatml(tokenizer) and "<|im_start|>" in (tokenizer.chat_template or CHATML):
        tokenizer.chat_template = (BEGIN if _begins_texts(tokenizer) else "") + CHATML
    tokenizer.pad_token = _pad_token(tokenizer)
    return tokenizer


def prompt_ids(tokens, messages):
    """The ids before the model's first turn. A worked example's assistant message is its `text`."""
    shown = [{"role": message["role"], "content": message.get("text") or message["content"]} for message in messages]
    disguise = tokens.disguise(shown)
    return disguise.ids(tokens.tokenizer.apply_chat_template(disguise.hide(shown), tokenize=False, add_generation_prompt=True))


def _begins_texts(tokenizer):
    return tokenizer.bos_token_id is not None and tokenizer.encode("a")[0] == tokenizer.bos_token_id


def _speaks_chatml(tokenizer):
    known = tokenizer.get_vocab()
    return "<|im_start|>" in known and "<|im_end|>" in known


def _pad_token(tokenizer):
    """One that ends no text: a reward model reads its score at the last token that is not padding."""
    ends = {tokenizer.eos_token, "<|im_end|>"}
    known = tokenizer.get_vocab()
    for token in (tokenizer.pad_token, *_PAD_TOKENS):
        if token is not None and token in known and token not in ends:
            return token
    raise ValueError("The tokenizer has no token for padding besides the one that ends a text. Give it a pad_token.")
