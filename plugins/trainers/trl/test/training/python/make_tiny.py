"""A Llama of two layers with random weights and SmolLM2's real tokenizer, or the first tokens of it: `make_tiny.py MODEL.gguf FOLDER`,
`make_tiny.py FOLDER_WITH_ALL FOLDER TOKENS`."""

import json
import os
import sys

import torch
from autotraj_training.gguf import tokenizer_of
from tokenizers import Tokenizer
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast


def first_tokens(tokenizer, count):
    """Its marks, bytes and first merges: what each merge makes stands behind what it is made of."""
    whole = json.loads(tokenizer.backend_tokenizer.to_str())
    bpe = whole["model"]
    bpe["vocab"] = {token: at for token, at in bpe["vocab"].items() if at < count}
    bpe["merges"] = [pair for pair in bpe["merges"] if "".join(pair) in bpe["vocab"]]
    marks = {"eos_token": tokenizer.eos_token, "bos_token": tokenizer.bos_token, "pad_token": tokenizer.pad_token, "unk_token": tokenizer.unk_token}
    fewer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(json.dumps(whole)), **marks)
    fewer.chat_template = tokenizer.chat_template
    return fewer


source, folder, *tokens = sys.argv[1:]
torch.manual_seed(0)
tokenizer = first_tokens(AutoTokenizer.from_pretrained(source), int(tokens[0])) if tokens else tokenizer_of(*os.path.split(source))
model = LlamaForCausalLM(
    LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
)
model.save_pretrained(folder)
tokenizer.save_pretrained(folder)
