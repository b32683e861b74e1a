/** `model pull|list`: fetch models for the local policy. */
import { AutoTrajError, loadService, MODEL_SOURCE } from "@autotraj/core";
import type { Argv } from "yargs";
import { table } from "../display/table.ts";

interface ModelArguments {
  action: "pull" | "list";
  name?: string;
  source: string;
  json: boolean;
}

export const modelCommand = {
  command: "model <action> [name]",
  describe: "Fetch a model for the local policy, or list the known ones",
  builder: (args: Argv) =>
    args
      .positional("action", { choices: ["pull", "list"] as const, demandOption: true, describe: "What to do" })
      .positional("name", { type: "string", describe: "The model, e.g. smollm2-135m" })
      .option("source", { type: "string", default: "@autotraj/policy-local", describe: "The plugin that fetches it" }),
  async handler({ action, name, source, json }: ModelArguments): Promise<void> {
    const models = await loadService(source, MODEL_SOURCE, process.cwd());
    if (action === "pull") {
      if (name === undefined)
        throw new AutoTrajError("ATRAJ_USAGE", {
          who: "model pull",
          what: "no model is named.",
          hint: "`autotraj model list` shows the known ones.",
        });
      const file = await models.pull(name, (message) => process.stderr.write(`${message}\n`));
      process.stdout.write(json ? `${JSON.stringify({ name, file })}\n` : `${file}\n`);
      return;
    }
    const known = models.list();
    const rows = known.map((model) => [model.name, model.here ? "yes" : "no", model.description]);
    process.stdout.write(json ? `${JSON.stringify(known)}\n` : `${table(["model", "here", "what it is"], rows)}\n`);
  },
};
