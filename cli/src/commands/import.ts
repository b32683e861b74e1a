/** `import`: recorded conversations in, canonical trajectories and their questions out. Bad rows are listed, never guessed at. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import {
  AutoTrajError,
  counted,
  DETECT,
  detectFormat,
  findFormat,
  installedFormats,
  QuestionIds,
  type ReadingFormat,
  readRecords,
  trajectoryId,
  wellFormed,
} from "@autotraj/core";
import { print, printJson, say } from "../display/terminal.ts";
import { command, text } from "../options.ts";

const SHOWN_PROBLEMS = 20;

export const importCommand = command({
  command: "import <file>",
  describe: "Turn recorded conversations into trajectories and questions",
  answers: [
    {
      fields: {
        format: "by which it was read",
        trajectories: "how many",
        questions: "how many",
        skipped: "rows that were left out",
        out: "the folder, as given",
      },
    },
  ],
  builder: (args) =>
    args
      .positional("file", { type: "string", demandOption: true, describe: "JSONL, JSON or text file" })
      .option("format", { type: "string", default: DETECT, describe: "How it is written: chat, or a format package; auto finds out" })
      .option("out", { type: "string", demandOption: true, describe: "Folder for trajectories.jsonl and questions.jsonl" })
      .option("group-by", text("Field that says which rows are on one question: metadata.task"))
      .option("skip-bad", { type: "boolean", describe: "Leave out rows that cannot be read, and say how many" }),
  async handler({ file, format: asked, out, groupBy, skipBad, json }) {
    const installed: ReadonlyMap<string, ReadingFormat> = await installedFormats();
    const name = asked === DETECT ? await detectFormat(file, installed) : asked;
    if (asked === DETECT) say(`${file} is read as ${name}.`);
    const format = installed.get(name) ?? (await findFormat(name));
    const others = new Map([...installed].filter(([id]) => id !== name));
    await mkdir(out, { recursive: true });
    const trajectories = createWriteStream(join(out, "trajectories.jsonl"));
    const questions = createWriteStream(join(out, "questions.jsonl"));
    const ids = new QuestionIds();
    const problems: string[] = [];
    let rows = 0;
    let bad = 0;
    let written = 0;
    for await (const row of readRecords(file, format, { others, ...(groupBy === undefined ? {} : { groupBy }) })) {
      rows++;
      if (row.problem !== undefined) {
        bad++;
        if (problems.length < SHOWN_PROBLEMS) problems.push(`${row.place} ${row.problem}`);
      }
      for (const { trajectory: read, group } of wellFormed(row.recordings)) {
        written++;
        const { id, isNew } = ids.of(read.query.id, group);
        const query = { ...read.query, id };
        const trajectory = { ...read, query, id: trajectoryId({ ...read, query }) };
        if (!trajectories.write(`${JSON.stringify(trajectory)}\n`)) await once(trajectories, "drain");
        if (isNew) questions.write(`${JSON.stringify(query)}\n`);
      }
    }
    trajectories.end();
    questions.end();
    await Promise.all([finished(trajectories), finished(questions)]);
    if (written === 0 || (bad > 0 && !skipBad)) {
      throw new AutoTrajError("ATRAJ_ROWS_INVALID", {
        who: "import",
        what: bad > 0 ? `${bad} of ${rows} rows cannot be read.` : `${file} holds no conversation with a model.`,
        details: problems,
        hint: written === 0 ? "Correct them, or name their format with --format." : "Correct them, or leave them out with --skip-bad.",
      });
    }
    const result = { format: name, trajectories: written, questions: ids.size, skipped: bad, out };
    if (json) printJson(result);
    else
      print(
        `${counted(written, "trajectory", "trajectories")} (${name}) on ${counted(ids.size, "question")} in ${out}${bad > 0 ? `, ${counted(bad, "row")} left out` : ""}`,
      );
  },
});
