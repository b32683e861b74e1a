/** The plugins and presets that are installed here, and formats by the names people give them. */
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AutoTrajError, isAutoTrajError } from "../kernel/errors.ts";
import { FORMAT, type Format } from "../kernel/plugin.ts";
import { loadService } from "./single-plugin.ts";

export type Keyword = "autotraj-plugin" | "autotraj-preset";

export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly description: string;
}

/** Packages with this keyword in every node_modules from here and from the core upwards, by name; the nearest of a name counts. */
export async function installedPackages(keyword: Keyword): Promise<readonly InstalledPackage[]> {
  const found = new Map<string, InstalledPackage>();
  for (const start of [process.cwd(), import.meta.dirname]) {
    for (let folder = start; ; folder = dirname(folder)) {
      for (const one of await packagesIn(join(folder, "node_modules"), keyword)) if (!found.has(one.name)) found.set(one.name, one);
      if (dirname(folder) === folder) break;
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function packagesIn(modules: string, keyword: Keyword): Promise<readonly InstalledPackage[]> {
  const entries = await readdir(modules).catch(() => []);
  const names: string[] = [];
  for (const entry of entries) {
    if (entry.startsWith("@")) {
      const scoped = await readdir(join(modules, entry)).catch(() => []);
      names.push(...scoped.filter((name) => entry === "@autotraj" || name.startsWith("autotraj-")).map((name) => `${entry}/${name}`));
    } else if (entry.startsWith("autotraj-")) names.push(entry);
  }
  return (await Promise.all(names.map((name) => packageIn(join(modules, name), name, keyword)))).flat();
}

/** What cannot be read is no package of ours. */
async function packageIn(folder: string, name: string, keyword: Keyword): Promise<readonly InstalledPackage[]> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Partial<InstalledPackage> & { readonly keywords?: unknown };
    if (!Array.isArray(manifest.keywords) || !manifest.keywords.includes(keyword)) return [];
    return [{ name, version: manifest.version ?? "0.0.0", description: manifest.description ?? "" }];
  } catch {
    return [];
  }
}

/** `chat`, `chat/alpaca`, a trainer's own (`trl`), `@scope/package`, `./file.js`. @throws ATRAJ_USAGE, ATRAJ_PLUGIN_NOT_FOUND */
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
  for (const use of [`format-${name}`, `trainer-${name}`]) {
    try {
      return await loadService(use, FORMAT, process.cwd());
    } catch (error) {
      if (!isAutoTrajError(error) || error.code !== "ATRAJ_PLUGIN_NOT_FOUND") throw error;
    }
  }
  throw new AutoTrajError("ATRAJ_PLUGIN_NOT_FOUND", {
    who: "format",
    what: `there is no format "${name}" here.`,
    hint: `Installed: ${(await formatNames()).join(", ") || "none"}; a package of another name is given in full, a file as ./file.js.`,
  });
}

/** What may be said in place of a package's name: formats, then trainers, whose data sets are formats too. */
export async function formatNames(): Promise<readonly string[]> {
  const names = (await installedPackages("autotraj-plugin")).map(({ name }) => name);
  const of = (pattern: RegExp) => names.flatMap((name) => pattern.exec(name)?.[1] ?? []);
  return [...of(FORMAT_PACKAGE), ...of(/^(?:@autotraj\/|autotraj-)trainer-(.+)$/)];
}

const FORMAT_PACKAGE = /^(?:@autotraj\/|autotraj-)format-(.+)$/;

/** Every installed package of kind format that can read logs, by its short name. One that cannot be loaded is left out: it is not the one asked for. */
export async function installedFormats(): Promise<ReadonlyMap<string, Format>> {
  const found = new Map<string, Format>();
  for (const { name } of await installedPackages("autotraj-plugin")) {
    const short = FORMAT_PACKAGE.exec(name)?.[1];
    if (short === undefined || found.has(short)) continue;
    const format = await loadService(name, FORMAT, process.cwd()).catch(() => undefined);
    if (format?.read !== undefined) found.set(short, format);
  }
  return found;
}
