/** A run from a program: plugins and settings in, data sets and tables out, without any preset. */
import { type RunInCode, readyInCode } from "../config/in-code.ts";
import type { ReadyRun } from "../config/ready.ts";
import { Session, type SessionOptions } from "../loop/session.ts";
import { type RunRequest, type RunResult, run } from "./run.ts";

export interface CreatedRun {
  readonly ready: ReadyRun;
  /**
   * Does all that the settings say, or goes on with it where the folder holds this run already; `resume` is the same call again.
   * @param runDir the run's folder; made where it is not there
   * @throws as {@link run}
   */
  start(runDir: string, options?: Omit<RunRequest, "preset" | "asked" | "runDir"> & { readonly limit?: number }): Promise<RunResult>;
  /** Sets the plugins up and no more: for tests, servers and tools that call taps and services themselves. @throws as {@link Session.open} */
  open(options?: SessionOptions): Promise<Session>;
}

/**
 * ```ts
 * const run = await createRun({
 *   plugins: { student: [policyOpenai, { model: "qwen3-8b" }], python, exact: answerScorer, gate },
 *   settings: { rollout: { policy: "student", candidates: 4 } },
 *   questions: [{ id: "q1", question: "What is 6 * 7?", answers: ["42"] }],
 * });
 * const { summary, files } = await run.start("runs/demo");
 * ```
 * @throws all that is wrong with plugins, options and settings at once
 */
export async function createRun(definition: RunInCode): Promise<CreatedRun> {
  const ready = await readyInCode(definition);
  return {
    ready,
    start(runDir, { limit, ...options } = {}) {
      const asked = { ref: ready.name, cwd: process.cwd(), set: [], ...(limit === undefined ? {} : { limit }) };
      return run({ ...options, preset: ready, asked, runDir });
    },
    open: (options) => Session.open(ready, options),
  };
}
