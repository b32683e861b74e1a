/** The Python that trains with TRL, and scores what was trained in the versions that trained it. */
import type { PythonEnvironment, PythonEnvironments } from "@autotraj/core/plugin";
import { requirementsIn } from "./interpreter.ts";

const REQUIREMENTS = new URL("../environments/trl.txt", import.meta.url);

/** TRL and all it needs, in the versions that were tested; made once per machine (1.5 GB; about 7 GB where pip brings PyTorch with CUDA). @throws ATRAJ_PYTHON from pip */
export function trlEnvironment(environments: PythonEnvironments): Promise<PythonEnvironment> {
  return environments.ensure("trl", requirementsIn(REQUIREMENTS));
}
