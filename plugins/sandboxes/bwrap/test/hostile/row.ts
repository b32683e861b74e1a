/** What a hostile case is, and how it is run: in lanes side by side, each case followed by a harmless execution that must see nothing of it. */
import type { ExecutionResult, Sandbox } from "@autotraj/core/plugin";
import { expect } from "chai";
import { PRELUDE } from "./prelude.ts";

export interface Row {
  /** What the sandbox promises. */
  readonly promise: string;
  /** Prints `BREACH` where an attack succeeded. Several are calls of one session. `prelude.ts` stands before the first. */
  readonly code: string | readonly string[];
  /** Of the last call; the ones before it must be `ok` or stand in `earlier`. Default: `ok`. */
  readonly status?: readonly ExecutionResult["status"][];
  readonly earlier?: readonly ExecutionResult["status"][];
  /** Must be found in the last call's stdout and stderr: that the attack was tried, and how it ended. Default: `refused`. */
  readonly says?: RegExp;
  readonly timeoutMs?: number;
  /** Between a session's calls. */
  readonly pauseMs?: number;
  readonly memoryMiB?: number;
  /** Code of another trajectory right afterwards, which prints `clean`. Default: nothing is left of the first. */
  readonly next?: string;
}

const TIMEOUT_MS = 20_000;
const MEMORY_MIB = 512;
const BREACH = /BREACH/;
/** What every next trajectory may rely on. */
const CLEAN = `
import builtins, gc, json, math, os, random, signal, sys, threading
assert os.listdir("/work") == [] and os.getcwd() == "/work", os.listdir("/work")
assert math.sqrt(4) == 2 and json.loads("[1]") == [1] and len("ab") == 2 and print.__module__ == "builtins"
assert not [name for name in dir(builtins) if "LEFT" in name] and not [name for name in os.environ if "LEFT" in name]
assert threading.active_count() == 1 and gc.isenabled() and signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
assert random.random() == 0.8444218515250481 and sys.path[0] == "/work" and sys.getrecursionlimit() == 1000
print("clean")`;

export interface Lanes {
  /** One worker each, so that the next execution follows the hostile one in the same place. */
  readonly sandboxes: readonly Sandbox[];
  /** Every next trajectory that a row says nothing of. */
  readonly next?: string;
}

interface Outcome {
  readonly calls: readonly ExecutionResult[];
  readonly next: ExecutionResult;
}

/** One test per row. All run at once, spread over the lanes; each test waits for its own. */
export function itKeeps(rows: readonly Row[], lanes: () => Lanes): void {
  const outcomes = new Map<Row, Promise<Outcome>>();
  before(() => {
    const { sandboxes, next } = lanes();
    const todo = [...rows];
    const settle = new Map(rows.map((row) => [row, Promise.withResolvers<Outcome>()]));
    for (const [row, { promise }] of settle) {
      outcomes.set(row, promise);
      promise.catch(() => {});
    }
    for (const sandbox of sandboxes) {
      void (async () => {
        for (let row = todo.shift(); row !== undefined; row = todo.shift()) {
          const { resolve, reject } = settle.get(row)!;
          await attack(sandbox, next === undefined ? row : { next, ...row }).then(resolve, reject);
        }
      })();
    }
  });

  for (const row of rows) {
    it(row.promise, async () => {
      const { calls, next } = await outcomes.get(row)!;
      const last = calls.at(-1)!;
      const shown = calls.map(summary).join("\n");
      for (const { status } of calls.slice(0, -1)) expect(row.earlier ?? ["ok"], shown).to.include(status);
      expect(row.status ?? ["ok"], shown).to.include(last.status);
      expect(last.stdout + last.stderr, shown).to.match(row.says ?? /refused/);
      // A traceback quotes the line that failed.
      for (const { stdout } of calls) expect(stdout, shown).not.to.match(BREACH);
      expect(next, `the next trajectory, after ${shown}`).to.include({ status: "ok", stdout: "clean\n" });
    });
  }
}

async function attack(
  sandbox: Sandbox,
  { promise, code, pauseMs = 0, timeoutMs = TIMEOUT_MS, memoryMiB = MEMORY_MIB, next = CLEAN }: Row,
): Promise<Outcome> {
  const { signal } = new AbortController();
  const codes = typeof code === "string" ? [code] : code;
  const calls: ExecutionResult[] = [];
  for (const [index, part] of codes.entries()) {
    if (index > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    const request = { code: index === 0 ? `${PRELUDE}\n${part}` : part, timeoutMs, memoryMiB };
    calls.push(await sandbox.execute(codes.length === 1 ? request : { ...request, session: promise }, { signal }));
  }
  // While the session still lives.
  const after = await sandbox.execute({ code: next, timeoutMs: TIMEOUT_MS, memoryMiB: MEMORY_MIB }, { signal });
  if (codes.length > 1) sandbox.endSession?.(promise);
  return { calls, next: after };
}

function summary({ status, stdout, stderr, durationMs }: ExecutionResult): string {
  return `${status} after ${Math.round(durationMs)} ms; stdout: ${stdout.slice(0, 500)}; stderr: ${stderr.slice(-700)}`;
}
