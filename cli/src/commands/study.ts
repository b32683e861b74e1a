/** `study`: arms × seeds of one preset, as one table and one picture. */
import { join, resolve } from "node:path";
import { allThatKeepsAny } from "@autotraj/planning";
import { FILES, readStudy, reportStudy, runStudy } from "@autotraj/studies";
import { renderStudy } from "../display/study.ts";
import { print, printJson } from "../display/terminal.ts";
import { command, LIMIT, usage } from "../options.ts";
import { watched } from "./perform.ts";

export const studyCommand = command({
  command: "study <study>",
  describe: "Train and compare arms × seeds of a preset; on a folder that holds this study already, go on with it",
  answers: [
    {
      fields: {
        study: "its name",
        preset: "as the study names it",
        measure: "greedy or sampled",
        done: "runs that are done",
        planned: "of how many",
        arms: "arm, runs (one for each seed), mean with its interval",
        comparisons: "arm, against, difference with its interval, seeds, addedLater",
        references: "the untrained policy",
        notes: "what a reader must know",
        folder: "the study's, as a whole path",
        files: "json, table, csv, picture: whole paths",
      },
    },
  ],
  builder: (args) =>
    args
      .positional("study", { type: "string", demandOption: true, describe: "The study's file (YAML): preset, seeds, arms, compare" })
      .option("out", { type: "string", describe: "Folder of the study (default studies/<its name>)" })
      .option("arms", {
        ...{ type: "string", array: true, requiresArg: true, describe: "Only these arms, as a,b or one after the other (default all)" },
        coerce: (names: string[] | undefined) => names?.flatMap((name) => name.split(",")).filter((name) => name !== ""),
      })
      .option("limit", LIMIT)
      .option("report", { type: "boolean", describe: "Only the tables of what is done so far" }),
  async handler({ study: file, out, arms, limit, report, json, given }) {
    if (arms?.length === 0) throw usage("study", "--arms names no arm.", "Name some as a,b; or leave it out, for all.");
    const study = await readStudy(file);
    const dir = out ?? join("studies", study.name);
    const asked = { ...(arms === undefined ? {} : { arms }), ...(limit === undefined ? {} : { limit }) };
    const options = { study, dir, allThatKeeps: allThatKeepsAny, ...asked };
    const result = report
      ? await reportStudy(options)
      : await watched({ show: 0, again: () => given }, (stop, observer) =>
          runStudy({ ...options, stop, observer: () => observer, say: (message) => observer.info(message) }),
        );
    const files = Object.entries(FILES).map(([what, name]) => [what, join(dir, name)] as const);
    if (json) printJson({ ...result, folder: resolve(dir), files: Object.fromEntries(files.map(([what, path]) => [what, resolve(path)])) });
    else print(`\n${renderStudy(result)}\n\n${files.map(([, path]) => path).join("\n")}`);
  },
});
