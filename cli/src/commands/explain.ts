/** `explain`: everything known about one question of a run: its candidates with scores and verdicts, the repairs tried, the calls made. */
import { RunStore } from "@autotraj/core";
import { explainCurated } from "@autotraj/curation";
import { renderExplanation } from "../display/explanation.ts";
import { printJson, printQuoted } from "../display/terminal.ts";
import { command, ROW, RUN } from "../options.ts";

export const explainCommand = command({
  command: "explain <run> <row>",
  describe: "Why a question ended as it did: candidates, scores, verdicts, repairs, calls",
  answers: [
    {
      fields: {
        position: "of the question, from 0",
        status: "done, failed, dropped, in progress",
        reason: "why, in words",
        asked: "the id of the trajectory that was asked for; null for a whole question",
        trajectories: "candidates and repairs with scores, verdict, fate",
        calls: "to models and tools, with what they asked and answered",
        incidents: "at, who, what",
        curation: "what people did to it by hand",
      },
    },
  ],
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
