/** Real processes, looked at from outside. */
import { existsSync, readFileSync } from "node:fs";

/** False also for one that has ended and was not reaped. */
export function isAlive(pid: number): boolean {
  if (process.platform === "linux") {
    if (!existsSync(`/proc/${pid}/status`)) return false;
    return !["Z", "X"].includes(/^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "");
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Ends it, where it is still there. */
export function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}
