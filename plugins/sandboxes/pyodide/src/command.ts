/** The command line of a locked-down Node process: what an interpreter may reach of this machine. */
import { execFile } from "node:child_process";
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { LIMITS } from "./limits.ts";

/** Folder of the npm package `pyodide`. */
export const PYODIDE_DIR = dirname(realpathSync(createRequire(import.meta.url).resolve("pyodide")));
/** Python sources of this package. */
export const PYTHON_DIR = realpathSync(fileURLToPath(new URL("../python", import.meta.url)));
const SOURCE_DIR = realpathSync(fileURLToPath(new URL(".", import.meta.url)));

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** `probe` tries from JavaScript what `interpreter` must never be able to do. */
export type Entry = "interpreter" | "probe";

const ENTRIES: Readonly<Record<Entry, string>> = { interpreter: entry("./runner"), probe: entry("./probe") };

function entry(name: string): string {
  return realpathSync(fileURLToPath(new URL(name + (import.meta.url.endsWith(".ts") ? ".ts" : ".js"), import.meta.url)));
}

/** @param bwrap bubblewrap's executable, where network and process namespaces are wanted as well */
export function lockedNode(what: Entry, config: object, readable: readonly string[], bwrap: string | undefined): Command {
  const args = [
    "--permission",
    ...[PYODIDE_DIR, PYTHON_DIR, SOURCE_DIR, ...readable].map((path) => `--allow-fs-read=${path}`),
    "--disallow-code-generation-from-strings",
    `--max-old-space-size=${LIMITS.javascriptHeapMiB}`,
    "--no-warnings",
    ENTRIES[what],
    JSON.stringify(config),
  ];
  if (bwrap === undefined) return { file: process.execPath, args };
  return { file: bwrap, args: [...NAMESPACES, process.execPath, ...args] };
}

/** Everything can be seen (the permission model decides what is read), nothing can be written, nobody can be reached. */
const NAMESPACES = [
  ...["--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"],
  ...["--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"],
  ...["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"],
];

export type Netns = "auto" | "always" | "never";

/** @returns bubblewrap's name where it is wanted and works here. @throws why it does not, where it is a must. */
export async function findNamespaces(netns: Netns): Promise<string | undefined> {
  if (netns === "never") return undefined;
  try {
    await promisify(execFile)("bwrap", [...NAMESPACES, process.execPath, "--version"]);
    return "bwrap";
  } catch (error) {
    if (netns === "always") throw error;
    return undefined;
  }
}
