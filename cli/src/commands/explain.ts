/** `explain`: everything known about one question of a run: its candidates with scores and verdicts, the repairs tried, the calls made. */
import { RunStore } from "@autotraj/core";
import { explainCurated } from "@autotraj/curation";
import { renderExplanation } from "../display/explanation.ts";
import { printJson, printQuoted } from "../display/terminal.ts";
import { command, ROW, RUN } from "../options.ts";

export const explainCommand = command({
  command: "explain <run> <row>",
  describe: "Why a question ended as it did: candidates, scores, verdicts, repairs, calls",
  builder: (args) =>
    args
      .positional("run", RUN)
      .positional("row", { type: "string", demandOption: true, describe: ROW })
      .option("calls", { type: "boolean", describe: "Also what each call asked and answered" })
      .option("full", { type: "boolean", describe: "Whole texts instead of their beginnings" }),
  async handler({ run, row, calls = false, full = false, json }) {
    const store = RunStore.read(run);
    try {
      const explanation = await explainCurated(store, run, row);
      if (json) printJson(explanation);
      else printQuoted(renderExplanation(explanation, { run, calls, full }));
    } finally {
      store.close();
    }
  },
});
