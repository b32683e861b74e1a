/** `stats`: the tables of a run, finished or not. */
import { readSummary } from "@autotraj/core";
import type { Argv } from "yargs";
import { renderSummary } from "../display/summary.ts";

export const statsCommand = {
  command: "stats <run>",
  describe: "The tables of a run, finished or in progress",
  builder: (args: Argv) => args.positional("run", { type: "string", demandOption: true, describe: "The run's folder" }),
  async handler({ run, json }: { run: string; json: boolean }): Promise<void> {
    const summary = readSummary(run);
    if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
    else process.stdout.write(`${summary.run}${summary.finished ? "" : " (not finished)"}\n\n${renderSummary(summary)}\n`);
  },
};
