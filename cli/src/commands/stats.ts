/** `stats`: the tables of a run, finished or not. */
import { readSummary } from "@autotraj/core";
import type { Argv } from "yargs";
import { renderSummary } from "../display/summary.ts";
import { print, printJson } from "../display/terminal.ts";

export const statsCommand = {
  command: "stats <run>",
  describe: "The tables of a run, finished or in progress",
  builder: (args: Argv) => args.positional("run", { type: "string", demandOption: true, describe: "The run's folder" }),
  async handler({ run, json }: { run: string; json: boolean }): Promise<void> {
    const summary = readSummary(run);
    if (json) printJson(summary);
    else print(`${summary.run}${summary.finished ? "" : " (not finished)"}\n\n${renderSummary(summary)}`);
  },
};
