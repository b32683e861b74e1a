/** What sandboxes are asked: programs that end by themselves, and programs that do not behave. */
import { type ExecutionResult, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
import type { ConformanceCases } from "../cases.ts";
import { NotAsked } from "../complaint.ts";
import { brief } from "../differences.ts";
import type { Subject } from "../subject.ts";
import type { Asked, Inquiry } from "./inquiry.ts";

const PROGRAMS = ["print(6 * 7)", "for n in range(3):\n    print('é😀' * n)", ""];
const MISBEHAVING = ["1 / 0", "a =", "import sys; sys.exit(3)", "input()", "print('\\x00')", "raise BaseException('no')"];
const LIMITS = { timeoutMs: 10_000, memoryMiB: 512 };
const STATES: readonly ExecutionResult["status"][] = ["ok", "error", "timeout", "output-limit", "memory-limit", "killed"];

export function inquiriesOfSandboxes(subject: Subject, { programs = PROGRAMS }: ConformanceCases): readonly Inquiry[] {
  return [...subject.offered(SANDBOX).values()].map((sandbox) => ({
    who: `the sandbox (${sandbox.isolation})`,
    plain: programs.map((code) => running(sandbox, code)),
    hostile: MISBEHAVING.map((code) => running(sandbox, code)),
  }));
}

function running(sandbox: Sandbox, code: string): Asked {
  const request = Object.freeze({ code, ...LIMITS });
  return {
    about: `running ${brief(code)}`,
    given: () => ({ ...request }),
    async bare(given, { signal }) {
      await proven(sandbox);
      return sandbox.execute(given as typeof request, { signal });
    },
    wrong: wrongExecution,
    async ask() {
      await proven(sandbox);
      const { status, stdout, stderr, truncatedBytes } = await sandbox.execute(request, { signal: new AbortController().signal });
      return { status, stdout, stderr, truncatedBytes };
    },
  };
}

/** As a run does before it uses one. @throws NotAsked where it cannot be used on this machine */
export async function proven(sandbox: Sandbox): Promise<void> {
  const said = await sandbox.selfTest();
  if (!said.ok) throw new NotAsked(`it says that it cannot be used on this machine: ${said.reason}`);
}

function wrongExecution(answer: unknown): string | undefined {
  const { status, stdout, stderr, durationMs, truncatedBytes } = (answer ?? {}) as Partial<ExecutionResult>;
  if (!STATES.some((state) => state === status)) return `its status is ${brief(status)}, which is none of ${STATES.join(", ")}`;
  if (typeof stdout !== "string" || typeof stderr !== "string") return "its stdout or stderr is no text";
  if (typeof durationMs !== "number" || !(durationMs >= 0)) return "its durationMs is no number of 0 or more";
  return Number.isSafeInteger(truncatedBytes) && Number(truncatedBytes) >= 0 ? undefined : "its truncatedBytes is no whole number of 0 or more";
}
