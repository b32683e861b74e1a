/**
 * Executions a second under sandbox-bwrap: single ones that print, single ones that use SymPy, and calls of one session after another.
 * Figures move with the machine; their ratios within one run count.
 *
 *   node test/bench/sandbox-bwrap.ts [rounds of each kind, 3] [seconds a round, 3] [workers, as many as cores]
 */
import { availableParallelism } from "node:os";
import { pythonEnvironments } from "@autotraj/core";
import { PYTHON, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
import { defaultCacheDir, setupPlugin } from "@autotraj/testkit";
import plugin from "../../plugins/sandboxes/bwrap/src/index.ts";

const [rounds = 3, seconds = 3, workers = availableParallelism()] = process.argv.slice(2).map(Number);
const PRINT = "print(2 + 2)";
const SYMPY = "from sympy import *\nx = symbols('x')\nprint(solve(x**2 - 5*x + 6, x), factor(x**3 - 1), simplify((x**2 - 1)/(x - 1)))";

const { provided, dispose } = await setupPlugin(plugin, { options: { workers }, services: [[PYTHON, pythonEnvironments(defaultCacheDir())]] });
try {
  const sandbox = provided(SANDBOX);
  const start = performance.now();
  const proven = await sandbox.selfTest();
  if (!proven.ok) throw new Error(proven.reason);
  console.log(`self-test ${Math.round(performance.now() - start)} ms, ${workers} workers`);
  // A round of each in turn: a machine that becomes busy slows all of them.
  for (let round = 0; round < rounds; round += 1) {
    await measure(sandbox, "print(2 + 2)", PRINT);
    await measure(sandbox, "SymPy", SYMPY);
    await measure(sandbox, "print(2 + 2) in a session", PRINT, (client) => `session ${client}`);
  }
} finally {
  await dispose();
}

/** Twice as many clients as workers, each with one execution at a time, so that no worker waits. */
async function measure(sandbox: Sandbox, name: string, code: string, session?: (client: number) => string): Promise<void> {
  const { signal } = new AbortController();
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  const client = async (_: unknown, index: number) => {
    while (performance.now() < end) {
      const start = performance.now();
      const request = { code, timeoutMs: 10_000, memoryMiB: 1024, ...(session === undefined ? {} : { session: session(index) }) };
      const { status, stderr } = await sandbox.execute(request, { signal });
      if (status !== "ok") throw new Error(`${status}: ${stderr}`);
      times.push(performance.now() - start);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: 2 * workers }, client));
  const perSecond = (1000 * times.length) / (performance.now() - start);
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round(times[Math.floor(share * (times.length - 1))]!);
  console.log(`${name.padEnd(28)} ${perSecond.toFixed(1).padStart(6)} a second, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
}
