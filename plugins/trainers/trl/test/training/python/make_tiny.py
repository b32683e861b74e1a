"""A Llama of two layers with random weights and SmolLM2's real tokenizer: `make_tiny.py MODEL.gguf FOLDER`."""

import os
import sys

import torch
from autotraj_training.gguf import tokenizer_of
from transformers import LlamaConfig, LlamaForCausalLM

gguf, folder = sys.argv[1:]
torch.manual_seed(0)
tokenizer = tokenizer_of(*os.path.split(gguf))
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
