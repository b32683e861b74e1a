/**
 * The rows the paper's published code trains on: `{instruction, input, output}` for SFT, `{instruction, input, chosen, rejected}` for the reward model.
 * Its own files blank the results in the text (`masked`), which teaches the model to write an empty `<result></result>`; they have no loss mask.
 */
import type { Dialects, JsonObject, PreferencePair, Trajectory } from "@autotraj/core/plugin";

export type Results = "kept" | "blanked";

export function alpacaSft(trajectory: Trajectory, dialects: Dialects, results: Results): JsonObject {
  return { ...alpacaPrompt(trajectory), output: alpacaText(trajectory, dialects, results) };
}

export function alpacaPreference({ chosen, rejected }: PreferencePair, dialects: Dialects, results: Results): JsonObject {
  return { ...alpacaPrompt(chosen), chosen: alpacaText(chosen, dialects, results), rejected: alpacaText(rejected, dialects, results) };
}

function alpacaPrompt({ messages, query }: Trajectory): JsonObject {
  return { instruction: messages.find(({ role }) => role === "system")?.content ?? "", input: query.question };
}

function alpacaText(trajectory: Trajectory, dialects: Dialects, results: Results): string {
  return dialects
    .get("tags")
    .render(trajectory)
    .filter(({ role }) => role === "assistant" || role === "tool")
    .map(({ role, text }) => (role === "tool" && results === "blanked" ? "\n<result></result>\n" : text))
    .join("");
}
