/**
 * Reads a run's store without leaving anything in its folder. A run that nobody has open is one file, and is read as such, without locks; one that is under way
 * (or was killed) has a log of changes beside it, and is read as any reader of SQLite does, for moments at a time. Nothing is ever held open.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, isAbsolute, join, relative, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { PluginError } from "@autotraj/core/plugin";
import { isWorkedOn, lastChange, lastEvent } from "@autotraj/core/reports";
import type { RunEntry, RunState } from "./api.ts";

const STORE_VERSION = "2";
const BUSY_MS = 5000;

export function runFile(folder: string): string {
  return join(folder, "run.db");
}

/** Changes with every change of the store. */
export function stampOf(folder: string): string {
  return [runFile(folder), `${runFile(folder)}-wal`].map(stampOfFile).join(" ");
}

/** Of one file; `-` where it is not there. */
export function stampOfFile(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? "-" : `${stat.ino}:${stat.size}:${stat.mtimeMs}`;
}

/** Opens the store, hands it over, and closes it. */
export function readRun<T>(folder: string, work: (database: DatabaseSync) => T): T {
  const database = openRun(folder);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

function openRun(folder: string): DatabaseSync {
  const file = runFile(folder);
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false });
  if (log !== undefined && log.size > 0) return new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
  const url = pathToFileURL(file);
  url.searchParams.set("immutable", "1");
  return new DatabaseSync(url, { readOnly: true });
}

export function metaOf(database: DatabaseSync, key: string): string | undefined {
  return (database.prepare("SELECT value FROM meta WHERE key = ?").get(key) as { value: string } | undefined)?.value;
}

/** JSON of `meta`; undefined where it is not there, or none. */
export function metaJson(database: DatabaseSync, key: string): unknown {
  return jsonOr(metaOf(database, key) ?? "", undefined);
}

export function jsonOr<T>(text: string, otherwise: T): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/** What a list of runs says of one. Never throws: a run that cannot be read says why. */
export function describeRun(key: string, folder: string): RunEntry {
  const changed = lastChange(folder);
  const place = { key, folder, path: fromHere(folder), changedAt: new Date(changed).toISOString() };
  const about = { ...place, runId: basename(folder), preset: "", state: "stopped" as const };
  try {
    return readRun(folder, (database) => {
      const version = metaOf(database, "store");
      if (version !== STORE_VERSION) throw new Error(`its store has version ${version ?? "unknown"}; this viewer reads version ${STORE_VERSION}`);
      const { runId = about.runId, preset = "" } = (metaJson(database, "identity") ?? {}) as Partial<RunEntry>;
      return {
        ...about,
        runId: String(runId),
        preset: String(preset),
        state: stateOf(folder, metaOf(database, "finished") === "yes", changed),
        problem: null,
      };
    });
  } catch (error) {
    return { ...about, problem: error instanceof Error ? error.message : String(error) };
  }
}

const QUIET_MS = 120_000;

/** Locks of other machines may not be seen: there a run that changes is taken for one that somebody works on. */
function stateOf(folder: string, isLoopDone: boolean, changed: number): RunState {
  if (isWorkedOn(folder)) return "live";
  const last = lastEvent(folder);
  // Runs of early releases, and generated ones, have no log.
  if (isLoopDone && ["finish", undefined].includes(last)) return "finished";
  return last !== "end" && Date.now() - changed < QUIET_MS ? "live" : "stopped";
}

/** As people name their runs where they start the viewer. */
function fromHere(folder: string): string {
  const path = relative(process.cwd(), folder);
  return path === "" || path.startsWith("..") || isAbsolute(path) ? folder : path;
}

/** `summary.json`, as a finished run leaves it; undefined where there is none to be read. */
export function summaryOf(folder: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "summary.json"), "utf8")) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

/** Names for addresses, each once. @throws NO_RUN for a folder that holds none */
export function namedRuns(folders: readonly string[]): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  for (const folder of new Set(folders.map((given) => resolve(given)))) {
    if (!existsSync(runFile(folder))) {
      throw new PluginError("NO_RUN", `${folder} holds no run (no run.db).`, {
        hint: "Name a run's folder: `autotraj runs list` shows those below this one.",
      });
    }
    const name = basename(folder).replaceAll(/[^\w.-]+/g, "-");
    let key = name;
    for (let number = 2; named.has(key); number++) key = `${name}-${number}`;
    named.set(key, folder);
  }
  return named;
}
