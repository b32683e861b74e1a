"""A tiny reward model as trainer-trl leaves one, with random weights, and what it thinks of the pairs: one row at a time, without padding, batches or servers.

    python make_model.py FOLDER PAIRS MAX_LENGTH        with the trainer's Python on PYTHONPATH

Makes FOLDER/model (a reward model) and FOLDER/language (a language model: without a score head). Prints the scores as JSON.
"""

import json
import sys
from pathlib import Path

import torch
from autotraj_tokens import tokens_of
from autotraj_training.frame import CHATML
from autotraj_training.render import Rendering
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification, PreTrainedTokenizerFast

folder, pairs, max_length = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(1)
torch.manual_seed(0)
rows = [json.loads(line) for line in pairs.read_text(encoding="utf8").splitlines()]

bpe = Tokenizer(models.BPE())
bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
bpe.decoder = decoders.ByteLevel()
marks = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
bpe.train_from_iterator(
    [row["chosen"][-1]["content"] for row in rows],
    trainers.BpeTrainer(vocab_size=400, special_tokens=marks, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False),
)
tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, eos_token="<|im_end|>", pad_token="<|endoftext|>")
tokenizer.chat_template = CHATML
config = LlamaConfig(
    vocab_size=len(tokenizer),
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=2048,
    initializer_range=0.3,
    pad_token_id=tokenizer.pad_token_id,
    num_labels=1,
    problem_type="regression",
)
model = LlamaForSequenceClassification(config).eval()
for name, made in (("model", model), ("language", LlamaForCausalLM(config))):
    made.save_pretrained(folder / name)
    tokenizer.save_pretrained(folder / name)
    Rendering("tags", CHATML, max_length).save(folder / name)

rendering = Rendering.load(folder / "model")
scores = []
with torch.inference_mode():
    for row in rows:
        ids = rendering.ids(tokens_of(tokenizer), row["chosen"], row["tools"])
        hidden = model.model(input_ids=torch.tensor([ids])).last_hidden_state
        scores.append(float(model.score(hidden[0, -1])[0]))
print(json.dumps(scores))
