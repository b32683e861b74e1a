/** Options of TRL's own that a preset may give beside AutoTraj's settings: which there are, and which ones AutoTraj decides. */
import type { Mistake } from "@autotraj/trainer-backend/settings";
import type { Method } from "./schemas.ts";

/** Whose options a stage's are: of TRL's trainers, and of transformers' own, which does SFT on a CPU. */
export type Config = "TrainingArguments" | "SFTConfig" | "RewardConfig" | "DPOConfig" | "GRPOConfig";

/** Of all of them. */
const FREE_EVERYWHERE = names(`
  activation_checkpointing activation_checkpointing_kwargs adam_beta1 adam_beta2 adam_epsilon average_tokens_across_devices bf16_full_eval data_seed
  dataloader_drop_last dataloader_in_order dataloader_multiprocessing_context dataloader_num_workers dataloader_persistent_workers dataloader_prefetch_factor project run_name trackio_bucket_id
  trackio_space_id trackio_static_space_id
  ddp_backend ddp_broadcast_buffers ddp_bucket_cap_mb ddp_find_unused_parameters ddp_static_graph ddp_timeout full_determinism gradient_checkpointing
  gradient_checkpointing_kwargs label_smoothing_factor length_column_name liger_kernel_config log_level log_level_replica logging_nan_inf_filter max_grad_norm
  neftune_noise_alpha optim optim_args optim_target_modules skip_memory_metrics tf32 torch_compile torch_compile_backend torch_compile_mode
  torch_empty_cache_steps train_sampling_strategy use_cache use_liger_kernel weight_decay`);

/** Of each alone. */
const FREE: Readonly<Record<Config, readonly string[]>> = {
  TrainingArguments: [],
  SFTConfig: names("activation_offloading loss_type pad_to_multiple_of padding_free router_aux_loss_coef shuffle_dataset"),
  RewardConfig: names("activation_offloading disable_dropout pad_to_multiple_of"),
  DPOConfig: names(`
    activation_offloading disable_dropout discopop_tau f_alpha_divergence_coef f_divergence_type label_smoothing ld_alpha loss_type loss_weights
    pad_to_multiple_of padding_free precompute_ref_batch_size precompute_ref_log_probs ref_model_mixup_alpha ref_model_sync_steps router_aux_loss_coef
    sync_ref_model use_weighting`),
  GRPOConfig: names(`
    cast_lm_head_to_fp32 delta disable_dropout entropy_coef entropy_coef_delta entropy_coef_max entropy_coef_min entropy_target importance_sampling_level
    log_completions log_unique_prompts mask_truncated_completions num_completions_to_print num_iterations off_policy_mask_threshold pad_to_multiple_of
    ref_model_mixup_alpha ref_model_sync_steps router_aux_loss_coef sapo_temperature_neg sapo_temperature_pos shuffle_dataset sync_ref_model
    top_entropy_quantile use_adaptive_entropy use_bias_correction_kl vespo_k_neg vespo_k_pos vespo_lambda_neg vespo_lambda_pos vllm_enable_sleep_mode
    vllm_group_port vllm_importance_sampling_cap vllm_importance_sampling_clip_max vllm_importance_sampling_clip_min vllm_importance_sampling_correction
    vllm_importance_sampling_mode vllm_max_model_length vllm_model_impl vllm_server_timeout vllm_tensor_parallel_size`),
};

/** What AutoTraj's settings say. */
const SAID_BY: Readonly<Record<string, string>> = {
  ...{
    beta: "beta",
    bf16: "dtype",
    center_rewards_coefficient: "center",
    epsilon: "clip.low",
    epsilon_high: "clip.high",
    fp16: "dtype",
    fsdp: "shard",
  },
  report_to: "reportTo",
  ...{ fsdp_config: "shard", deepspeed: "shard", gradient_accumulation_steps: "accumulation", learning_rate: "learningRate", max_steps: "steps" },
  ...{ lr_scheduler_type: "schedule", lr_scheduler_kwargs: "schedule", max_completion_length: "maxCompletionTokens", max_length: "maxLength" },
  ...{ num_generations: "group", num_train_epochs: "epochs", per_device_train_batch_size: "batchSize", save_steps: "saveSteps" },
  ...{ save_total_limit: "saveKeep", scale_rewards: "scaleRewards", temperature: "temperature", use_cpu: "device", warmup_steps: "warmup" },
  ...{ use_vllm: "vllm", vllm_mode: "vllm", vllm_server_base_url: "vllmUrl", vllm_gpu_memory_utilization: "vllmMemory" },
};

/** What has to be so, for rows, episodes, progress and resume. */
const DECIDED = names(`
  accelerator_config assistant_only_loss auto_find_batch_size batch_eval_metrics cache_implementation chat_template_kwargs chat_template_path
  completion_only_loss dataloader_pin_memory dataset_kwargs dataset_num_proc dataset_text_field debug disable_tqdm do_eval do_predict do_train
  ds3_gather_for_generation enable_jit_checkpoint eos_token eval_accumulation_steps eval_delay eval_do_concat_batches eval_on_start eval_packing eval_steps
  eval_strategy eval_use_gather_object fp16_full_eval generation_batch_size generation_kwargs greater_is_better hub_always_push hub_model_id
  hub_private_repo hub_revision hub_strategy hub_token ignore_data_skip include_for_metrics include_num_input_tokens_seen label_names
  load_best_model_at_end local_rank log_completions_hub_repo log_multimodal log_on_each_node logging_first_step logging_steps logging_strategy
  max_tool_calling_iterations metric_for_best_model min_p model_init_kwargs multi_objective_aggregation num_generations_eval output_dir packing
  packing_strategy pad_token parallelism_config per_device_eval_batch_size prediction_loss_only push_to_hub remove_unused_columns
  repetition_penalty restore_callback_states_from_checkpoint resume_from_checkpoint reward_weights save_on_each_node save_only_model
  save_strategy seed steps_per_generation top_k top_p
  transformers_continuous_batching_config truncation_mode trust_remote_code use_transformers_continuous_batching use_transformers_paged vllm_server_host
  vllm_server_port vllm_structured_outputs_regex`);

/** What may be given. */
export function freeOptions(config: Config): readonly string[] {
  return [...FREE_EVERYWHERE, ...FREE[config]];
}

/** What AutoTraj decides, of any of them. `loss_type` is a setting in GRPO alone. */
export function decidedOptions(): readonly string[] {
  return [...Object.keys(SAID_BY), ...DECIDED];
}

/** Which options count. @param device decided */
export function configOf(method: Method, device: "cpu" | "cuda"): Config {
  if (method === "sft") return device === "cpu" ? "TrainingArguments" : "SFTConfig";
  return ({ "reward-model": "RewardConfig", dpo: "DPOConfig", grpo: "GRPOConfig" } as const)[method];
}

export function nativeMistakes(given: readonly string[], config: Config): readonly Mistake[] {
  const free = freeOptions(config);
  const own = config === "GRPOConfig" ? { ...SAID_BY, loss_type: "lossType" } : SAID_BY;
  return given
    .filter((name) => !free.includes(name))
    .map((name): Mistake => {
      if (Object.hasOwn(own, name)) return { what: `native.${name} cannot be set: it is what the setting ${own[name]} says` };
      if (DECIDED.includes(name)) return { what: `native.${name} cannot be set: AutoTraj decides it` };
      return {
        what: `native.${name} is no option of ${config} in TRL 1.16`,
        hint: `Options that may be given are listed in the README of @autotraj/trainer-trl.`,
      };
    });
}

function names(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
