/** The real cases that agreement is measured on. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../../../../shared/data/", import.meta.url));

/** Skips the suite where the data is not there, and says so; in CI its absence is a failure. */
export function needsData(suite: Mocha.Suite): void {
  if (existsSync(FOLDER)) return;
  const reason = `the cases are not at ${FOLDER}`;
  if (process.env["CI"] === "true") throw new Error(reason);
  suite.title += ` (skipped: ${reason})`;
  suite.pending = true;
}

export function rows<T>(file: string): T[] {
  return readFileSync(`${FOLDER}${file}`, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as T);
}
