/** Follows a run of another process, or of another machine, by what it leaves in its folder. */
export { type KnownBefore, knownBefore } from "./known-before.ts";
export { type WatchEnd, type Watching, watchRun } from "./watch-run.ts";
