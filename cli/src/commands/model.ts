/** `model pull|list|convert`: fetch models for the local policy, make model files of what trainers left. */
import { resolve } from "node:path";
import { loadService, MODEL_SOURCE, type ModelSource } from "@autotraj/core";
import type { Argv } from "yargs";
import { table } from "../display/table.ts";
import { print, printJson, say } from "../display/terminal.ts";
import { type ArgumentsOf, command, type Given, usage } from "../options.ts";

const builder = (args: Argv<Given>) =>
  args
    .positional("action", { choices: ["pull", "list", "convert"] as const, demandOption: true, describe: "What to do" })
    .positional("name", { type: "string", describe: "pull: the model, e.g. smollm2-135m. convert: a folder in Hugging Face's layout" })
    .option("source", { type: "string", default: "@autotraj/policy-local", describe: "The plugin that does it" })
    .option("type", { alias: "to", choices: ["q8_0", "f16", "bf16"] as const, default: "f16" as const, describe: "convert: how weights are stored" })
    .option("out", { type: "string", describe: "convert: the file to write (default: model-<type>.gguf in the folder)" });

type ModelArguments = ArgumentsOf<typeof builder>;

export const modelCommand = command({
  command: "model <action> [name]",
  describe: "Fetch a model for the local policy, list the known ones, or convert a trained one",
  answers: [
    { when: "list", isList: true, fields: { name: "by which it is pulled", description: "in words", here: "whether it was pulled" } },
    { when: "pull, convert", fields: { name: "as given", file: "the model's file" } },
  ],
  builder,
  async handler(args) {
    const { action, source, json } = args;
    const models = await loadService(source, MODEL_SOURCE, process.cwd());
    if (action === "list") {
      const known = models.list();
      const rows = known.map((model) => [model.name, model.here ? "yes" : "no", model.description]);
      if (json) printJson(known);
      else print(table(["model", "here", "what it is"], rows));
      return;
    }
    const name = named(args);
    const file = action === "pull" ? await models.pull(name, say) : await convert(models, name, args);
    if (json) printJson({ name, file });
    else print(file);
  },
});

function named({ action, name }: ModelArguments): string {
  if (name !== undefined) return name;
  throw usage(
    `model ${action}`,
    action === "pull" ? "no model is named." : "no folder is named.",
    action === "pull" ? "`autotraj model list` shows the known ones." : "Name the folder that holds config.json and model.safetensors.",
  );
}

async function convert(models: ModelSource, folder: string, { source, type, out }: ModelArguments): Promise<string> {
  if (models.convert === undefined) {
    throw usage("model convert", `${source} converts no models.`, "Leave out --source.");
  }
  return await models.convert(resolve(folder), { type, ...(out === undefined ? {} : { file: resolve(out) }) }, say);
}
