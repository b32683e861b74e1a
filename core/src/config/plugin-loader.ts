/** Finds and imports the package of each plugin entry, and checks that it is a plugin this core can run. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { resolve as resolveImport } from "import-meta-resolve";
import { AutoTrajError, messageOf } from "../kernel/errors.ts";
import type { Plugin } from "../kernel/plugin.ts";
import { API_VERSION, PLUGIN_KINDS } from "../kernel/plugin-kinds.ts";
import { localCode } from "./plugin-code.ts";
import { type PluginEntry, placeText } from "./preset/index.ts";

/** Those of the host are not loaded. */
const KINDS = PLUGIN_KINDS.filter((kind) => kind !== "host");

export interface LoadedPlugin {
  readonly entry: PluginEntry;
  readonly plugin: Plugin;
  readonly packageName: string;
  /** From its package.json; `0.0.0` for a single file. */
  readonly version: string;
  /** Hash of its code where it is no installed package: a file of the user's, a workspace. See plugin-code.ts. */
  readonly code?: string;
}

/** An entry for a plugin that is used outside any preset: packages and `./x.js` resolve from `cwd`. */
export function standaloneEntry(use: string, cwd: string): PluginEntry {
  return { id: use, use, options: {}, baseDir: cwd, declaredAt: { file: cwd, line: 0 }, secretPaths: new Set() };
}

/** @throws ATRAJ_PLUGIN_NOT_FOUND, ATRAJ_PLUGIN_INVALID or ATRAJ_API_VERSION, naming where the entry was written. */
export async function loadPlugin(entry: PluginEntry): Promise<LoadedPlugin> {
  const url = locate(entry);
  const loaded = await loadModule(entry, url);
  const code = await localCode(url);
  return { ...loaded, ...(code === undefined ? {} : { code }) };
}

/** One that AutoTraj brings along: its version tells its code. @throws as {@link loadPlugin} */
export function loadStandard(entry: PluginEntry): Promise<LoadedPlugin> {
  return loadModule(entry, locate(entry));
}

async function loadModule(entry: PluginEntry, url: string): Promise<LoadedPlugin> {
  const where = placeText(entry.declaredAt);
  let module: { default?: unknown };
  try {
    module = (await import(url)) as { default?: unknown };
  } catch (error) {
    throw new AutoTrajError("ATRAJ_PLUGIN_NOT_FOUND", {
      who: `plugins.${entry.id}`,
      what: `"${entry.use}" could not be imported: ${messageOf(error).split("\n")[0]}`,
      where,
      hint: `Found at ${fileURLToPath(url)}. If it is a workspace of this repository, build it first (npm run build).`,
      cause: error,
    });
  }
  const plugin = module.default;
  checkShape(entry, plugin, where);
  const { name, version } = await packageOf(url);
  if (plugin.meta.apiVersion !== API_VERSION) {
    throw new AutoTrajError("ATRAJ_API_VERSION", {
      who: `${plugin.meta.name}@${version}`,
      what: `it is written for plugin API ${String(plugin.meta.apiVersion)}; this core has ${API_VERSION}.`,
      where,
      hint:
        Number(plugin.meta.apiVersion) > API_VERSION
          ? "Update the core (npm i @autotraj/core@latest), or use an older release of the plugin."
          : "Use a newer release of the plugin, or ask its author for one.",
    });
  }
  return { entry, plugin, packageName: name ?? plugin.meta.name, version };
}

function locate(entry: PluginEntry): string {
  const { use, baseDir } = entry;
  if (use.startsWith("./") || use.startsWith("../") || use.startsWith("/")) return pathToFileURL(join(use.startsWith("/") ? "/" : baseDir, use)).href;
  const tried: string[] = [];
  for (const from of [pathToFileURL(join(baseDir, "preset.yaml")).href, import.meta.url]) {
    try {
      return resolveImport(use, from);
    } catch (error) {
      tried.push(`from ${dirname(fileURLToPath(from))}: ${(error as { code?: string }).code ?? messageOf(error)}`);
    }
  }
  throw new AutoTrajError("ATRAJ_PLUGIN_NOT_FOUND", {
    who: `plugins.${entry.id}`,
    what: `the package "${use}" was not found.`,
    details: tried,
    where: placeText(entry.declaredAt),
    hint: `Install it (npm install ${use}), or correct the name; a file starts with "./".`,
  });
}

export function checkShape(entry: PluginEntry, plugin: unknown, where: string): asserts plugin is Plugin {
  const invalid = (what: string, hint?: string) =>
    new AutoTrajError("ATRAJ_PLUGIN_INVALID", { who: `plugins.${entry.id} ("${entry.use}")`, what, where, ...(hint === undefined ? {} : { hint }) });
  if (plugin === null || (typeof plugin !== "object" && typeof plugin !== "function")) {
    throw invalid("its module has no default export.", "A plugin is `export default { meta, setup }`.");
  }
  if (typeof plugin === "function" || "apply" in plugin) {
    throw invalid(
      "it exports a function or a webpack-style plugin.",
      "A plugin is a plain object: `export default { meta, setup(api, options) { … } }`.",
    );
  }
  const { meta, setup } = plugin as Partial<Plugin>;
  if (typeof setup !== "function") throw invalid("it has no setup function.");
  if (meta === null || typeof meta !== "object") throw invalid("it has no meta.");
  const missing = (["name", "kind", "options", "description", "apiVersion"] as const).filter((key) => meta[key] === undefined);
  if (missing.length > 0) throw invalid(`its meta lacks ${missing.join(", ")}.`);
  if (!KINDS.some((kind) => kind === meta.kind))
    throw invalid(`its meta.kind is "${String(meta.kind)}".`, `Kinds are: ${[...KINDS].sort().join(", ")}.`);
}

/** The package.json above the module. */
async function packageOf(url: string): Promise<{ name: string | undefined; version: string }> {
  for (let folder = dirname(fileURLToPath(url)); ; folder = dirname(folder)) {
    const found = await readFile(join(folder, "package.json"), "utf8").catch(() => undefined);
    if (found !== undefined) {
      const { name, version = "0.0.0" } = JSON.parse(found) as { name?: string; version?: string };
      return { name, version };
    }
    if (dirname(folder) === folder) return { name: undefined, version: "0.0.0" };
  }
}
