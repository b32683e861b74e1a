/** Errors that come when nobody waits for them any more: out of a timer, an event, a promise that was let go. Node ends the process for them; a run ends in order. */
import { AutoTrajError, messageOf } from "@autotraj/core";
import { at, framesOf, type KnownPlugin, whereOf, whoOf } from "./frames.ts";

/** Calls this for each until the returned function is called. */
export function onStrayError(tell: (error: unknown) => void): () => void {
  process.on("uncaughtException", tell);
  return () => void process.removeListener("uncaughtException", tell);
}

/** The error with the plugin it comes from; undefined where its stack leads to none. */
export function strayError(error: unknown, plugins: readonly KnownPlugin[]): AutoTrajError | undefined {
  const frames = framesOf(error instanceof Error ? (error.stack ?? "") : "");
  const found = at(frames, plugins);
  if (found === undefined) return undefined;
  return new AutoTrajError("ATRAJ_STRAY_ERROR", {
    who: whoOf(found),
    what: `it failed when nothing waited for it any more: ${messageOf(error)}`,
    where: whereOf(found),
    hint: "Whatever a plugin begins, in a timer or a promise, it waits for, or catches what goes wrong there. What was done is kept; `autotraj resume` goes on.",
    cause: error,
  });
}
