/** What a training leaves besides its model: to go on from while it is not done, and of no use to anybody afterwards, at three times the model's size. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@autotraj/core/plugin";

export const KEEP_CHECKPOINTS: JsonObject = {
  type: "boolean",
  default: false,
  description:
    "Whether checkpoints stay when the training is done. Nothing goes on from them then, and one is three times as large as the model in fp32.",
};

/** Removes the folders of this name, or a number behind it, once the model is whole. What was interrupted keeps them: it goes on from there. */
export function removeCheckpoints(folder: string, name: "checkpoint-" | "global_step_"): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder)) {
    if (entry.startsWith(name) && /^\d+$/.test(entry.slice(name.length))) rmSync(join(folder, entry), { recursive: true, force: true });
  }
}
