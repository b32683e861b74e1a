/** All that a plugin of a kind owes, as checks: run as a plain function, or as the tests of any runner. */
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import type { Plugin, PluginKind } from "@autotraj/core/plugin";
import { Bench } from "./bench.ts";
import type { ConformanceCases } from "./cases.ts";
import type { Check } from "./check.ts";
import { ANSWERS } from "./checks/answers.ts";
import { DETERMINISM, setUpAgain } from "./checks/determinism.ts";
import { FORMATS } from "./checks/formats.ts";
import { BEGINNING, ENDING } from "./checks/life.ts";
import { REWARD_MODELS } from "./checks/reward-models.ts";
import { SANDBOXES } from "./checks/sandboxes.ts";
import { SCORERS } from "./checks/scorers.ts";
import { SERVERS } from "./checks/servers.ts";
import { STAGES } from "./checks/stages.ts";
import { STOPPING } from "./checks/stopping.ts";
import { TOOLS } from "./checks/tools.ts";
import { TRAINERS } from "./checks/trainers.ts";
import { inWords, NotAsked } from "./complaint.ts";
import { catchingLate } from "./late-errors.ts";
import type { CheckDescription, CheckResult, ConformanceReport } from "./report.ts";

const LATE_MS = 20;

/** In the order in which they run. */
const CHECKS: readonly Check[] = [
  ...BEGINNING,
  ...ANSWERS,
  ...SCORERS,
  ...TOOLS,
  ...SANDBOXES,
  ...FORMATS,
  ...REWARD_MODELS,
  ...TRAINERS,
  ...STAGES,
  ...SERVERS,
  ...DETERMINISM,
  ...STOPPING,
  ...ENDING,
  setUpAgain,
];

export interface Conformance {
  /** In the order in which they run; what is left out says why. Checks of other kinds are not among them. */
  readonly checks: readonly CheckDescription[];
  /**
   * Runs them one after the other, once.
   * @param watching told of each check as it begins, and of what came of it
   */
  run(watching?: ConformanceObserver): Promise<ConformanceReport>;
  /** Makes a test of each: mocha, node:test, vitest, jest. Left out: the runner's globals. */
  register(runner?: TestRunner): void;
}

export interface ConformanceObserver {
  begins?(check: CheckDescription): void;
  ends?(result: CheckResult): void;
  /** What the host does for the plugin meanwhile, where it may take minutes: a Python environment that is installed. */
  says?(line: string): void;
}

/** What test runners have in common. */
export interface TestRunner {
  describe(name: string, suite: () => void): unknown;
  readonly it: TestFunction;
}

// biome-ignore lint/suspicious/noExplicitAny: each runner calls tests in its own way
type TestFunction = ((name: string, test: (...context: any[]) => Promise<void>) => unknown) & {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  skip(name: string, test: (...context: any[]) => Promise<void>): unknown;
};

/**
 * The checks that hold for this plugin, chosen by its kind and by what it says that it supports.
 *
 * ```ts
 * conformance(plugin, { options: { longest: 10 } }).register({ describe, it });
 * ```
 * @param cases what it is asked; the kit has questions, calls and programs of its own
 */
export function conformance<O>(plugin: Plugin<O>, cases: ConformanceCases = {}): Conformance {
  const bench = new Bench(plugin as unknown as Plugin, cases);
  const { name = "a plugin without a name", kind } = bench.plugin?.meta ?? {};
  const chosen = CHECKS.filter(({ kinds }) => kinds === undefined || kinds.includes(kind as PluginKind));
  const before: Before = { broken: new Map() };
  const outcomeOf = async (check: Check): Promise<CheckResult> => ({
    name: check.name,
    group: check.group,
    ...(await outcome(check, bench, before)),
  });
  return {
    checks: chosen.map((check) => describeCheck(check, bench)),
    async run({ begins, ends, says } = {}) {
      bench.says = says;
      const results: CheckResult[] = [];
      try {
        for (const check of chosen) {
          begins?.(describeCheck(check, bench));
          const result = await outcomeOf(check);
          results.push(result);
          ends?.(result);
        }
      } finally {
        // What is thrown late by the last of them is nobody else's.
        await catchingLate(bench.late, () => bench.close().then(() => sleep(LATE_MS)));
      }
      const ok = results.some(({ outcome: was }) => was === "passed") && !results.some(({ outcome: was }) => was === "failed");
      return { ok, plugin: String(name), kind, results };
    },
    register(runner = globalThis as unknown as TestRunner) {
      runner.describe(`${name} conforms`, () => {
        for (const check of chosen) registerOne(runner.it, check, bench, outcomeOf);
      });
    },
  };
}

function describeCheck({ name, group, skips }: Check, { plugin, cases }: Bench): CheckDescription {
  const skipped = cases.except?.[name] ?? (plugin?.meta === undefined ? undefined : skips?.(plugin.meta, cases));
  return { name, group, ...(skipped === undefined ? {} : { skipped }) };
}

/** How the checks before have ended, as far as it matters to those that need them. */
interface Before {
  /** By check: why those that need it are not run. */
  readonly broken: Map<string, string>;
}

async function outcome(check: Check, bench: Bench, { broken }: Before): Promise<Pick<CheckResult, "outcome" | "reason">> {
  const { skipped } = describeCheck(check, bench);
  if (skipped !== undefined) return { outcome: "skipped", reason: skipped };
  const reason = check.needs?.map((name) => broken.get(name)).find((why) => why !== undefined);
  if (reason !== undefined) {
    broken.set(check.name, reason);
    return { outcome: "skipped", reason };
  }
  try {
    await catchingLate(bench.late, () => check.run(bench));
    return { outcome: "passed" };
  } catch (error) {
    if (error instanceof NotAsked) return { outcome: "skipped", reason: error.message };
    broken.set(check.name, `not run, because "${check.name}" failed`);
    return { outcome: "failed", reason: inWords(error) };
  }
}

function registerOne(it: TestFunction, check: Check, bench: Bench, outcomeOf: (check: Check) => Promise<CheckResult>): void {
  const { name, skipped } = describeCheck(check, bench);
  if (skipped !== undefined) {
    it.skip(`${name} (skipped: ${skipped})`, async () => {});
    return;
  }
  // A rest parameter: mocha and jest would wait for a callback that is named. mocha has its context in `this`, the others hand it over.
  it(name, async function (this: unknown, ...[given]: unknown[]) {
    // mocha begins the clock of a test once it has its promise: no timer of the plugin's.
    await nextTurn();
    const result = await outcomeOf(check);
    if (result.outcome === "failed") throw withoutStack(result.reason ?? "");
    if (result.outcome === "skipped") skip((this ?? given) as SkippableContext, given as SkippableContext, result.reason ?? "");
  });
}

/** Where in the kit it was found tells an author nothing. */
function withoutStack(reason: string): Error {
  const error = new Error(reason);
  error.stack = reason;
  return error;
}

interface SkippableContext {
  readonly test?: { title: string };
  skip?(reason?: string): unknown;
}

function skip(mocha: SkippableContext | undefined, given: SkippableContext | undefined, reason: string): void {
  if (mocha?.test !== undefined) mocha.test.title += ` (skipped: ${reason})`;
  const context = typeof given?.skip === "function" ? given : mocha;
  context?.skip?.(reason);
}
