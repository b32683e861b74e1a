import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AssistantMessage, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { CHATML_TEMPLATE, type Rendering, writeRendering } from "@autotraj/trajectory-text/rendering";

/** A folder as trainer-trl leaves one, as far as this plugin looks into it. */
export function modelFolder(folder: string, rule: Partial<Rendering> = {}): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "config.json"), "{}");
  writeRendering(folder, { dialect: "tags", template: CHATML_TEMPLATE, maxLength: null, ...rule });
  return folder;
}

/** A trajectory in the tag dialect: turns of the model and results of its tools, in turns. */
export function tagged(...texts: readonly string[]): Trajectory {
  const rollout = texts.map((text, index): AssistantMessage | ToolMessage =>
    index % 2 === 0 ? { role: "assistant", content: "", text } : { role: "tool", toolCallId: "c", name: "python", content: text, ok: true },
  );
  return {
    id: texts.join(),
    query: { id: "q", question: "6 times 7?", answers: ["42"] },
    dialect: "tags",
    tools: [],
    messages: [{ role: "system", content: "Solve it." }, { role: "user", content: "6 times 7?" }, ...rollout],
    finish: "answer",
    faults: [],
    provenance: { origin: "rollout" },
    usage: { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 1, toolCalls: 0 },
  };
}

/** The text before what the model wrote, and the mark after it. */
export const BEFORE = "<|im_start|>system\nSolve it.<|im_end|>\n<|im_start|>user\n6 times 7?<|im_end|>\n<|im_start|>assistant\n";
export const AFTER = "<|im_end|>";
