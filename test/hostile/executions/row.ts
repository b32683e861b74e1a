/** One hostile execution: what is promised, the code that tries to break the promise, and how it must end. */
import type { ExecutionResult } from "@autotraj/core/plugin";

export interface Expected {
  /** Default `ok`. */
  readonly status?: ExecutionResult["status"];
  /** The whole of stdout; default nothing. A pattern must be found in it. */
  readonly stdout?: string | RegExp;
  /** Must be found in stderr; default: it is empty. */
  readonly stderr?: RegExp;
  readonly truncatedBytes?: number;
}

export interface Execution extends Expected {
  readonly code: string;
}

export interface Row extends Execution {
  readonly promise: string;
  /** In an interpreter of its own, because it would spoil the next row's. All others share one, which is to stay usable. */
  readonly alone?: true;
  readonly timeoutMs?: number;
  readonly memoryMiB?: number;
  /** Executed afterwards: in the same session (the same trajectory), or in another one. */
  readonly next?: { readonly same?: Execution; readonly other?: Execution };
}

/** Put in front of code that tries several ways: each must raise, and says how where that is not the point. */
export const ATTEMPT = `
def attempt(*ways):
    for number, way in enumerate(ways):
        try:
            print("BREACH", number, str(way())[:200])
        except BaseException as error:
            pass
    print("tried", len(ways))
`;
