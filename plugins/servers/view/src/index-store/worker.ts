/** Fills the index of one run in a thread of its own, and follows the run while it goes on. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { metaOf, readRun, stampOf } from "../run-folder.ts";
import { Filler } from "./filler.ts";
import { stampOfRowFiles } from "./row-files.ts";
import { RowFiller } from "./row-filler.ts";
import { type IndexPlace, openIndex } from "./schema.ts";

export interface FillingJob {
  readonly folder: string;
  readonly place: IndexPlace;
}

/** What the thread says: null while all is well. */
export interface FillingProblem {
  readonly problem: string | null;
}

const LOOK_EVERY_MS = 1000;
/** The first rows are there: a browser that is just opening may have the processor before the other million follow. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_WAIT_MS = 30_000;
const AFTER_A_FAILURE_MS = 5000;

const { folder, place } = workerData as FillingJob;

for (;;) {
  try {
    await follow();
    await setTimeout(LOOK_EVERY_MS);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    await setTimeout(AFTER_A_FAILURE_MS);
  }
}

/** Holds the index while it is this run's, as long as nothing breaks. Where another viewer fills it, that one is left to it. */
async function follow(): Promise<void> {
  const lock = tryLock(place.lockFile);
  if (lock === undefined) return;
  const identity = identityNow();
  let index: DatabaseSync | undefined;
  try {
    index = openIndex(place, identity);
    const filler = new Filler(index, folder);
    const rowFiller = new RowFiller(index, folder);
    let last = "";
    while (identityNow() === identity) {
      const stamp = `${stampOf(folder)} ${stampOfRowFiles(folder)}`;
      const begun = performance.now();
      let pause = last === "" ? FIRST_PAUSE_MS : 0;
      if (stamp !== last) {
        for (const _ of inTurn(filler.pass(), rowFiller.pass())) {
          await setTimeout(pause);
          pause = 0;
        }
      }
      last = stamp;
      say(null);
      // A look costs more the larger the run is: about a tenth of the time goes into it.
      await setTimeout(Math.min(LONGEST_WAIT_MS, Math.max(LOOK_EVERY_MS, 10 * (performance.now() - begun))));
    }
  } finally {
    index?.close();
    lock.close();
  }
}

/** A step of each, until all are done: pairs need not wait for the last of a million trajectories. */
function* inTurn(...works: readonly Generator<void>[]): Generator<void> {
  for (let left = works; left.length > 0; ) {
    left = left.filter((work) => work.next().done !== true);
    yield;
  }
}

function identityNow(): string {
  return readRun(folder, (run) => metaOf(run, "identity") ?? "");
}

/** SQLite's own file lock, which the system releases however the process dies. */
function tryLock(file: string): DatabaseSync | undefined {
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  try {
    database.exec("PRAGMA busy_timeout=0; BEGIN EXCLUSIVE;");
    return database;
  } catch {
    database.close();
    return undefined;
  }
}

function say(problem: string | null): void {
  parentPort?.postMessage({ problem } satisfies FillingProblem);
}
