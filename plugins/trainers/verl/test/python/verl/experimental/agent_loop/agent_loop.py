import asyncio
from types import SimpleNamespace


class AgentLoopOutput(SimpleNamespace):
    pass


class AgentLoopBase:
    def __init__(self, trainer_config, server_manager, tokenizer, processor, dataset_cls, data_config, hf_model_type=None, **kwargs):
        self.rollout_config = trainer_config.config.actor_rollout_ref.rollout
        self.server_manager, self.tokenizer = server_manager, tokenizer
        self.loop = asyncio.get_running_loop()
        self.continuous_token_builder = SimpleNamespace(build_initial_tokens=lambda messages, tools=None: self._rendered(messages, True, tools))

    def _rendered(self, messages, add_generation_prompt, tools):
        if hasattr(self.tokenizer, "chat_template"):
            text = self.tokenizer.apply_chat_template(messages, tools=tools, add_generation_prompt=add_generation_prompt, tokenize=False)
        else:
            text = "".join(f"{m['role']}:{m['content']}|" for m in messages)
        return self.tokenizer.encode(text, add_special_tokens=False)

    async def ct_merge_context_msg(self, previous, updated, tokens, mask, logprobs, tools=None):
        """As verl's: the appended messages behind a beginning that is not the episode's."""
        beginning = [{"role": "user", "content": "u"}]
        added = self._rendered(beginning + updated[len(previous) :], True, tools)[len(self._rendered(beginning, False, tools)) :]
        return SimpleNamespace(token_ids=tokens + added, removed_prefix_token_count=0), mask + [0] * len(added), logprobs
