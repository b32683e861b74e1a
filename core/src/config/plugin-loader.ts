/** Finds and imports the package of each plugin entry, and checks that it is a plugin this core can run. */
import { existsSync } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { resolve as resolveImport } from "import-meta-resolve";
import { AutoTrajError, type ErrorCode, isAutoTrajError } from "../kernel/errors.ts";
import type { Plugin } from "../kernel/plugin.ts";
import { API_VERSION, OLDEST_API_VERSION, PLUGIN_KINDS } from "../kernel/plugin-kinds.ts";
import { instead } from "../messages/nearest.ts";
import { originText, placeText } from "../messages/place.ts";
import { shown } from "../messages/shown.ts";
import { importModule } from "./import-module.ts";
import { CORE_FOLDER, locatePackage, packageNames } from "./package-names.ts";
import { localCode } from "./plugin-code.ts";
import type { PluginEntry } from "./preset/index.ts";
import { unloadable } from "./unloadable.ts";

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
  /** Path of its module. */
  readonly module?: string;
  /** Version and folder of the copy of core that it imports, where that is not this one. */
  readonly otherCore?: string;
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
  const file = fileURLToPath(url);
  let module: { default?: unknown };
  try {
    module = await importModule(url);
  } catch (error) {
    throw await unloadable(entry, file, error);
  }
  let plugin: unknown;
  try {
    plugin = exported(module.default);
    checkShape(entry, plugin, originText({ namedAt: placeText(entry.declaredAt), module: file }) ?? "", Object.keys(module));
  } catch (error) {
    throw isAutoTrajError(error) ? error : await unloadable(entry, file, error);
  }
  const { name, version } = await packageOf(url);
  const core = await otherCore(url);
  return { entry, plugin, packageName: name ?? plugin.meta.name, version, module: file, ...(core === undefined ? {} : { otherCore: core }) };
}

/** CommonJS that was compiled from an ES module has its default export inside that of Node's. */
function exported(value: unknown): unknown {
  const compiled = value as { readonly __esModule?: unknown; readonly default?: unknown } | null | undefined;
  return compiled?.__esModule === true ? compiled.default : value;
}

function locate(entry: PluginEntry): string {
  const { use, baseDir } = entry;
  if (use.startsWith("./") || use.startsWith("../") || use.startsWith("/")) return pathToFileURL(join(use.startsWith("/") ? "/" : baseDir, use)).href;
  const found = locatePackage(packageNames(use), baseDir);
  if ("url" in found) return found.url;
  const { unusable, hint } = found;
  throw new AutoTrajError("ATRAJ_PLUGIN_NOT_FOUND", {
    ...{ who: whose(entry), plugin: entry.id },
    what: unusable === undefined ? `no package "${use}" is installed for ${baseDir}.` : `the package "${use}" cannot be used: ${unusable}.`,
    where: placeText(entry.declaredAt),
    hint:
      unusable !== undefined
        ? "Compile it where it is a package of your own (npm run build), or install it again."
        : existsSync(join(baseDir, use))
          ? `A file begins with "./": did you mean "./${use}"?`
          : hint,
  });
}

/** Outside presets a plugin has no other name than what it is used by. */
function whose({ id, use }: PluginEntry): string {
  return id === use ? `plugin "${use}"` : `plugin "${id}"`;
}

/** @param where the plugin lies and who names it @param exported names of its module's exports */
export function checkShape(entry: PluginEntry, plugin: unknown, where: string, exported: readonly string[] = []): asserts plugin is Plugin {
  const refuse = (what: string, hint: string, code: ErrorCode = "ATRAJ_PLUGIN_INVALID") =>
    new AutoTrajError(code, { who: entry.id === entry.use ? whose(entry) : `${whose(entry)} (${entry.use})`, plugin: entry.id, what, where, hint });
  const others = exported.filter((name) => name !== "default");
  if (plugin === null || (typeof plugin !== "object" && typeof plugin !== "function")) {
    const has = others.length === 0 ? "exports nothing" : `exports ${others.map((name) => `"${name}"`).join(", ")}`;
    const what =
      exported.includes("default") && plugin !== undefined ? `its default export is ${shown(plugin)}` : `its file has no default export; it ${has}`;
    throw refuse(`${what}.`, "A plugin is its file's default export: export default { meta, setup }.");
  }
  if (plugin instanceof Promise) throw refuse("it exports a promise of a plugin.", "Write await before it: export default await …");
  if (Array.isArray(plugin))
    throw refuse("it exports a list.", "A file exports one plugin; several are several files, each with its entry in the preset.");
  if (typeof plugin === "function" || "apply" in plugin) throw refuse("it exports a function or a class, not a plugin.", OBJECT);
  if (!("setup" in plugin) && "default" in plugin) throw refuse("its default export holds another default export.", WRAPPED);
  const { meta, setup } = plugin as Partial<Plugin>;
  if (typeof setup !== "function") throw refuse("it has no setup function.", OBJECT);
  if (meta === null || typeof meta !== "object") throw refuse("it has no meta.", OBJECT);
  const missing = (["name", "kind", "options", "description", "apiVersion"] as const).filter((key) => meta[key] === undefined);
  if (missing.length > 0) throw refuse(`its meta lacks ${missing.join(", ")}.`, META);
  const unsaid = (["name", "description"] as const).find((key) => typeof meta[key] !== "string" || meta[key].trim() === "");
  if (unsaid !== undefined) throw refuse(`its meta.${unsaid} is ${shown(meta[unsaid])}; it must be a text.`, META);
  if (!KINDS.some((kind) => kind === meta.kind))
    throw refuse(`its meta.kind is ${shown(meta.kind)}.`, instead(String(meta.kind), [...KINDS].sort(), "Kinds are"));
  const fault = apiFault(meta.apiVersion);
  if (fault !== undefined) throw refuse(...fault, "ATRAJ_API_VERSION");
}

const OBJECT = "A plugin is a plain object: export default { meta, setup(api, options) { … } }.";
const WRAPPED =
  'Let the compiler write ES modules ("type": "module" in package.json, "module": "nodenext" in tsconfig.json), or end the file with module.exports = plugin.';
const META = 'A meta is { name, apiVersion: 1, kind, description, options: { type: "object", additionalProperties: false, properties: {} } }.';

/** What is wrong with the version of the contract that a plugin was made for, and what to do. */
function apiFault(version: unknown): readonly [what: string, hint: string] | undefined {
  const range = `This core takes ${OLDEST_API_VERSION} to ${API_VERSION}`;
  if (typeof version !== "number" || !Number.isInteger(version)) {
    return [`its meta.apiVersion is ${shown(version)}; it must be a whole number.`, `${range}: write apiVersion: ${API_VERSION}, without quotes.`];
  }
  if (version > API_VERSION)
    return [`it is made for version ${version} of the plugin contract. ${range}.`, "Update @autotraj/core, or take an older release of the plugin."];
  if (version < OLDEST_API_VERSION)
    return [`it is made for version ${version} of the plugin contract. ${range}.`, "Take a newer release of the plugin, or ask its author for one."];
  return undefined;
}

/** What is said of a second copy of core, with its version; undefined where the plugin would import this one, or none. */
async function otherCore(url: string): Promise<string | undefined> {
  try {
    const folder = dirname(dirname(dirname(await realpath(fileURLToPath(resolveImport("@autotraj/core/plugin", url))))));
    if (folder === (await realpath(CORE_FOLDER))) return undefined;
    const { version } = await packageOf(pathToFileURL(join(folder, "index.js")).href);
    return `${version} in ${placeText({ file: folder, line: 0 })}`;
  } catch {
    // It imports none, or none that can be found: then it has no copy.
    return undefined;
  }
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
