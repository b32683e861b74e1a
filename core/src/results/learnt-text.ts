/** When two trajectories of one question are the same text to whoever learns from them. */
import type { Trajectory } from "../kernel/plugin.ts";
import { turnsOf } from "../loop/copied-repair.ts";

/**
 * What training shows of a trajectory: the prompt (system and user messages, which tools), then what was written and what the tools gave back. White space
 * around a turn is nothing, as where a repair is compared with what it repairs. Worked examples are no part of a trajectory: candidates that were shown
 * different ones say the same to a model that is trained without any.
 */
export function learntText(trajectory: Trajectory): string {
  return JSON.stringify([promptOf(trajectory), turnsOf(trajectory, trajectory.dialect)]);
}

export function promptOf({ messages, tools }: Trajectory): readonly (readonly string[])[] {
  return [messages.flatMap(({ role, content }) => (role === "system" || role === "user" ? [content] : [])), tools.map(({ name }) => name)];
}
