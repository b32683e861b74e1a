/** Files of JSON lines, written whole or not at all. */
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { AutoTrajError } from "../kernel/errors.ts";

/** Written beside its place and renamed, so that a file is either the old one or the whole new one. */
export async function writeJsonLines(file: string, rows: () => Iterable<unknown> | AsyncIterable<unknown>): Promise<number> {
  const draft = `${file}.part`;
  let count = 0;
  try {
    const stream = createWriteStream(draft);
    const closed = finished(stream);
    closed.catch(() => {});
    for await (const row of rows()) {
      count++;
      if (!stream.write(`${JSON.stringify(row)}\n`))
        await Promise.race([new Promise<void>((resolve) => stream.once("drain", () => resolve())), closed]);
    }
    stream.end();
    await closed;
    await rename(draft, file);
    return count;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw writeError(file, error);
  }
}

/** What the system says of a file that cannot be written, as ours. */
export function writeError(file: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  // A format's own error has a code too.
  if (code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  return new AutoTrajError("ATRAJ_STORE_FAILED", {
    who: file,
    what: `it cannot be written (${code}).`,
    hint: "Nothing is lost: the run's store holds all trajectories. Make room or repair the folder, then `autotraj resume`.",
    cause: error,
  });
}
