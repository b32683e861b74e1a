/** What all routes work with: the episodes, what may be known of their tasks, the rewards. */
import type { RlTask } from "@autotraj/core/plugin";
import { type Reading, trajectoryOf } from "./conversation.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { Metrics } from "./metrics.ts";
import { type Problem, Refusal } from "./refusal.ts";
import { withoutEnd } from "./rendered.ts";
import type { Scorebook, ScoreRequest } from "./scorebook.ts";

export interface Desk extends Reading {
  /** Undefined where the host did not list them (a run's own service): they can be played and scored by id all the same. */
  readonly tasks: ReadonlyMap<string, RlTask> | undefined;
  readonly scores: Scorebook;
  readonly metrics: Metrics;
  /** An error as an item of an answer. */
  readonly problemOf: (error: unknown) => Problem;
}

/**
 * A score for one text, all of it one turn of the model: a `<result>` in it was written by the model, which is a fault, since no tool was asked.
 * The same text on the same task is the same sample.
 */
export function scoreOfText(desk: Reading, id: string | undefined, task: string, text: string, finish?: "stop" | "length"): ScoreRequest {
  const fingerprint = fingerprintOf("text", task, text, finish ?? null);
  return {
    id: id ?? fingerprint,
    fingerprint,
    trajectory: () => {
      const { dialect } = desk.episodes.task(task);
      const message = { role: "assistant", ...(dialect === "native" ? thinkingApart(text) : { content: text }) } as const;
      return trajectoryOf(desk, task, { messages: [message], ...(finish === undefined ? {} : { finish }) });
    },
  };
}

/** A trainer's rendered response: the marks by which the model ends its turn are no part of what it says. */
export function scoreOfResponse(desk: Reading, task: string, response: string): ScoreRequest {
  return scoreOfText(desk, undefined, task, withoutEnd(response));
}

/** Templates open the thinking themselves or let the model do so; only its end is sure to be there. */
function thinkingApart(text: string): { content: string; reasoning?: string } {
  const end = text.indexOf("</think>");
  if (end < 0) return { content: text };
  const reasoning = text.slice(0, end).replace(/^\s*<think>/, "");
  return { reasoning: reasoning.trim(), content: text.slice(end + "</think>".length).trim() };
}

/** How a reward that could not be had is answered to clients whose protocol has no word for it. */
export interface Invalid {
  /** Undefined: the request fails, with the reason, so that the client asks again or stops. */
  readonly fallbackReward: number | undefined;
}

/** Rewards as plain numbers. @throws Refusal 503 with the first reason where one is invalid and there is no fallback. */
export async function plainRewards(
  { scores, metrics }: Desk,
  requests: readonly ScoreRequest[],
  { fallbackReward }: Invalid,
): Promise<readonly { readonly reward: number; readonly terms: Readonly<Record<string, number | null>> }[]> {
  const answers = await scores.score(requests);
  return answers.map(({ reward, terms, error }, index) => {
    if (reward !== null) return { reward, terms };
    const { code = "REWARD_FAILED", message = "" } = error ?? {};
    const status = CLIENT_FAULTS.has(code) ? 422 : 503;
    if (fallbackReward === undefined || status === 422) throw new Refusal(status, code, `sample ${index} has no reward: ${message}`);
    metrics.reward("fallback");
    return { reward: fallbackReward, terms };
  });
}

/** Asking again cannot help, and a reward in their place would hide a wrong setup. */
const CLIENT_FAULTS: ReadonlySet<string> = new Set(["ATRAJ_EPISODE", "BAD_CONVERSATION", "ID_REUSED"]);
