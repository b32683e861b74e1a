/** The format as the kernel uses it. */
import { checkTrajectory, READING_RULES, readConversation, trajectoryId } from "@autotraj/core";
import { FORMAT, type Format, type JsonObject, type JsonValue, PluginError, type RecordedConversation, type Trajectory } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import plugin from "../src/index.ts";

const USAGE = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };

export async function atif(): Promise<Format> {
  return (await setupPlugin(plugin)).provided(FORMAT);
}

/** All conversations of the document. @throws what is wrong with it, from the format or from the kernel's check. */
export function allOf(format: Format, document: JsonValue): readonly Trajectory[] {
  return (format.read!(document, 0) as readonly RecordedConversation[]).map((conversation) => {
    const { trajectory: recorded } = readConversation(conversation, READING_RULES, undefined);
    const trajectory = { usage: USAGE, ...recorded };
    const problem = checkTrajectory({ id: "", ...trajectory });
    if (problem !== undefined) throw new Error(problem);
    return { id: trajectoryId(trajectory), ...trajectory };
  });
}

/** The document's own conversation. */
export function readWith(format: Format, document: JsonValue): Trajectory {
  return allOf(format, document)[0]!;
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
