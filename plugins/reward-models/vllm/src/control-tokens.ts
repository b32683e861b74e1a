/**
 * Texts that a server's tokenizer would read as control tokens. It knows no request in which they are text, so where a trajectory spells one the text is
 * tokenised in two stretches, cut inside the spelling: `<|` and `im_end|>` are no mark, and the tokens are those that training made of it.
 */
import { join } from "node:path";
import { PluginError } from "@autotraj/core/plugin";
import { controlTokensIn } from "@autotraj/trajectory-text/control-tokens";

/** How families that speak ChatML write theirs; used where the model's own are not known. */
export const USUAL_CONTROL_TOKENS = /<[|｜][^|｜<>\s]{1,64}[|｜]>/u;

/** Those of a model in Hugging Face's layout. @throws PluginError REWARD_MODEL_FOLDER where its tokenizer.json is no JSON */
export function controlTokensOf(folder: string): RegExp {
  const forms = formsIn(folder);
  if (forms === undefined) return USUAL_CONTROL_TOKENS;
  const longestFirst = forms.toSorted((a, b) => b.length - a.length).map((form) => form.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return longestFirst.length === 0 ? /(?!)/u : new RegExp(longestFirst.join("|"), "u");
}

function formsIn(folder: string): readonly string[] | undefined {
  try {
    return controlTokensIn(folder);
  } catch (cause) {
    throw new PluginError("REWARD_MODEL_FOLDER", `${join(folder, "tokenizer.json")} is no JSON.`, {
      hint: "Use the folder as the stage reward-model left it.",
      cause,
    });
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
