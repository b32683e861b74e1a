/** `compare`: two runs, or two models that runs have evaluated, side by side. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { compareEvaluated, compareRuns } from "@autotraj/comparison";
import { renderComparedModels, renderComparedRuns } from "../display/comparison.ts";
import { print, printJson } from "../display/terminal.ts";
import { command, usage } from "../options.ts";

const WHAT = "A run's folder, or RUN:MODEL for a model that it has evaluated (runs/first:sft)";

export const compareCommand = command({
  command: "compare <a> <b>",
  describe: "Two runs, or two models: what was set otherwise, verdicts, dimensions, question by question",
  answers: [
    {
      when: "runs",
      fields: {
        a: "run (its folder, as given), preset, finished",
        b: "the same",
        settings: "those that differ",
        plugins: "those that differ",
        funnel: "what, a, b",
        dimensions: "dimension, a, b",
        right: "question by question: shares, their difference with its interval, p, ids that are better and worse",
        learnt: "the same of questions that there is something to learn from",
        models: "those that both have evaluated",
      },
    },
    { when: "models", fields: {}, others: "as one of `models`" },
  ],
  builder: (args) =>
    args
      .positional("a", { type: "string", demandOption: true, describe: WHAT })
      .positional("b", { type: "string", demandOption: true, describe: "The same, to be compared with it: differences are b minus a" })
      .option("full", { type: "boolean", describe: "All ids of questions instead of the first ones" }),
  async handler({ a, b, full = false, json }) {
    const [first, second] = [named(a), named(b)];
    if (first.model !== undefined && second.model !== undefined) {
      const compared = compareEvaluated({ run: first.run, model: first.model }, { run: second.run, model: second.model });
      if (json) printJson(compared);
      else print(renderComparedModels(compared, { full }));
    } else if (first.model === undefined && second.model === undefined) {
      const compared = compareRuns(first.run, second.run);
      if (json) printJson(compared);
      else print(renderComparedRuns(compared, { full }));
    } else throw usage("compare", "one is a run and the other a model.", "Name two runs, or two models as RUN:MODEL.");
  },
});

/** A colon may stand in a folder's name. */
function named(text: string): { readonly run: string; readonly model?: string } {
  const at = text.lastIndexOf(":");
  const isModel = at > 0 && !existsSync(join(text, "run.db")) && existsSync(join(text.slice(0, at), "run.db"));
  return isModel ? { run: text.slice(0, at), model: text.slice(at + 1) } : { run: text };
}
