/** What a judge is shown of a trajectory, in the same form whichever dialect it was written in. */
import type { Dialects, Query, Trajectory } from "@autotraj/core/plugin";
import { neutral, type Part } from "@autotraj/trajectory-text/quoting";
import { cutMiddle } from "./cut-middle.ts";
import { PARTS } from "./prompts.ts";

/** An attempt at a question, ready to be quoted. */
export interface Material {
  readonly question: string;
  readonly gold: readonly string[];
  /** One line per tool offered. */
  readonly tools: readonly string[];
  readonly steps: readonly Part[];
  /** Undefined: none was given. For a bare text: unknown, and the text has to say it. */
  readonly answer: string | undefined;
  readonly has: { readonly tools: boolean; readonly results: boolean };
}

/** Everything the policy wrote and the tools returned, told apart: a `<result>` that the policy wrote itself stays the policy's. */
export function materialOf(trajectory: Trajectory, query: Pick<Query, "question" | "answers">, dialects: Dialects): Material {
  const { messages, tools, answer } = trajectory;
  const steps = dialects
    .get("tags")
    .render(trajectory)
    .flatMap(({ role, text }) =>
      role === "assistant" || role === "tool" ? [{ label: role === "tool" ? PARTS.result : PARTS.policy, text: neutral(text.trim()) }] : [],
    );
  return {
    question: neutral(query.question),
    gold: query.answers.map(neutral),
    tools: tools.map(({ name, description }) => neutral(`${name}: ${description}`)),
    steps,
    answer: neutral(answer ?? PARTS.noAnswer),
    has: { tools: tools.length > 0, results: messages.some(({ role }) => role === "tool") },
  };
}

/** A bare text from a file of known verdicts. What applies to it cannot be seen, so everything does. */
export function materialOfText(text: string, question: string, gold: readonly string[]): Material {
  return {
    question: neutral(question),
    gold: gold.map(neutral),
    tools: [],
    steps: [{ label: PARTS.policy, text: neutral(text) }],
    answer: undefined,
    has: { tools: true, results: true },
  };
}

export interface Shown {
  readonly parts: readonly Part[];
  /** Characters of the attempt that were not shown. */
  readonly leftOut: number;
}

/** Question, reference answer, tools: what all attempts at a question share. Each may take a quarter of the attempt's room. */
export function sharedParts(
  { question, gold, tools }: Material,
  room: { readonly maxCharacters: number; readonly showGold: boolean },
): readonly Part[] {
  const limit = Math.ceil(room.maxCharacters / 4);
  const part = (label: string, text: string) => cutMiddle([{ label, text }], limit).parts;
  return [
    ...part(PARTS.question, question),
    ...(room.showGold && gold.length > 0 ? part(PARTS.reference, gold.join(" or ")) : []),
    ...(tools.length > 0 ? part(PARTS.tools, tools.join("\n")) : []),
  ];
}

/** The attempt itself. `name` tells two attempts apart: `attempt A`. */
export function attemptParts({ steps, answer }: Material, maxCharacters: number, name = "attempt"): Shown {
  const { parts, leftOut } = cutMiddle(steps, maxCharacters);
  const final = answer === undefined ? [] : cutMiddle([{ label: PARTS.answer, text: answer }], Math.ceil(maxCharacters / 4)).parts;
  return { parts: [...parts, ...final].map(({ label, text }) => ({ label: label.replace(/^attempt/, name), text })), leftOut };
}
