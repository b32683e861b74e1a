/** Conversations as the text that the reward model reads, for the one template that is written here: ChatML. */
import { PluginError } from "@autotraj/core/plugin";
import { CHATML_TEMPLATE, type Conversation, type Rendering } from "@autotraj/trajectory-text/rendering";
import { cutInside } from "./control-tokens.ts";

/** What is read where a model has no `render.json` and `template: chatml` says that it needs none. */
export const BARE_CHATML: Rendering = { dialect: "tags", template: CHATML_TEMPLATE, maxLength: null };

/**
 * A model's own template may add text to ChatML, or leave some out. `forced`: the user says that it does not.
 * @throws PluginError REWARD_MODEL_TEMPLATE where the text cannot be written as in training
 */
export function checkTemplate(folder: string, { dialect, template }: Rendering, forced: boolean): void {
  const what =
    dialect === "native" ? "is written in the native dialect" : forced || template === CHATML_TEMPLATE ? undefined : "has a chat template of its own";
  if (what === undefined) return;
  throw new PluginError("REWARD_MODEL_TEMPLATE", `the reward model in ${folder} ${what}; this plugin writes ChatML in the tag dialect only.`, {
    hint: `Use @autotraj/reward-model-local${dialect === "native" ? "." : ", or set `template: chatml` where its template writes the same text."}`,
  });
}

/**
 * The whole conversation, nothing after the last mark: that is where the score is read. In stretches that are to be tokenised one by one, since all marks in
 * them are the template's; mostly one.
 */
export function chatmlStretches({ messages }: Conversation, controlTokens: RegExp): readonly string[] {
  const stretches: string[] = [];
  let open = "";
  for (const { role, content } of messages) {
    const parts = cutInside(String(content), controlTokens);
    open += `<|im_start|>${role}\n`;
    for (const part of parts.slice(0, -1)) {
      stretches.push(open + part);
      open = "";
    }
    open += `${parts.at(-1)}<|im_end|>\n`;
  }
  return [...stretches, open.trimEnd()];
}
