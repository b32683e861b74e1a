/** What lies in AutoTraj's cache folder, and what becomes of it when it is removed. */
import { existsSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { sizeOf } from "./runs.ts";

/** `safe`: had again when it is needed. `answers`: paid for, gone for good. `kept`: never removed from here. */
type Removal = "safe" | "answers" | "kept";

interface Kind {
  /** What people call it; the name to remove it by. */
  readonly kind: string;
  /** Below the cache folder. */
  readonly matches: RegExp;
  readonly removal: Removal;
  readonly what: string;
}

/** The first that matches counts. */
const KINDS: readonly Kind[] = [
  {
    kind: "drafts",
    matches: /^models\/.+\.(?:part|\d+)$|^python\/.+-[0-9a-f]{12}\.\w{6}$/,
    removal: "safe",
    what: "left behind by a download or an installation that was broken off",
  },
  { kind: "models", matches: /^models\//, removal: "safe", what: "fetched or converted again at need" },
  { kind: "python", matches: /^python\//, removal: "safe", what: "installed again at need" },
  { kind: "pyodide", matches: /^pyodide(?:\/|$)/, removal: "safe", what: "made again at the next start of that sandbox" },
  { kind: "indexes", matches: /^tool-search(?:\/|$)/, removal: "safe", what: "built again from the passages" },
  {
    kind: "calls",
    matches: /^calls-\d+\.db(?:-\w+)?$/,
    removal: "answers",
    what: "what runs share (run.cache: shared) would be paid for again",
  },
  {
    kind: "marks",
    matches: /^(?:training\.lock(?:-\w+)?|sandbox-none(?:\/|$))/,
    removal: "kept",
    what: "tells processes of each other; holds next to nothing",
  },
];

export interface CacheEntry extends Omit<Kind, "matches"> {
  /** Below the cache folder. */
  readonly path: string;
  readonly bytes: number;
}

/** Folders whose entries are had and removed one by one. */
const SHELVES = ["models", "python"];

/** In the order of {@link KINDS}, the largest first. What nobody knows is kept. */
export async function cacheEntries(cacheDir: string): Promise<readonly CacheEntry[]> {
  const names = await readdir(cacheDir).catch(() => []);
  const paths = await Promise.all(
    names.map(async (name) =>
      SHELVES.includes(name) ? (await readdir(join(cacheDir, name)).catch(() => [])).map((inner) => `${name}/${inner}`) : [name],
    ),
  );
  const entries = await Promise.all(
    paths.flat().map(async (path): Promise<CacheEntry> => {
      const { kind, removal, what } = KINDS.find(({ matches }) => matches.test(path)) ?? UNKNOWN;
      return { kind, removal, what, path, bytes: await sizeOf(join(cacheDir, path)) };
    }),
  );
  const rank = ({ kind }: CacheEntry) => [...KINDS, UNKNOWN].findIndex((one) => one.kind === kind);
  return entries.sort((a, b) => rank(a) - rank(b) || b.bytes - a.bytes);
}

const UNKNOWN = { kind: "other", removal: "kept", what: "not AutoTraj's own" } as const;

/** By which name what can be removed is asked for. */
export const REMOVABLE: readonly string[] = KINDS.filter(({ removal }) => removal !== "kept").map(({ kind }) => kind);

/** @returns what could not be removed, with the reason */
export async function removeEntries(cacheDir: string, entries: readonly CacheEntry[]): Promise<ReadonlyMap<string, string>> {
  const failed = new Map<string, string>();
  for (const { path } of entries) {
    try {
      await rm(join(cacheDir, path), { recursive: true, force: true });
    } catch (error) {
      failed.set(path, error instanceof Error ? error.message : String(error));
    }
    if (!failed.has(path) && existsSync(join(cacheDir, path))) failed.set(path, "it is still there");
  }
  return failed;
}
