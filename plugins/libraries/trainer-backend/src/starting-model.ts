/** Which model a stage starts from. */
import { existsSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { PluginError } from "@autotraj/core/plugin";

export interface StartingModel {
  /** A folder in Hugging Face's layout, or a hub's name. */
  readonly path: string;
  /** False for a hub's name: it may have to be downloaded. */
  readonly isLocal: boolean;
}

/**
 * @param known names beside folders and a hub's, for the message
 * @throws PluginError TRAIN_MODEL where the name is neither a folder with a model nor a hub's name
 */
export function startingModel(name: string, baseDir: string, known: readonly string[] = []): StartingModel {
  const folder = isAbsolute(name) ? name : resolve(baseDir, name);
  if (existsSync(join(folder, "config.json"))) return { path: folder, isLocal: true };
  if (existsSync(folder) || isAbsolute(name) || name.startsWith("."))
    throw new PluginError("TRAIN_MODEL", `${folder} holds no model in Hugging Face's layout (no config.json).`, {
      hint: "Give the folder of a model.",
    });
  if (/^[\w.-]+\/[\w.-]+$/.test(name)) return { path: name, isLocal: false };
  throw new PluginError("TRAIN_MODEL", `no model is called ${JSON.stringify(name)}.`, {
    hint: `Give a folder in Hugging Face's layout${known.length === 0 ? " or" : ","} a hub's name (owner/model)${known.length === 0 ? "" : `, or one of: ${known.join(", ")}`}.`,
  });
}
