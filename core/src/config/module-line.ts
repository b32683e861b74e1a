/** Where a module is wrong that could not be loaded. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** The line of the file that an error of its import comes from, or 0. The engine tells where a syntax error is only on a fresh process's stderr. */
export async function lineOf(error: unknown, file: string): Promise<number> {
  const trace = error instanceof Error ? (error.stack ?? "") : "";
  const isBare = error instanceof SyntaxError && !trace.includes(`${file}:`);
  const text = isBare
    ? await promisify(execFile)(process.execPath, ["--check", file]).then(
        () => "",
        ({ stderr }) => String(stderr),
      )
    : trace;
  const [, after = ""] = text.split(`${file}:`);
  return Number.parseInt(after, 10) || 0;
}
