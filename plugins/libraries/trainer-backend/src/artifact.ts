/** Whether a folder holds a whole model: an exit code of 0 does not prove it. */
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { PluginError } from "@autotraj/core/plugin";

const INDEX = "model.safetensors.index.json";
/** The format's own limit, in bytes. */
const LONGEST_HEADER = 100_000_000;

/** @throws PluginError TRAIN_ARTIFACT naming what is missing */
export function checkModel(folder: string, kind: "causal" | "reward"): void {
  const problem = existsSync(folder) ? problemIn(folder, kind) : "it is not there";
  if (problem === undefined) return;
  throw new PluginError("TRAIN_ARTIFACT", `training ended without a failure, but ${folder} holds no whole model: ${problem}.`, {
    hint: "See process.log beside it.",
  });
}

function problemIn(folder: string, kind: "causal" | "reward"): string | undefined {
  const config = jsonIn(join(folder, "config.json"));
  if (config === undefined) return "no readable config.json";
  const [architecture = ""] = (config["architectures"] as string[] | undefined) ?? [];
  if (kind === "reward" && !architecture.endsWith("ForSequenceClassification"))
    return `its architecture is ${JSON.stringify(architecture)}, not one that gives a score`;
  if (!readdirSync(folder).some((name) => name.startsWith("tokenizer"))) return "no tokenizer";
  const index = existsSync(join(folder, INDEX)) ? jsonIn(join(folder, INDEX)) : {};
  if (index === undefined) return `${INDEX} cannot be read`;
  const shards = new Set(Object.values((index["weight_map"] as Record<string, string> | undefined) ?? { all: "model.safetensors" }));
  const missing = [...shards].find((name) => !isWholeSafetensors(join(folder, name)));
  return missing === undefined ? undefined : `${missing} is missing or cut off`;
}

/** The header says where the last tensor ends: a file that was cut off is shorter. Only the header is read, a model may be large. */
function isWholeSafetensors(file: string): boolean {
  if (!existsSync(file)) return false;
  const handle = openSync(file, "r");
  try {
    const length = Buffer.alloc(8);
    if (readSync(handle, length, 0, 8, 0) < 8) return false;
    const header = Buffer.alloc(Math.min(Number(length.readBigUInt64LE(0)), LONGEST_HEADER));
    readSync(handle, header, 0, header.length, 8);
    const tensors = JSON.parse(header.toString("utf8")) as Record<string, { readonly data_offsets?: readonly [number, number] }>;
    const ends = Object.values(tensors).map(({ data_offsets: offsets }) => offsets?.[1] ?? 0);
    return fstatSync(handle).size === 8 + header.length + Math.max(0, ...ends);
  } catch {
    return false;
  } finally {
    closeSync(handle);
  }
}

function jsonIn(file: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
