/**
 * Texts that the tokenizer would read as control tokens. LLaMA-Factory puts a template's marks and what people, tools and models wrote into one string and
 * tokenises that, so `<|im_end|>` in a tool's result would end a turn: such trajectories are left out here, where they are counted.
 */
import { join } from "node:path";
import { PluginError, type Trajectory } from "@autotraj/core/plugin";
import { controlTokensIn } from "@autotraj/trajectory-text/control-tokens";

/** Why a trajectory is left out, in the words of an export's count. */
export const SPELLS_CONTROL_TOKEN = "it spells a control token, which LLaMA-Factory cannot tell from a mark";

/** Whether a text holds a control token. */
export type HoldsControlToken = (text: string) => boolean;

const USUAL_FORMS = /<[|｜][^|｜<>\s]{1,64}[|｜]>|<\/?s>|<(?:bos|eos|pad|unk|mask|start_of_turn|end_of_turn)>|\[\/?INST\]/u;

/** By how the families that LLaMA-Factory has templates for write theirs; for where the model's own are not known. */
export const holdsUsual: HoldsControlToken = (text) => USUAL_FORMS.test(text);

/** By the tokenizer of a model in Hugging Face's layout. @throws PluginError TRAIN_MODEL where its tokenizer.json is no JSON */
export function controlTokensOf(folder: string): HoldsControlToken {
  const forms = formsIn(folder);
  return forms === undefined ? holdsUsual : (text) => forms.some((form) => text.includes(form));
}

function formsIn(folder: string): readonly string[] | undefined {
  try {
    return controlTokensIn(folder);
  } catch (cause) {
    throw new PluginError("TRAIN_MODEL", `${join(folder, "tokenizer.json")} is no JSON.`, {
      hint: "Is the model's folder whole? Copy it again.",
      cause,
    });
  }
}

/** Whether anything that a row would show of the trajectory holds one. */
export function spellsControlToken({ messages, tools }: Trajectory, holds: HoldsControlToken): boolean {
  return textsIn([messages, tools]).some(holds);
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return value !== null && typeof value === "object" ? [...Object.keys(value), ...Object.values(value).flatMap(textsIn)] : [];
}
