/** What is on this machine, without any plugin being loaded: runs, the cache, names. */
export { type CacheEntry, cacheEntries, REMOVABLE, removeEntries } from "./cache.ts";
export { COMPLETE, completions } from "./completion.ts";
export { type FoundRun, findRuns, runFolders } from "./runs.ts";
export { spoken, spokenPresets } from "./spoken-names.ts";
