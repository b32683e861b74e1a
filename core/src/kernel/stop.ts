/** How a run is stopped: softly, so that what is in flight finishes and is kept, or at once. */
import { AutoTrajError, isAutoTrajError } from "./errors.ts";

/** How a run is asked to stop: `soft` lets calls in flight finish, `signal` ends them. */
export interface Stopper {
  readonly stopping: boolean;
  readonly signal: AbortSignal;
}

/**
 * The work's own end, or ATRAJ_INTERRUPTED as soon as the run is stopped at once: whether or not the work listens, and also where stopping is what broke it.
 * The listener is taken off again, since the signal lives as long as the run.
 */
export async function orInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = () => {};
  const stopped = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(interrupted());
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([work, stopped]);
  } catch (error) {
    throw signal.aborted && !isAutoTrajError(error) ? interrupted() : error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

export function interrupted(): AutoTrajError {
  return new AutoTrajError("ATRAJ_INTERRUPTED", { who: "run", what: "stopped as asked.", hint: "`autotraj resume` goes on from here." });
}
