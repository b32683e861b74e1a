/** Imports a module of somebody else's, whose top-level `await` may have no end. */
import { withinTime } from "../kernel/plugin-life.ts";

/** What takes long belongs behind the import; a slow disk and a crowded machine are given their time. */
const LOAD_MS = 60_000;

/** @throws what the module throws, and where it does not come back in time */
export function importModule(url: string): Promise<{ readonly default?: unknown }> {
  return withinTime<{ default?: unknown }>(() => import(url), LOAD_MS);
}
