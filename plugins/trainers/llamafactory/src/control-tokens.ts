/**
 * Texts that the tokenizer would read as control tokens. LLaMA-Factory puts a template's marks and what people, tools and models wrote into one string and
 * tokenises that, so `<|im_end|>` in a tool's result would end a turn: such trajectories are left out, where they are counted.
 */
import { join } from "node:path";
import { PluginError } from "@autotraj/core/plugin";
import { controlTokensIn, type HoldsControlToken, holdsUsual } from "@autotraj/trajectory-text/control-tokens";

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
