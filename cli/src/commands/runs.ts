/** `runs list`: the runs below a folder, the newest first. */

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type FoundRun, findRuns } from "@autotraj/inventory";
import { count } from "@autotraj/report";
import { bytes, table } from "../display/table.ts";
import { print, printJson } from "../display/terminal.ts";
import { command, usage } from "../options.ts";

export const runsCommand = command({
  command: "runs <action> [folder]",
  describe: "List the runs below a folder, the newest first",
  answers: [
    {
      isList: true,
      fields: {
        run: "its folder, from the one that was searched",
        preset: "its preset's name",
        state: "running, stopped, damaged, `until` the last stage that is done, or done",
        problem: "why it cannot be read",
        questions: "how many",
        kept: "trajectories",
        repaired: "trajectories",
        changed: "when it was last worked on (ISO 8601)",
        bytes: "of all its files",
      },
    },
  ],
  builder: (args) =>
    args
      .positional("action", { choices: ["list"] as const, demandOption: true, describe: "What to do" })
      .positional("folder", { type: "string", default: ".", describe: "Where to look" }),
  async handler({ folder, json }) {
    if (!existsSync(folder)) throw usage("runs list", `there is no folder ${folder}.`, "Leave it out to look below the one you are in.");
    const runs = await findRuns(resolve(folder));
    if (json) printJson(runs);
    else
      print(
        runs.length === 0 ? `No run below ${resolve(folder)}. \`autotraj run\` writes to runs/<preset's name> unless told otherwise.` : listOf(runs),
      );
  },
});

function listOf(runs: readonly FoundRun[]): string {
  const rows = runs.map(({ run, preset, state, questions, kept, repaired, changed, bytes: size }) => [
    ...[run, state, preset || "–", count(questions), `${count(kept)} + ${count(repaired)}`, localTime(changed), bytes(size)],
  ]);
  const damaged = runs.flatMap(({ run, problem }) => (problem === null ? [] : [`${run}: ${problem}`]));
  return [table(["run", "state", "preset", "questions", "kept + repaired", "last worked on", "size"], rows), ...damaged].join("\n");
}

/** `2026-11-30 14:32`, in the time of this machine. */
function localTime(iso: string): string {
  const date = new Date(iso);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16).replace("T", " ");
}
