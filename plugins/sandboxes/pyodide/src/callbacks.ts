/** What code has left in the event loop ends with its call: run in a later one, it would print in that one's name, or end it. */

let call = 0;

/** From here on callbacks belong to the call in which they were scheduled. Before Pyodide is loaded, which waits with these two. */
export function bindCallbacksToCalls(): void {
  for (const name of ["setTimeout", "setImmediate"] as const) {
    const schedule = globalThis[name] as (callback: () => void, ...rest: unknown[]) => unknown;
    const value = (callback: () => void, ...rest: unknown[]) => {
      const scheduledIn = call;
      return schedule(
        () => {
          if (scheduledIn === call) callback();
        },
        ...rest,
      );
    };
    Object.defineProperty(globalThis, name, { value, writable: false, configurable: false });
  }
}

export function beginCall(): void {
  call += 1;
}
