/** What is written in a trajectory, for telling whether two of one question say the same. */
import { dialects } from "../data/dialects/index.ts";
import type { Trajectory } from "../kernel/plugin.ts";

export type Written = Pick<Trajectory, "messages" | "dialect" | "tools">;

/** What was written and what the tools gave back, turn by turn. White space around a turn is nothing. */
export function turnsOf(written: Written, dialect: Trajectory["dialect"] = written.dialect): readonly string[] {
  const segments = dialects.get(dialect).render(written);
  return segments.flatMap(({ role, text }) => (role === "assistant" || role === "tool" ? [`${role}: ${text.trim()}`] : []));
}

/** System and user messages, and which tools. */
export function promptOf({ messages, tools }: Written): readonly (readonly string[])[] {
  return [messages.flatMap(({ role, content }) => (role === "system" || role === "user" ? [content] : [])), tools.map(({ name }) => name)];
}

/**
 * What training shows of a trajectory: prompt and turns. Two of one question with the same are one text to whoever learns from them. Worked examples are no
 * part of a trajectory: candidates that were shown different ones say the same to a model that is trained without any.
 */
export function learntText(written: Written): string {
  return JSON.stringify([promptOf(written), turnsOf(written)]);
}
