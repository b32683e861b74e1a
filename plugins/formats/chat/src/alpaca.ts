/**
 * The rows the paper's published code trains on: `{instruction, input, output}` for SFT, `{instruction, input, chosen, rejected}` for the reward model.
 * Its own files blank the results in the text (`masked`), which teaches the model to write an empty `<result></result>`; they have no loss mask.
 */
import type { Dialects, JsonObject, PreferencePair, Trajectory } from "@autotraj/core/plugin";
import { holdsUsual, SPELLS_CONTROL_TOKEN, spellsControlToken } from "@autotraj/trajectory-text/control-tokens";
import { speaksAgain, toolRow } from "./write.ts";

export type Results = "kept" | "blanked";

/** Why instruction, input and output could not hold this trajectory; undefined where they can. */
export function alpacaRefuses(trajectory: Trajectory): string | undefined {
  const count = (role: string) => trajectory.messages.filter((message) => message.role === role).length;
  if (speaksAgain(trajectory) || count("user") > 1 || count("system") > 1) return "an Alpaca row holds one system prompt and one question";
  return spellsControlToken(trajectory, holdsUsual) ? SPELLS_CONTROL_TOKEN : undefined;
}

export function alpacaSft(trajectory: Trajectory, dialects: Dialects, results: Results): JsonObject {
  return { ...alpacaPrompt(trajectory), output: alpacaText(trajectory, dialects, results) };
}

export function alpacaPreference({ chosen, rejected }: PreferencePair, dialects: Dialects, results: Results): JsonObject {
  return { ...alpacaPrompt(chosen), chosen: alpacaText(chosen, dialects, results), rejected: alpacaText(rejected, dialects, results) };
}

/** Where the run was in tags, the system prompt explains the tools; else nothing would, and they have a column (JSON text, as LLaMA-Factory takes it). */
function alpacaPrompt({ messages, query, tools, dialect }: Trajectory): JsonObject {
  return {
    instruction: messages.find(({ role }) => role === "system")?.content ?? "",
    input: query.question,
    ...(dialect === "native" && tools.length > 0 ? { tools: JSON.stringify(tools.map(toolRow)) } : {}),
  };
}

function alpacaText(trajectory: Trajectory, dialects: Dialects, results: Results): string {
  return dialects
    .get("tags")
    .render(trajectory)
    .filter(({ role }) => role === "assistant" || role === "tool")
    .map(({ role, text }) => (role === "tool" && results === "blanked" ? "\n<result></result>\n" : text))
    .join("");
}
