/** What a model's tokenizer takes for more than text, by its `tokenizer.json`; the rule is that of `python/autotraj_tokens.py`. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Trajectory } from "@autotraj/core/plugin";

interface AddedToken {
  readonly content: string;
  readonly special: boolean;
}

/**
 * What a tokenizer in Hugging Face's layout declares as special, and what looks like it. Undefined where the folder has no tokenizer.json.
 * @throws SyntaxError where that file is no JSON
 */
export function controlTokensIn(folder: string): readonly string[] | undefined {
  const file = join(folder, "tokenizer.json");
  if (!existsSync(file)) return undefined;
  const { added_tokens: added = [] }: { readonly added_tokens?: readonly AddedToken[] } = Object(JSON.parse(readFileSync(file, "utf8")));
  return added.filter(({ content, special }) => special || /^<[|｜].*[|｜]>$/su.test(content)).map(({ content }) => content);
}

/** Whether a text holds a control token. */
export type HoldsControlToken = (text: string) => boolean;

const USUAL_FORMS = /<[|｜][^|｜<>\s]{1,64}[|｜]>|<\/?s>|<(?:bos|eos|pad|unk|mask|start_of_turn|end_of_turn)>|\[\/?INST\]/u;

/** By how most families of models write theirs; for where the model's own are not known. */
export const holdsUsual: HoldsControlToken = (text) => USUAL_FORMS.test(text);

/** Whether anything that a row would show of the trajectory holds one: trainers that tokenise a whole row as one text would read it as a mark of theirs. */
export function spellsControlToken({ messages, tools }: Pick<Trajectory, "messages" | "tools">, holds: HoldsControlToken): boolean {
  return textsIn([messages, tools]).some(holds);
}

/** Why such a trajectory is left out of rows for LLaMA-Factory, in the words of an export's count. */
export const SPELLS_CONTROL_TOKEN = "it spells a control token, which LLaMA-Factory cannot tell from a mark";

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return value !== null && typeof value === "object" ? [...Object.keys(value), ...Object.values(value).flatMap(textsIn)] : [];
}
