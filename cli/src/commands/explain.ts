/** `explain`: everything known about one question of a run: its candidates with scores and verdicts, the repairs tried, the calls made. */
import { explainRow, RunStore } from "@autotraj/core";
import { renderExplanation } from "../display/explanation.ts";
import { print, printJson } from "../display/terminal.ts";
import { command, RUN } from "../options.ts";

export const explainCommand = command({
  command: "explain <run> <row>",
  describe: "Why a question ended as it did: candidates, scores, verdicts, repairs, calls",
  builder: (args) =>
    args
      .positional("run", RUN)
      .positional("row", {
        type: "string",
        demandOption: true,
        describe:
          "A trajectory's id or its beginning, a question's id, #N for the Nth question, or a data set's row as sft:N, preferences:N, siblings:N, hard-cases:N",
      })
      .option("calls", { type: "boolean", default: false, describe: "Also what every model and tool call asked and answered" })
      .option("full", { type: "boolean", default: false, describe: "Whole texts instead of their beginnings" }),
  async handler({ run, row, calls, full, json }) {
    const store = RunStore.read(run);
    try {
      const explanation = await explainRow(store, run, row);
      if (json) printJson(explanation);
      else print(renderExplanation(explanation, { calls, full }));
    } finally {
      store.close();
    }
  },
});
