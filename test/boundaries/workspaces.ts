/** The repository's packages, as npm sees them. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

export interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly keywords?: readonly string[];
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface Workspace {
  /** Relative to the root, with slashes: `plugins/scorers/answer`. */
  readonly path: string;
  readonly folder: string;
  readonly manifest: PackageJson;
  /** Absolute paths of what is under `src`. */
  readonly sources: readonly string[];
}

function workspaceAt(manifestPath: string): Workspace {
  const path = manifestPath.slice(0, -"/package.json".length);
  const folder = join(root, path);
  return {
    path,
    folder,
    manifest: JSON.parse(readFileSync(join(root, manifestPath), "utf8")),
    sources: globSync("src/**/*.{ts,mts,js,mjs}", { cwd: folder })
      .sort()
      .map((file) => join(folder, file)),
  };
}

export const workspaces: readonly Workspace[] = (JSON.parse(readFileSync(join(root, "package.json"), "utf8")).workspaces as string[])
  .flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: root }))
  .sort()
  .map(workspaceAt);

/** What several plugins share: in the plugins' folder, but no plugins. */
export const libraries = workspaces.filter(({ path }) => path.startsWith("plugins/libraries/"));
export const plugins = workspaces.filter((found) => found.path.startsWith("plugins/") && !libraries.includes(found));
export const presets = workspaces.filter(({ path }) => path.startsWith("presets/"));

export function workspace(path: string): Workspace {
  const found = workspaces.find((candidate) => candidate.path === path);
  if (found === undefined) throw new Error(`there is no workspace ${path}`);
  return found;
}

export function has(workspaceToLookIn: Workspace, file: string): boolean {
  return existsSync(join(workspaceToLookIn.folder, file));
}
