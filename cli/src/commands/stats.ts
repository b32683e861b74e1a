/** `stats`: the tables of a run, finished or not. */
import { readSummary } from "@autotraj/core";
import { SUMMARY } from "../answers.ts";
import { renderSummary } from "../display/summary.ts";
import { print, printJson } from "../display/terminal.ts";
import { command, RUN } from "../options.ts";

export const statsCommand = command({
  command: "stats <run>",
  describe: "The tables of a run, finished or in progress",
  answers: [{ fields: SUMMARY }],
  builder: (args) => args.positional("run", RUN),
  async handler({ run, json }) {
    const summary = readSummary(run);
    if (json) printJson(summary);
    else print(`${summary.run}${summary.finished ? "" : " (not finished)"}\n\n${renderSummary(summary)}`);
  },
});
