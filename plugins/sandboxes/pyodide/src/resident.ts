/** Resident memory of a process and all below it, as Linux tells it. */
import { readFileSync } from "node:fs";

const PAGE_KIB = 4;

/** @returns MiB; 0 where the system does not tell (not Linux) or the process has ended */
export function residentMiB(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
    return children.reduce((sum, child) => sum + residentMiB(child), (pages * PAGE_KIB) / 1024);
  } catch {
    return 0;
  }
}
