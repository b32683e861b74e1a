/** In what a training computes, where the preset leaves it to the machine. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type OptionsSchema, PluginError } from "@autotraj/core/plugin";

export type Dtype = "bf16" | "fp32";

/** Setting `dtype` of every trainer. */
export const DTYPE = {
  type: "string",
  enum: ["auto", "bf16", "fp32"],
  default: "auto",
  description:
    "What is computed in; auto: bf16 where the processor or GPU computes in it by itself (with AVX512-BF16 1.7 times as fast as fp32), else fp32 (emulated, bf16 was 2 to 48 times as slow).",
} as const satisfies OptionsSchema["properties"][string];

/**
 * oneDNN leaves bf16 to a plain loop on processors without it: those with AVX2 alone, say. With AVX-512 alone it says that it supports bf16 and widens every
 * number first: half as fast as fp32, measured. So on x86 the processor itself is asked.
 */
const PROBE = `
import platform, sys, torch
if sys.argv[1] == "cuda":
    native = torch.cuda.is_bf16_supported(including_emulation=False)
elif platform.machine().lower() in ("x86_64", "amd64"):
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
else:
    native = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
print("bf16" if native else "fp32")
`;
const PROBE_TIMEOUT_MS = 120_000;

/** By interpreter and device: importing PyTorch takes seconds, and no answer changes while this process lives. */
const answers = new Map<string, Promise<Dtype>>();

interface Machine {
  /** An interpreter with PyTorch. */
  readonly python: string;
  readonly device: "cpu" | "cuda";
}

/**
 * Asks each machine once.
 * @throws PluginError TRAIN_PYTHON where it cannot be asked
 */
export async function dtypeOf(asked: "auto" | Dtype, machine: Machine): Promise<Dtype> {
  if (asked !== "auto") return asked;
  const key = JSON.stringify([machine.python, machine.device]);
  const known = answers.get(key);
  if (known !== undefined) return known;
  const answer = probed(machine);
  answers.set(key, answer);
  answer.catch(() => answers.delete(key));
  return answer;
}

async function probed({ python, device }: Machine): Promise<Dtype> {
  try {
    const { stdout } = await promisify(execFile)(python, ["-c", PROBE, device], { timeout: PROBE_TIMEOUT_MS });
    return stdout.trim() === "bf16" ? "bf16" : "fp32";
  } catch (error) {
    const last = String((error as Partial<Error>).message ?? error)
      .trim()
      .split("\n")
      .at(-1);
    throw new PluginError("TRAIN_PYTHON", `${python} could not say in what this machine computes: ${last}`, {
      hint: "Does it have PyTorch? With dtype: bf16 or fp32 nobody is asked.",
    });
  }
}
