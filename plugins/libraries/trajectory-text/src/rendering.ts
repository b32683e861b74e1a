/**
 * How a reward model reads a trajectory: the rule that its trainer leaves beside the weights in `render.json`, so that what is scored is written as what was
 * trained on.
 */
import { createHash } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type DialectName, type Dialects, type JsonObject, PluginError, type Trajectory } from "@autotraj/core/plugin";
import { chatMessages, turnsRow } from "./turns.ts";

const FILE = "render.json";
const VERSION = 1;

/** The Jinja chat template of models that speak ChatML; in tags all that followed the question is one message of the assistant. */
export const CHATML_TEMPLATE =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

export interface Rendering {
  readonly dialect: DialectName;
  /** The Jinja chat template of training. White space after the last mark is cut off. */
  readonly template: string;
  /** In tokens; of a longer text the first and the last half are kept. Null: nothing is left out. */
  readonly maxLength: number | null;
}

/** A trajectory as the chat template takes it. */
export interface Conversation {
  readonly messages: readonly JsonObject[];
  /** Empty in `tags`, where the system prompt describes the tools. */
  readonly tools: readonly JsonObject[];
}

/** The whole trajectory, results included, in the dialect that the model was trained on. */
export function conversationOf(trajectory: Trajectory, dialect: DialectName, dialects: Dialects): Conversation {
  const { turns, tools } = turnsRow(trajectory, dialects, dialect);
  return { messages: chatMessages(turns).map(wellFormed), tools };
}

/** A lone surrogate is no text to any tokenizer. */
function wellFormed(message: JsonObject): JsonObject {
  const texts = ["content", "reasoning_content"].flatMap((key) => (typeof message[key] === "string" ? [[key, message[key].toWellFormed()]] : []));
  return { ...message, ...Object.fromEntries(texts) };
}

/** Leaves the rule beside a trained model. */
export function writeRendering(folder: string, { dialect, template, maxLength }: Rendering): void {
  const rule = { version: VERSION, dialect, template, templateSha256: sha256(template), maxLength, truncation: "middle" };
  writeFileSync(join(folder, FILE), `${JSON.stringify(rule, null, 2)}\n`);
}

/** @throws PluginError REWARD_MODEL_FOLDER where the folder is no trained reward model; REWARD_MODEL_RENDERING where its rule is changed or unknown. */
export async function readRendering(folder: string): Promise<Rendering> {
  const missing = ["config.json", FILE].find((name) => !existsSync(join(folder, name)));
  if (missing !== undefined)
    throw new PluginError("REWARD_MODEL_FOLDER", `${folder} holds no trained reward model (no ${missing}).`, {
      hint: "Name the folder that the stage reward-model left: models/reward-model/model of a run.",
    });
  const file = join(folder, FILE);
  let rule: Readonly<Record<string, unknown>>;
  try {
    rule = Object(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    throw unreadable(file, `it is no JSON (${(error as Error).message})`);
  }
  return checked(rule, file);
}

function checked({ version, dialect, template, templateSha256, maxLength, truncation }: Readonly<Record<string, unknown>>, file: string): Rendering {
  if (version !== VERSION) throw unreadable(file, `its version is ${JSON.stringify(version)}, and ${VERSION} is known`);
  if (dialect !== "tags" && dialect !== "native") throw unreadable(file, `its dialect is ${JSON.stringify(dialect)}`);
  if (truncation !== "middle") throw unreadable(file, `its truncation is ${JSON.stringify(truncation)}, and only "middle" is known`);
  if (maxLength !== null && !(Number.isSafeInteger(maxLength) && Number(maxLength) > 1))
    throw unreadable(file, `its maxLength is ${JSON.stringify(maxLength)}`);
  if (typeof template !== "string" || sha256(template) !== templateSha256)
    throw unreadable(file, "its template is not the one whose hash it gives: it was changed after training");
  return { dialect, template, maxLength: maxLength as number | null };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function unreadable(file: string, why: string): PluginError {
  return new PluginError("REWARD_MODEL_RENDERING", `${file} cannot be followed: ${why}.`, {
    hint: "The model must be shown the text it was trained on. Use the folder as the trainer left it, or train it again with this version.",
  });
}
