/** What processes that AutoTraj starts for a run (trainers, servers for models) are given of this process's environment. Anything else could be a secret. */
import { keepSecret } from "../kernel/redaction.ts";

/** By name, or by the beginning of it; in capitals and in small letters, as proxies are written in both. */
const INHERITED: readonly string[] = [
  // The system's own.
  ...["PATH", "HOME", "USER", "LANG", "LC_*", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "XDG_CACHE_HOME"],
  // Ways out of this machine's network, and whom to trust there.
  ...["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"],
  // Accelerators, and how processes on them find each other.
  ...["CUDA_*", "NVIDIA_*", "HIP_*", "ROCR_*", "NCCL_*", "GLOO_*", "UCX_*", "OMP_*", "MKL_*"],
  // Libraries.
  ...["HF_*", "HUGGINGFACE_*", "TRANSFORMERS_*", "TOKENIZERS_*", "ACCELERATE_*", "DS_*", "TORCH*", "PYTORCH_*", "VLLM_*", "SGLANG_*", "RAY_*"],
  // Where trainings are reported to.
  ...["WANDB_*", "MLFLOW_*", "TRACKIO_*", "COMET_*", "TENSORBOARD_*"],
];

/** This machine's own addresses: what runs here is never behind a proxy. */
const LOOPBACK = "localhost,127.0.0.1,::1";
const PROXY = /^(?:https?|all)_proxy$/i;
const SECRET = /(?:key|token|secret|password|passwd|credentials?)$/i;

/** @param more names, or beginnings of names with `*` behind them, that a preset or a plugin adds */
export function processEnvironment(more: readonly string[] = [], env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const wanted = [...INHERITED, ...more].map((name) => name.toUpperCase());
  const isWanted = (name: string) => wanted.some((one) => (one.endsWith("*") ? name.startsWith(one.slice(0, -1)) : name === one));
  const given = Object.fromEntries(Object.entries(env).filter(([name, value]) => value !== undefined && isWanted(name.toUpperCase())));
  keepSecrets(given);
  return { ...given, ...loopbackExempted(given) };
}

/** What its name says is secret is hidden from here on, in logs too, and so are a proxy's user and password. */
export function keepSecrets(env: NodeJS.ProcessEnv): void {
  for (const [name, value = ""] of Object.entries(env)) if (SECRET.test(name) || (PROXY.test(name) && value.includes("@"))) keepSecret(value);
}

/** Where a proxy is set, `NO_PROXY` with this machine's own addresses in it, in both spellings; else nothing. */
export function loopbackExempted(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (!Object.entries(env).some(([name, value]) => PROXY.test(name) && value !== "")) return {};
  // Libraries read the small letters first.
  const known = env["no_proxy"] || env["NO_PROXY"] || "";
  const missing = LOOPBACK.split(",").filter((address) => !known.split(/[\s,]+/).includes(address));
  const whole = known === "*" ? known : [known, ...missing].filter((part) => part !== "").join(",");
  return { no_proxy: whole, NO_PROXY: whole };
}
