/** Questions that `plan --probe` asked for real: beside the run they were asked for, which asks nothing of it again. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const FOLDER = "probe";
const CALLS = "calls.db";

/** The folder of a probe of so many questions. */
export function probeRun(runDir: string, questions: number): string {
  return join(runDir, FOLDER, `${questions}-questions`);
}

/** The probe that was made last; the run's own folder of probes where there is none. */
export function newestProbe(runDir: string): string {
  const folder = join(runDir, FOLDER);
  const probes = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name, "run.db")) : [];
  const [newest] = probes.filter((file) => existsSync(file)).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  return newest === undefined ? folder : join(newest, "..");
}

/** Where a run finds the calls of its probes. */
export function probedCalls(runDir: string): { readonly calls: string; readonly runs: readonly string[] } {
  return { calls: join(runDir, FOLDER, CALLS), runs: [] };
}

/** The same for a run that may have had none. */
export function probedCallsOf(runDir: string): { readonly alongside?: ReturnType<typeof probedCalls> } {
  const alongside = probedCalls(runDir);
  return existsSync(alongside.calls) ? { alongside } : {};
}
