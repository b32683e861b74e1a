/** Limits of minutes that are over at once for whoever hangs: nobody waits for them, and all else has its whole time. */
import { mock } from "node:test";

declare global {
  /** Called by who will never come back. */
  var hangs: (() => void) | undefined;
}

/** What is waited for longer than this is waited for in case that it hangs. */
const LONG_MS = 10_000;

/** Runs it with limits that are over once somebody hangs and nothing else is waited for. */
export async function withPassingLimits<T>(work: () => Promise<T>): Promise<T> {
  const [set, clear] = [globalThis.setTimeout, globalThis.clearTimeout];
  const limits = new Map<unknown, () => void>();
  let someoneHangs = false;
  const pass = () => {
    const [last, ...others] = limits;
    if (!someoneHangs || last === undefined || others.length > 0) return;
    limits.clear();
    // As from a timer: nobody stands on the stack.
    setImmediate(last[1]);
  };
  const setting = mock.method(globalThis, "setTimeout", (over: () => void, ms = 0) => {
    const timer = set(over, ms);
    if (ms >= LONG_MS) limits.set(timer, over);
    return timer;
  });
  const clearing = mock.method(globalThis, "clearTimeout", (timer: Parameters<typeof clear>[0]) => {
    clear(timer);
    if (limits.delete(timer)) pass();
  });
  globalThis.hangs = () => {
    someoneHangs = true;
    pass();
  };
  try {
    return await work();
  } finally {
    for (const one of [setting, clearing]) one.mock.restore();
    globalThis.hangs = undefined;
  }
}
