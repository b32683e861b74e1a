/** The format as the kernel uses it. */
import { FORMAT, type Format, type JsonObject, type JsonValue, PluginError, type Trajectory } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { readRow } from "../../../../test/formats/reading.ts";
import plugin from "../src/index.ts";

export async function atif(): Promise<Format> {
  return (await setupPlugin(plugin)).provided(FORMAT);
}

/** The document's own conversation. */
export function readWith(format: Format, document: JsonValue): Trajectory {
  return readRow(format, document)[0]!;
}

export async function read(document: JsonValue): Promise<Trajectory> {
  return readWith(await atif(), document);
}

/** As a file would hold it. */
export async function written(trajectory: Trajectory): Promise<JsonObject> {
  return JSON.parse(JSON.stringify((await atif()).sft!(trajectory))) as JsonObject;
}

export async function mistake(document: JsonValue): Promise<string> {
  try {
    await read(document);
  } catch (error) {
    if (error instanceof PluginError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error("the document was read");
}
