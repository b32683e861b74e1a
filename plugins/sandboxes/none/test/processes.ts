/** Which processes there are, as a test sees it from outside. */
import { readdirSync, readFileSync } from "node:fs";

/** Process ids with one of these in their command line or environment. */
export function processesWith(...words: readonly string[]): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => words.some((word) => `${shown(`/proc/${pid}/cmdline`)}${shown(`/proc/${pid}/environ`)}`.includes(word))).map(Number);
}

function shown(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
