/** Errors that nobody was there to catch any more: thrown by a timer, or a promise that nobody awaits. */
import { messageOf } from "@autotraj/core";

const EVENTS = ["uncaughtException", "unhandledRejection"] as const;

/** Does the work while such errors are written down in place of ending the process, or the test that happens to run. */
export async function catchingLate<T>(late: string[], work: () => Promise<T>): Promise<T> {
  const others = EVENTS.map((event) => [event, process.rawListeners(event)] as const);
  const hear = (error: unknown) => void late.push(messageOf(error));
  for (const event of EVENTS) process.removeAllListeners(event).on(event, hear);
  try {
    return await work();
  } finally {
    for (const [event, listeners] of others) {
      process.removeAllListeners(event);
      for (const listener of listeners) process.on(event, listener as (...args: unknown[]) => void);
    }
  }
}
