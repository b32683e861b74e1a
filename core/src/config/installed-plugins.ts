/** Which plugins are installed here. */
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AutoTrajError } from "../kernel/errors.ts";

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
