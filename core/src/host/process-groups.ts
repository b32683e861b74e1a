/**
 * The process groups that a run starts (trainers, model servers), written down in its folder: a run that is killed cannot end them, so the next one on that
 * folder does. A process is known by its id and its start time: ids are used again.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readJsonFile, writeJsonFile } from "../data/json-file.ts";
import type { Stopper } from "../kernel/stop.ts";

interface GroupRecord {
  readonly pid: number;
  /** See {@link startOf}. */
  readonly started: string;
  /** Who it is, for people: `stage "sft"`. */
  readonly what: string;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
}

const POLL_MS = 100;
const AFTER_KILL_MS = 5_000;

export class ProcessGroups {
  readonly #folder: string;

  /** @param folder made when the first group is recorded */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Writes down a group as soon as it is started. @returns how to strike it out */
  record(pid: number | undefined, what: string, graceMs: number): () => void {
    const started = pid === undefined ? undefined : startOf(pid);
    if (pid === undefined || started === undefined) return () => {};
    mkdirSync(this.#folder, { recursive: true });
    const file = join(this.#folder, `${pid}.json`);
    writeJsonFile(file, { pid, started, what, graceMs } satisfies GroupRecord);
    return () => rmSync(file, { force: true });
  }

  /** Ends what an earlier process of this run left running, each with its grace. Only whoever holds the run may call it. */
  async endOrphans(stop: Stopper, say: (message: string) => void): Promise<void> {
    if (!existsSync(this.#folder)) return;
    const files = readdirSync(this.#folder).filter((name) => name.endsWith(".json"));
    await Promise.all(
      files.map(async (name) => {
        const file = join(this.#folder, name);
        const record = readJsonFile<GroupRecord>(file);
        if (isRunning(record)) {
          say(`${record.what}: its process ${record.pid} outlived the run that was killed; it is ended first`);
          await endGroup(record, stop);
        }
        rmSync(file, { force: true });
      }),
    );
  }
}

async function endGroup(record: GroupRecord, stop: Stopper): Promise<void> {
  const { pid, graceMs } = record;
  const waitFor = async (ms: number, goOn: () => boolean) => {
    const deadline = performance.now() + ms;
    while (isRunning(record) && performance.now() < deadline && goOn()) await sleep(POLL_MS);
  };
  signalGroup(pid, "SIGTERM");
  await waitFor(graceMs, () => !stop.signal.aborted);
  // Also what it left behind in its group.
  signalGroup(pid, "SIGKILL");
  await waitFor(AFTER_KILL_MS, () => true);
}

export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone.
  }
}

function isRunning({ pid, started }: GroupRecord): boolean {
  return startOf(pid) === started;
}

/** When a process was started, as text to compare: on Linux in clock ticks since which boot. Undefined where it has ended, also where nobody has reaped it. */
function startOf(pid: number): string | undefined {
  try {
    if (process.platform !== "linux") {
      const text = execFileSync("ps", ["-o", "state=,lstart=", "-p", String(pid)], { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });
      const [state = "Z", ...start] = text.trim().split(/\s+/);
      return state.startsWith("Z") ? undefined : start.join(" ");
    }
    // pid (name) state …: the name may hold anything, spaces and brackets too; the start is field 22.
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return ["Z", "X"].includes(fields[0] ?? "") ? undefined : `${boot} ${fields[19]}`;
  } catch {
    return undefined;
  }
}
