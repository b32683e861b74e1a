/** `import`: recorded conversations in, canonical trajectories and their questions out. Bad rows are listed, never guessed at. */
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { finished } from "node:stream/promises";
import { AutoTrajError, checkTrajectory, type Format, type JsonValue, messageOf, type Trajectory, trajectoryId } from "@autotraj/core";
import type { Argv } from "yargs";
import { findFormat } from "./export.ts";

interface ImportArguments {
  file: string;
  format: string;
  out: string;
  skipBad: boolean;
  json: boolean;
}

const SHOWN_PROBLEMS = 20;
const NO_USAGE: Trajectory["usage"] = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };

export const importCommand = {
  command: "import <file>",
  describe: "Turn recorded conversations (JSONL) into trajectories and questions",
  builder: (args: Argv) =>
    args
      .positional("file", { type: "string", demandOption: true, describe: "JSONL file" })
      .option("format", { type: "string", demandOption: true, describe: "How it is written: chat, or a format package" })
      .option("out", { type: "string", demandOption: true, describe: "Folder for trajectories.jsonl and questions.jsonl" })
      .option("skip-bad", { type: "boolean", default: false, describe: "Leave out rows that cannot be read, and say how many" }),
  async handler({ file, format: name, out, skipBad, json }: ImportArguments): Promise<void> {
    const format = await findFormat(name);
    if (format.read === undefined)
      throw new AutoTrajError("ATRAJ_USAGE", { who: "import", what: `the format "${name}" cannot be read, only written.` });
    await mkdir(out, { recursive: true });
    const trajectories = createWriteStream(join(out, "trajectories.jsonl"));
    const questions = createWriteStream(join(out, "questions.jsonl"));
    const seen = new Set<string>();
    const problems: string[] = [];
    let rows = 0;
    let bad = 0;
    for await (const { line, number } of linesOf(file)) {
      const outcome = readRow(format.read, line, rows);
      if (typeof outcome === "string") {
        bad++;
        if (problems.length < SHOWN_PROBLEMS) problems.push(`${file}:${number} ${outcome}`);
        continue;
      }
      rows++;
      trajectories.write(`${JSON.stringify(outcome)}\n`);
      if (seen.has(outcome.query.id)) continue;
      seen.add(outcome.query.id);
      questions.write(`${JSON.stringify(outcome.query)}\n`);
    }
    trajectories.end();
    questions.end();
    await Promise.all([finished(trajectories), finished(questions)]);
    if (bad > 0 && !skipBad) {
      throw new AutoTrajError("ATRAJ_ROWS_INVALID", {
        who: "import",
        what: `${bad} of ${rows + bad} rows cannot be read.`,
        details: problems,
        hint: "Correct them, or leave them out with --skip-bad.",
      });
    }
    const result = { trajectories: rows, questions: seen.size, skipped: bad, out };
    process.stdout.write(
      json ? `${JSON.stringify(result)}\n` : `${rows} trajectories on ${seen.size} questions in ${out}${bad > 0 ? `, ${bad} rows left out` : ""}\n`,
    );
  },
};

function readRow(read: NonNullable<Format["read"]>, line: string, index: number): Trajectory | string {
  try {
    const recorded = read(JSON.parse(line) as JsonValue, index);
    const trajectory = { id: trajectoryId(recorded), ...recorded, usage: recorded.usage ?? NO_USAGE };
    return checkTrajectory(trajectory) ?? trajectory;
  } catch (error) {
    return error instanceof SyntaxError ? "is not JSON." : messageOf(error);
  }
}

async function* linesOf(file: string): AsyncGenerator<{ line: string; number: number }> {
  const input = createReadStream(file, "utf8");
  let number = 0;
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      if (line.trim() !== "") yield { line, number };
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new AutoTrajError("ATRAJ_ROWS_INVALID", {
      who: "import",
      what: `${file} cannot be read (${code}).`,
      hint: "Name a JSONL file.",
      cause: error,
    });
  }
}
