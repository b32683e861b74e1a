/**
 * Texts that a server's tokenizer would read as control tokens. It knows no request in which they are text, so where a trajectory spells one the text is
 * tokenised in two stretches, cut inside the spelling: `<|` and `im_end|>` are no mark, and the tokens are those that training made of it.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PluginError } from "@autotraj/core/plugin";

/** How families that speak ChatML write theirs; used where the model's own are not known. */
export const USUAL_CONTROL_TOKENS = /<[|｜][^|｜<>\s]{1,64}[|｜]>/u;

interface AddedToken {
  readonly content: string;
  readonly special: boolean;
}

/**
 * Those of a model in Hugging Face's layout: what its tokenizer declares as special, and what looks like it.
 * @throws PluginError REWARD_MODEL_FOLDER where its tokenizer.json is no JSON
 */
export async function controlTokensOf(folder: string): Promise<RegExp> {
  const file = join(folder, "tokenizer.json");
  if (!existsSync(file)) return USUAL_CONTROL_TOKENS;
  const { added_tokens: added = [] } = await read(file);
  const forms = added.filter(({ content, special }) => special || /^<[|｜].*[|｜]>$/su.test(content)).map(({ content }) => content);
  const longestFirst = forms.sort((a, b) => b.length - a.length).map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return longestFirst.length === 0 ? /(?!)/u : new RegExp(longestFirst.join("|"), "u");
}

async function read(file: string): Promise<{ readonly added_tokens?: readonly AddedToken[] }> {
  const text = await readFile(file, "utf8");
  try {
    return Object(JSON.parse(text));
  } catch (cause) {
    throw new PluginError("REWARD_MODEL_FOLDER", `${file} is no JSON.`, { hint: "Use the folder as the stage reward-model left it.", cause });
  }
}

/** The text in stretches none of which holds a control token; joined they are the text. */
export function cutInside(text: string, controlTokens: RegExp): readonly string[] {
  const stretches: string[] = [];
  let rest = text;
  for (let found = controlTokens.exec(rest); found !== null; found = controlTokens.exec(rest)) {
    // Behind the brackets: tokenizers that cut a text into words cut there too.
    const at = found.index + Math.max(1, found[0].search(/[\p{L}\p{N}]/u));
    stretches.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  return [...stretches, rest];
}
