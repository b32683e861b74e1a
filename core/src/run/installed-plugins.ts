/** The plugins that are installed here, and formats by the names people give them. */
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AutoTrajError, isAutoTrajError } from "../kernel/errors.ts";
import { FORMAT, type Format } from "../kernel/plugin.ts";
import { loadService } from "./single-plugin.ts";

/** Packages with the keyword `autotraj-plugin` in every node_modules from here and from the core upwards. */
export async function installedPlugins(): Promise<readonly string[]> {
  const names = new Set<string>();
  for (const start of [process.cwd(), import.meta.dirname]) {
    for (let folder = start; ; folder = dirname(folder)) {
      for (const name of await pluginsIn(join(folder, "node_modules"))) names.add(name);
      if (dirname(folder) === folder) break;
    }
  }
  if (names.size === 0)
    throw new AutoTrajError("ATRAJ_PLUGIN_NOT_FOUND", {
      who: "plugin list",
      what: "no plugin is installed here.",
      hint: "npm install @autotraj/preset-quickstart",
    });
  return [...names].sort();
}

async function pluginsIn(modules: string): Promise<readonly string[]> {
  const entries = await readdir(modules).catch(() => []);
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.startsWith("@")) {
      const scoped = await readdir(join(modules, entry)).catch(() => []);
      names.push(...scoped.filter((name) => entry === "@autotraj" || name.startsWith("autotraj-")).map((name) => `${entry}/${name}`));
    } else if (entry.startsWith("autotraj-")) names.push(entry);
  }
  const checked = await Promise.all(names.map(async (name) => ((await isPlugin(join(modules, name))) ? [name] : [])));
  return checked.flat();
}

async function isPlugin(folder: string): Promise<boolean> {
  try {
    const { keywords } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as { keywords?: readonly string[] };
    return keywords?.includes("autotraj-plugin") ?? false;
  } catch {
    return false;
  }
}

/** `chat`, `chat/alpaca`, a trainer's own (`trl`), `@scope/package`, `./file.js`. */
export async function findFormat(name: string): Promise<Omit<Format, "variants">> {
  const isPath = /^[@./]/.test(name);
  const [base = name, variant] = isPath ? [name] : name.split("/");
  const format = await (isPath ? loadService(name, FORMAT, process.cwd()) : loadNamed(base));
  if (variant === undefined) return format;
  const found = format.variants?.[variant];
  if (found !== undefined) return found;
  throw new AutoTrajError("ATRAJ_USAGE", {
    who: "export",
    what: `the format "${base}" has no variant "${variant}".`,
    hint: `Variants: ${Object.keys(format.variants ?? {}).join(", ") || "none"}.`,
  });
}

/** Formats first, then the data sets of trainers. */
async function loadNamed(name: string): Promise<Format> {
  const packages = [`@autotraj/format-${name}`, `@autotraj/trainer-${name}`];
  for (const use of packages) {
    try {
      return await loadService(use, FORMAT, process.cwd());
    } catch (error) {
      if (!isAutoTrajError(error) || error.code !== "ATRAJ_PLUGIN_NOT_FOUND") throw error;
    }
  }
  throw new AutoTrajError("ATRAJ_PLUGIN_NOT_FOUND", {
    who: "format",
    what: `there is no format "${name}": neither ${packages.join(" nor ")} is installed.`,
    hint: "`autotraj plugin list` shows the installed ones; a package of another name is given in full, a file as ./file.js.",
  });
}

const FORMAT_PACKAGE = /^(?:@autotraj\/format-|autotraj-format-)(.+)$/;

/** Every installed package of kind format that can read logs, by its short name. One that cannot be loaded is left out: it is not the one asked for. */
export async function installedFormats(): Promise<ReadonlyMap<string, Format>> {
  const found = new Map<string, Format>();
  for (const name of await installedPlugins()) {
    const short = FORMAT_PACKAGE.exec(name)?.[1];
    if (short === undefined) continue;
    const format = await loadService(name, FORMAT, process.cwd()).catch(() => undefined);
    if (format?.read !== undefined) found.set(short, format);
  }
  return found;
}
