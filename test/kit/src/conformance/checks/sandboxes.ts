/** What sandboxes promise: a self-test that says how it went, limits that hold, sessions that remember, results for whatever the code does. */
import { type ExecutionRequest, type ExecutionResult, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
import type { Bench } from "../bench.ts";
import { settled } from "../bench.ts";
import type { Check } from "../check.ts";
import { complain, NotAsked } from "../complaint.ts";
import { brief } from "../differences.ts";
import { proven } from "../inquiries/sandboxes.ts";
import { isUnstarted } from "./when.ts";

const base: Pick<Check, "group" | "kinds" | "skips"> = { group: "sandbox", kinds: ["sandbox"], skips: isUnstarted };
const BEGUN = "does what its kind is for";
const LIMITS = { timeoutMs: 10_000, memoryMiB: 512 };
const SHORT_MS = 1_000;
/** What ending an interpreter may take. */
const KILL_MS = 5_000;

async function sandboxesOf(bench: Bench): Promise<readonly Sandbox[]> {
  return [...(await bench.shared()).offered(SANDBOX).values()];
}

/** Those that a run would use. @throws NotAsked where one cannot be used on this machine */
async function usableIn(bench: Bench): Promise<readonly Sandbox[]> {
  const sandboxes = await sandboxesOf(bench);
  for (const sandbox of sandboxes) await proven(sandbox);
  return sandboxes;
}

const run = (sandbox: Sandbox, request: Partial<ExecutionRequest> & { readonly code: string }): Promise<ExecutionResult> =>
  sandbox.execute({ ...LIMITS, ...request }, { signal: new AbortController().signal });

const proves: Check = {
  ...base,
  name: "proves itself",
  needs: [BEGUN],
  async run(bench) {
    for (const sandbox of await sandboxesOf(bench)) {
      if (typeof sandbox.isolation !== "string" || sandbox.isolation === "") complain("its isolation is no text: it is recorded with every result");
      if (!Number.isFinite(sandbox.strength)) complain(`its strength is ${brief(sandbox.strength)}: a number, 0 for none`);
      const said = await sandbox.selfTest();
      if (said?.ok === true) continue;
      if (said?.ok !== false || typeof said.reason !== "string")
        complain(`its selfTest gives ${brief(said)}: { ok: true }, or { ok: false, reason }`);
      throw new NotAsked(`it says that it cannot be used on this machine: ${said.reason}`);
    }
  },
};

const limits: Check = {
  ...base,
  name: "ends code that does not end",
  needs: [proves.name],
  async run(bench) {
    for (const sandbox of await usableIn(bench)) {
      const came = await settled(() => run(sandbox, { code: "while True: pass", timeoutMs: SHORT_MS }), SHORT_MS + KILL_MS);
      if (came === "overran") complain(`code that may take ${SHORT_MS / 1000} s is still running ${KILL_MS / 1000} s after that`);
      if ("error" in came) complain(`it throws for code that does not end; that is a result with the status "timeout"`);
      const { status } = came.answer as ExecutionResult;
      if (status !== "timeout") complain(`code that does not end has the status "${status}", not "timeout"`);
    }
  },
};

const tells: Check = {
  ...base,
  name: "tells errors from good ends",
  needs: [proves.name],
  async run(bench) {
    for (const sandbox of await usableIn(bench)) {
      const [good, bad] = [await run(sandbox, { code: "print(6 * 7)" }), await run(sandbox, { code: "1 / 0" })];
      if (good.status !== "ok" || good.stdout !== "42\n") complain(`print(6 * 7) has the status "${good.status}" and prints ${brief(good.stdout)}`);
      if (bad.status !== "error" || !bad.stderr.includes("ZeroDivisionError"))
        complain(`1 / 0 has the status "${bad.status}" and says ${brief(bad.stderr)}: a model learns from the exception`);
    }
  },
};

const remembers: Check = {
  ...base,
  name: "remembers within a session and nowhere else",
  needs: [tells.name],
  skips: (meta, cases) => isUnstarted(meta, cases) ?? (meta.supports?.["sessions"] === false ? "it says that it has no sessions" : undefined),
  async run(bench) {
    for (const sandbox of await usableIn(bench)) {
      if (!sandbox.sessions) throw new NotAsked("the sandbox says that it has no sessions");
      const [session, other] = ["conformance 1", "conformance 2"];
      await run(sandbox, { session, code: "x = 41" });
      const kept = await run(sandbox, { session, code: "print(x + 1)" });
      if (kept.stdout !== "42\n") complain(`a session has forgotten x from one call to the next: ${brief(kept.stdout + kept.stderr)}`);
      for (const [who, place] of [
        ["another session", { session: other }],
        ["code without a session", {}],
      ] as const) {
        const seen = await run(sandbox, { ...place, code: "print('x' in globals())" });
        if (seen.stdout !== "False\n") complain(`${who} sees what this one has set: ${brief(seen.stdout + seen.stderr)}`);
      }
      sandbox.endSession?.(session);
      sandbox.endSession?.(other);
    }
  },
};

export const SANDBOXES: readonly Check[] = [proves, limits, tells, remembers];
