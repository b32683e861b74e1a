/** One way in which a plugin is asked something: a tap of its, or a service that it offers. What all of them owe alike is checked over these. */
import type { PluginKind, RunContext } from "@autotraj/core/plugin";
import { testRun } from "../../plugin-under-test.ts";

/** Kinds that are asked for answers. The others have checks of their own only. */
export const ANSWERING: readonly PluginKind[] = [
  "preparer",
  "policy",
  "tool",
  "sandbox",
  "scorer",
  "gate",
  "repairer",
  "reward",
  "reward-model",
  "format",
  "tracker",
];

/** Kinds that are asked about several trajectories at once, and those whose batches have no bounds of their own. */
export const COUNTED: readonly PluginKind[] = ["scorer", "gate", "reward", "reward-model"];
export const BATCHED: readonly PluginKind[] = ["reward", "reward-model"];

export interface Inquiry {
  /** `its tap of "score"` */
  readonly who: string;
  readonly plain: readonly Asked[];
  /** With what a model may write. */
  readonly hostile: readonly Asked[];
}

export interface Asked {
  /** `question "What is 6 * 7?"` */
  readonly about: string;
  /** What it is given, thawed, made anew at each call: it may be changed without harm. */
  given(): unknown;
  /** The plugin's own function, with nothing in between. */
  bare(given: unknown, run: RunContext): Promise<unknown>;
  /** What is wrong with how many answers these are; undefined where nothing is. */
  miscounted?(answer: unknown): string | undefined;
  /** What the contract says of an answer and the kernel leaves to the plugin; undefined where nothing is wrong. */
  wrong?(answer: unknown): string | undefined;
  /** As a run asks: frozen, within its time, the answer checked; and as it is compared. @throws what the kernel objects to */
  ask(): Promise<unknown>;
  /** The same with its items in another order; answers in the first order. */
  inAnotherOrder?(): Promise<unknown>;
  /** The same item by item. */
  inParts?(): Promise<unknown>;
}

export function countOf(answer: unknown, expected: number, what: string): string | undefined {
  if (Array.isArray(answer) && answer.length === expected) return undefined;
  const given = Array.isArray(answer) ? `${answer.length} ${what}` : answer === undefined ? "nothing" : `${typeof answer}, no list of ${what}`;
  return `it gives ${given} for ${expected} trajectories`;
}

export function runWith(signal: AbortSignal = new AbortController().signal): RunContext {
  return testRun({ runId: "conformance", signal });
}

/** A frozen copy: what a run hands out. */
export function frozen<T>(value: T): T {
  const copy = structuredClone(value);
  const freeze = (one: unknown): void => {
    if (typeof one !== "object" || one === null || Object.isFrozen(one)) return;
    for (const inner of Object.values(Object.freeze(one))) freeze(inner);
  };
  freeze(copy);
  return copy;
}
