/** The runs below a folder, with what can be said of each without its plugins: nothing is loaded, and a damaged one is a row like others. */
import { existsSync } from "node:fs";
import { lstat, readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { artifactOf, isWorkedOn, messageOf, RunStore } from "@autotraj/core";

export interface FoundRun {
  /** From the folder that was searched. */
  readonly run: string;
  readonly preset: string;
  /** `running`; `stopped`: its loop is not complete; `damaged`; else the last stage that is done, `done` where all are. */
  readonly state: string;
  /** Why it cannot be read; else null. */
  readonly problem: string | null;
  readonly questions: number;
  /** Trajectories. */
  readonly kept: number;
  readonly repaired: number;
  /** When it was last worked on, as ISO 8601. */
  readonly changed: string;
  readonly bytes: number;
}

/** Studies keep their runs two folders further down than runs are by default. */
const DEPTH = 4;

/** The newest first. */
export async function findRuns(folder: string): Promise<readonly FoundRun[]> {
  const runs: FoundRun[] = [];
  for (const dir of await runFolders(folder)) runs.push(await describeRun(dir, relative(folder, dir) || "."));
  return runs.sort((a, b) => (a.changed < b.changed ? 1 : -1));
}

/** Folders with a `run.db`; what is below a run is a part of it. */
export async function runFolders(folder: string, depth = DEPTH): Promise<readonly string[]> {
  if (existsSync(join(folder, "run.db"))) return [folder];
  if (depth === 0) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const inner = entries.filter((entry) => entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith("."));
  return (await Promise.all(inner.map(({ name }) => runFolders(join(folder, name), depth - 1)))).flat();
}

async function describeRun(dir: string, run: string): Promise<FoundRun> {
  const [bytes, { mtime }] = [await sizeOf(dir), await stat(join(dir, "run.db"))];
  const place = { run, changed: mtime.toISOString(), bytes, problem: null };
  try {
    const store = RunStore.read(dir);
    try {
      const fates = new Map(
        (store.all("SELECT fate, count(*) n FROM trajectories GROUP BY fate") as { fate: string; n: number }[]).map(({ fate, n }) => [fate, n]),
      );
      const { questions } = store.one("SELECT count(*) questions FROM queries") as { questions: number };
      return {
        ...place,
        preset: store.identity()?.preset ?? "",
        state: isWorkedOn(dir) ? "running" : stateOf(store, dir),
        ...{ questions, kept: fates.get("kept") ?? 0, repaired: fates.get("repaired") ?? 0 },
      };
    } finally {
      store.close();
    }
  } catch (error) {
    const problem = messageOf(error).split("\n")[0] ?? "";
    return { ...place, preset: "", state: "damaged", problem, questions: 0, kept: 0, repaired: 0 };
  }
}

function stateOf(store: RunStore, dir: string): string {
  if (store.meta("finished") !== "yes") return "stopped";
  const stages = store.metaJson<readonly string[]>("trainings", Array.isArray) ?? [];
  const done = stages.filter(
    (name) => artifactOf(dir, name) !== undefined || (name === "evaluate" && existsSync(join(dir, "evaluation", "evaluation.json"))),
  );
  return done.length === stages.length ? "done" : `until ${done.at(-1) ?? "data"}`;
}

/** Bytes of all files in it, links not followed. What vanishes meanwhile counts for nothing. */
export async function sizeOf(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.size;
  const names = await readdir(path).catch(() => []);
  let bytes = 0;
  for (const name of names) bytes += await sizeOf(join(path, name));
  return bytes;
}
