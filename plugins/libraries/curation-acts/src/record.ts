/** The acts of a run in its folder, in a file of their own: a line each, added at the end and never changed. */
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { PluginError } from "@autotraj/core/plugin";
import { type Act, type AnyDeed, actOf } from "./acts.ts";
import { type Curation, curationOf, objectionTo } from "./state.ts";

/** Beside the run's own files: acts, and the calls that edits were played with. */
export function curationFolder(runDir: string): string {
  return join(runDir, "curation");
}

export function actsFile(runDir: string): string {
  return join(curationFolder(runDir), "acts.jsonl");
}

const NEWLINE = 0x0a;
const MOST_MISTAKES = 20;

/** What all acts come to; of a run without any, nothing. @throws PluginError ACTS_INVALID naming each line that is no act */
export function readCuration(runDir: string): Curation {
  const file = actsFile(runDir);
  return curationOf(existsSync(file) ? actsIn(file, whole(readFileSync(file))) : []);
}

/** A line without its end was being written when its process was killed: nobody was told that it was kept. */
function whole(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1);
}

function actsIn(file: string, bytes: Buffer): readonly Act[] {
  const [acts, mistakes, ids]: [Act[], string[], Set<string>] = [[], [], new Set()];
  for (const [index, line] of bytes.toString("utf8").split("\n").entries()) {
    if (line.trim() === "") continue;
    const act = actIn(line);
    if (typeof act === "string") mistakes.push(`line ${index + 1} ${act}.`);
    else if (ids.has(act.id)) mistakes.push(`line ${index + 1} has the id ${act.id} of a line before it.`);
    else {
      ids.add(act.id);
      acts.push(act);
    }
  }
  if (mistakes.length === 0) return acts;
  const more = mistakes.length - MOST_MISTAKES;
  throw new PluginError("ACTS_INVALID", [`${file}:`, ...mistakes.slice(0, MOST_MISTAKES), ...(more > 0 ? [`and ${more} more`] : [])].join("\n  "), {
    hint: "The file was changed by something else. Put a copy of it back, or correct or remove these lines: each line is one act.",
  });
}

function actIn(line: string): Act | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "is no JSON";
  }
  return actOf(value);
}

export interface Adding {
  readonly runDir: string;
  readonly deed: AnyDeed;
  readonly by: string;
  /** Of the question; an undo has that of what it undoes. */
  readonly position: number;
}

/** Adds an act, and returns it once it is on the disk. @throws PluginError ACT_REFUSED where it says nothing new; as {@link readCuration} */
export function addAct({ runDir, deed, by, position }: Adding): Act {
  mkdirSync(curationFolder(runDir), { recursive: true });
  return alone(runDir, () => {
    const before = readCuration(runDir);
    const objection = objectionTo(before, deed);
    if (objection !== undefined) throw new PluginError("ACT_REFUSED", objection);
    const undone = deed.kind === "undo" ? before.acts.find(({ act }) => act.id === deed.act)?.act.position : undefined;
    const id = `a-${randomBytes(6).toString("hex")}`;
    const act = actOf({ id, at: new Date().toISOString(), by, position: undone ?? position, ...deed });
    if (typeof act === "string") throw new PluginError("ACT_REFUSED", `The act ${act}.`);
    append(actsFile(runDir), `${JSON.stringify(act)}\n`);
    return act;
  });
}

/** What a killed process has left of a line goes. */
function append(file: string, line: string): void {
  const sound = existsSync(file) ? whole(readFileSync(file)).length : 0;
  const handle = openSync(file, "a");
  try {
    ftruncateSync(handle, sound);
    for (let rest = Buffer.from(line); rest.length > 0; ) rest = rest.subarray(writeSync(handle, rest));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Who acts, as this machine knows them. */
export function personHere(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}

/** One process at a time. The lock is the system's own, so it is released however its holder ends. */
function alone<T>(runDir: string, work: () => T): T {
  const lock = new DatabaseSync(join(curationFolder(runDir), "lock"), { timeout: WAIT_MS });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return work();
  } finally {
    lock.close();
  }
}

const WAIT_MS = 10_000;
