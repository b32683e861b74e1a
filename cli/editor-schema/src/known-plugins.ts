/** Which plugins a preset may name here: those that are installed, and those that one preset names, with the ids under which it does. */
import { dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { type DescribedPlugin, describePlugin, installedPackages, messageOf, type PluginEntry, type ResolvedPreset } from "@autotraj/core";
import type { KnownPlugin } from "./editor-schema.ts";

export interface KnownPluginsOptions {
  /** Its plugins are known too, where they are no installed packages, and all of them by their ids. */
  readonly preset?: ResolvedPreset;
  /** Is told which plugins cannot be loaded; nothing is said of these. */
  readonly warn: (message: string) => void;
}

/** Sets up stages and trainers, to ask for their settings, which spends nothing. In the order of their names. */
export async function knownPlugins({ preset, warn }: KnownPluginsOptions): Promise<readonly KnownPlugin[]> {
  const entries = preset?.plugins ?? [];
  const installed = (await installedPackages("autotraj-plugin")).map(({ name: use }) => ({ use, from: process.cwd(), uses: [use] }));
  const own = entries.map(({ use, baseDir }) => ({ use, from: baseDir, uses: [written(use, baseDir, preset?.file ?? "")] }));
  const wanted = new Map([...installed, ...own].map((one) => [moduleOf(one.use, one.from), one]));
  const known: KnownPlugin[] = [];
  for (const [module, { use, from, uses }] of wanted) {
    const plugin = await described(use, from, warn);
    const ids = entries.filter((entry) => moduleOf(entry.use, entry.baseDir) === module).map(({ id }) => id);
    if (plugin !== undefined) known.push({ ...plugin, uses, ids });
  }
  return known.sort((a, b) => (a.meta.name < b.meta.name ? -1 : 1));
}

async function described(use: string, from: string, warn: KnownPluginsOptions["warn"]): Promise<DescribedPlugin | undefined> {
  try {
    const plugin = await describePlugin(use, from);
    if (plugin.problem !== undefined) warn(`${use}: the settings of its stages stay unsaid. ${plugin.problem}`);
    return plugin;
  } catch (error) {
    warn(`${use}: its options stay unsaid. ${messageOf(error)}`);
    return undefined;
  }
}

/** What two entries have in common that use the same. */
function moduleOf(use: string, baseDir: string): string {
  return isPath(use) ? resolve(baseDir, use) : use;
}

/** As the file of the preset would name it. */
function written(use: PluginEntry["use"], baseDir: string, file: string): string {
  if (!isPath(use) || isAbsolute(use)) return use;
  const path = relative(dirname(file), resolve(baseDir, use)).split(sep).join("/");
  return path.startsWith(".") ? path : `./${path}`;
}

function isPath(use: string): boolean {
  return use.startsWith(".") || isAbsolute(use);
}
