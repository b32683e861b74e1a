/** What is written in a trajectory, for telling whether two of one question say the same. */
import { dialects } from "../data/dialects/index.ts";
import { endingWithTheModel } from "../data/ending.ts";
import type { Trajectory } from "../kernel/plugin.ts";

export type Written = Pick<Trajectory, "messages" | "dialect" | "tools">;

/**
 * What was written and what the tools gave back, turn by turn. White space around a turn is nothing, and so is what comes after the model's last one: no row
 * shows it.
 */
export function turnsOf(written: Written, dialect: Trajectory["dialect"] = written.dialect): readonly string[] {
  return toldOf(written, dialect).flatMap(({ role, text }) => (role === "assistant" || role === "tool" ? [`${role}: ${text}`] : []));
}

/** System and user messages, and which tools. */
export function promptOf(written: Written): readonly (readonly string[])[] {
  const asked = toldOf(written, written.dialect).flatMap(({ role, text }) => (role === "system" || role === "user" ? [text] : []));
  return [asked, toolsOf(written)];
}

/**
 * What training shows of a trajectory: tools, prompt and turns, in their order. Two of one question with the same are one text to whoever learns from them. Worked
 * examples are no part of a trajectory: candidates that were shown different ones say the same to a model that is trained without any.
 */
export function learntText(written: Written): string {
  return JSON.stringify([toolsOf(written), toldOf(written, written.dialect).map(({ role, text }) => [role, text])]);
}

function toolsOf({ tools }: Written): readonly string[] {
  return tools.map(({ name }) => name);
}

function toldOf(written: Written, dialect: Trajectory["dialect"]): readonly { readonly role: string; readonly text: string }[] {
  const segments = dialects.get(dialect).render(endingWithTheModel(written));
  return segments.map(({ role, text }) => ({ role, text: text.trim() }));
}
