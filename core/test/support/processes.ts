/** Real processes, looked at from outside. */
import { existsSync, readFileSync } from "node:fs";

/** False also for one that has ended and was not reaped. */
export function isAlive(pid: number): boolean {
  try {
    if (process.platform === "linux") return !["Z", "X"].includes(/^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "");
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Of a file to which processes append their ids, a line each: only whole lines, as one is made before it is written to. */
export function pidsIn(file: string): number[] {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1).map(Number) : [];
}

/** Ends it, where it is still there. */
export function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
