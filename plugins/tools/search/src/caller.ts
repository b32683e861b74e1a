/** Somebody who waits for passages, and may leave before they are there. */
import type { Passage } from "./passage.ts";

export interface Caller {
  readonly resolve: (passages: readonly Passage[]) => void;
  readonly reject: (error: unknown) => void;
}

/** `join` takes the caller up, answers it later, and says how to forget it: done when it is answered, and when it leaves. @throws the signal's reason */
export function passagesFor(signal: AbortSignal, join: (caller: Caller) => () => void): Promise<readonly Passage[]> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const settle = (finish: () => void) => {
      signal.removeEventListener("abort", leave);
      forget();
      finish();
    };
    const leave = () => settle(() => reject(signal.reason));
    signal.addEventListener("abort", leave, { once: true });
    const forget = join({
      resolve: (passages) => settle(() => resolve(passages)),
      reject: (error) => settle(() => reject(error)),
    });
  });
}
