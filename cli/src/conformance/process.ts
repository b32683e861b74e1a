/** The process in which a plugin is tried: it may hang, exit or leave behind whatever it likes. Started by watched.ts, which it tells of all that happens. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { registerHooks } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isAutoTrajError, type LoadedPlugin, loadPlugin, messageOf, standaloneEntry } from "@autotraj/core";
import { type ConformanceCases, conformance } from "@autotraj/testkit";
import { ALIVE_MS, type ConformanceMessage, type ConformanceRequest } from "./messages.ts";

const TIME_LIMIT_MS = 10_000;
/** On top of what one answer may take. */
const SILENCE_MS = 5_000;

const notes: string[] = [];

function tell(message: ConformanceMessage): void {
  process.send?.(message);
}

process.once("message", (request) => void attempt(request as ConformanceRequest));

async function attempt(request: ConformanceRequest): Promise<void> {
  setInterval(() => tell({ kind: "alive" }), ALIVE_MS).unref();
  offerOwnCore();
  let cases: ConformanceCases;
  try {
    cases = await casesOf(request);
  } catch (error) {
    return tell({ kind: "misused", reason: messageOf(error) });
  }
  let loaded: LoadedPlugin;
  try {
    loaded = await loadPlugin(placeOf(request));
  } catch (error) {
    return tell({ kind: "refused", reason: isAutoTrajError(error) ? [error.parts.what, error.parts.hint ?? ""].join("\n") : messageOf(error) });
  }
  const { name, kind } = loaded.plugin.meta;
  const silenceMs = (cases.timeLimitMs ?? TIME_LIMIT_MS) + SILENCE_MS;
  tell({ kind: "loaded", plugin: name, version: loaded.version, of: kind, silenceMs, notes });
  const report = await conformance(loaded.plugin, { baseDir: loaded.entry.baseDir, ...cases }).run({
    begins: (check) => tell({ kind: "begins", check }),
    ends: (result) => tell({ kind: "ends", result }),
    says: (line) => tell({ kind: "says", line }),
  });
  tell({ kind: "report", report });
}

/** A plugin of one file has no packages beside it: it is tried with the core that this command has. */
function offerOwnCore(): void {
  registerHooks({
    resolve(specifier, context, next) {
      try {
        return next(specifier, context);
      } catch (error) {
        if (!/^@autotraj\/(?:core|testkit)(?:\/|$)/.test(specifier)) throw error;
        const note = `${specifier} is not installed beside it: tried with the one of this command.`;
        if (!notes.includes(note)) notes.push(note);
        return next(specifier, { ...context, parentURL: import.meta.url });
      }
    },
  });
}

/** A folder is the package that lies in it: by its own name where it says what it exports, else by its main file. */
function placeOf({ plugin, cwd }: ConformanceRequest): ReturnType<typeof standaloneEntry> {
  const path = resolve(cwd, plugin);
  const isPath = /^[./]/.test(plugin) || existsSync(path);
  if (!isPath) return standaloneEntry(plugin, cwd);
  if (!existsSync(path) || !statSync(path).isDirectory()) return standaloneEntry(`./${basename(path)}`, dirname(path));
  const { name, exports, main = "index.js" } = manifestOf(path);
  return standaloneEntry(name !== undefined && exports !== undefined ? name : `./${relative(path, join(path, main))}`, path);
}

function manifestOf(folder: string): { readonly name?: string; readonly exports?: unknown; readonly main?: string } {
  const file = join(folder, "package.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as ReturnType<typeof manifestOf>) : {};
}

async function casesOf({ cases, cwd, options, network }: ConformanceRequest): Promise<ConformanceCases> {
  const given = cases === undefined ? {} : await importedCases(resolve(cwd, cases));
  return { ...given, ...(options === undefined ? {} : { options }), ...(network === "allowed" ? { network } : {}) };
}

async function importedCases(file: string): Promise<ConformanceCases> {
  const module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
  const given = (module.default as typeof module | undefined)?.default ?? module.default;
  if (typeof given === "object" && given !== null) return given;
  throw new Error(`${file} has no cases as its default export: \`export default { options: { … }, questions: [ … ] }\`.`);
}
