/**
 * A loop that another run has finished, decided by the very same, becomes this run's too. Questions that failed in it are dropped here: tried again they might not fail, and the two would learn
 * from other rows.
 */
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, openDatabase } from "../../data/database.ts";
import { contentHash } from "../../kernel/trajectory/identity.ts";
import { type RunIdentity, RunStore } from "./run-store.ts";

/**
 * Does nothing where the folder holds a run already. Calls and times stay with the run that paid for them.
 * @param total questions of the loop
 * @returns the run that it was taken from; undefined where none has finished it
 */
export function takeOverLoop(runs: readonly string[], runDir: string, identity: RunIdentity, total: number): string | undefined {
  const file = join(runDir, "run.db");
  if (existsSync(file)) return undefined;
  const from = runs.find((run) => hasFinished(run, identity, total));
  if (from === undefined) return undefined;
  makeFolder(runDir, "Choose a writable folder with --out.");
  const draft = `${file}.part`;
  rmSync(draft, { force: true });
  const source = RunStore.read(from);
  try {
    source.copyTo(draft);
  } finally {
    source.close();
  }
  const copy = openDatabase(draft, "");
  copy.exec(`DELETE FROM calls; DELETE FROM seconds; DELETE FROM meta WHERE key LIKE 'derived %';
    UPDATE queries SET status = 'dropped' WHERE status = 'failed'; PRAGMA journal_mode = DELETE; VACUUM;`);
  copy.close();
  renameSync(draft, file);
  return from;
}

function hasFinished(run: string, identity: RunIdentity, total: number): boolean {
  if (!existsSync(join(run, "run.db"))) return false;
  const store = openedOr(run);
  try {
    return (
      store !== undefined && contentHash(store.identity()) === contentHash(identity) && store.meta("finished") === "yes" && asked(store) >= total
    );
  } finally {
    store?.close();
  }
}

function asked(store: RunStore): number {
  return (store.one("SELECT count(*) asked FROM queries") as { asked: number }).asked;
}

/** One that was killed before it had begun is none. */
function openedOr(run: string): RunStore | undefined {
  try {
    return RunStore.read(run);
  } catch {
    return undefined;
  }
}
