/** A question that is answered by yes or no where a person sits. */
import { createInterface } from "node:readline/promises";
import type { Readable, Writable } from "node:stream";

/** Where it is asked. Default: the process's own, whose standard output stays what the command answers. */
export interface Asked {
  readonly input?: Readable;
  readonly output?: Writable;
}

export type Answer = "yes" | "no" | "broken off";

/** @param question short enough for one line of a terminal: readline wraps none. @returns `no` for whatever is not yes; `broken off` for Ctrl-C, Ctrl-D and a terminal that closes */
export async function yesOrNo(question: string, { input = process.stdin, output = process.stderr }: Asked = {}): Promise<Answer> {
  const lines = createInterface({ input, output, terminal: true });
  const closed = new Promise<undefined>((done) => lines.once("close", () => done(undefined)));
  try {
    const answer = await Promise.race([lines.question(`${question} [y/N] `).catch(brokenOff), closed]);
    if (answer === undefined) {
      output.write("\n");
      return "broken off";
    }
    return /^y(?:es)?$/i.test(answer.trim()) ? "yes" : "no";
  } finally {
    lines.close();
  }
}

/** Which Node closes the interface for a key, and which throws as well, is a matter of its version. */
function brokenOff(error: Error): undefined {
  if (error.name !== "AbortError") throw error;
  return undefined;
}
