/** A policy or tool that fails again and again ends the run: one that is broken for good should not cost all the questions. */
import { AutoTrajError, type ErrorCode, messageOf, pluginErrorParts, saysThatItEndsTheRun } from "../kernel/errors.ts";
import { FAILURES_IN_A_ROW, Streaks } from "../kernel/streaks.ts";

/** Told of every turn and tool call that could not be had, and of every one that came. */
export interface Health {
  /** @throws ATRAJ_POLICY_FAILED, ATRAJ_TOOL_FAILED where going on would only waste questions */
  failed(kind: CalledKind, id: string, error: unknown): void;
  worked(kind: CalledKind, id: string): void;
}
export type CalledKind = "policy" | "tool";

const CODES: Readonly<Record<CalledKind, ErrorCode>> = { policy: "ATRAJ_POLICY_FAILED", tool: "ATRAJ_TOOL_FAILED" };
const CALLED: Readonly<Record<CalledKind, string>> = { policy: "turns", tool: "calls" };

/** @param onEnd stops what else is under way, before the error is thrown */
export function newHealth(incident: (who: string, what: string) => void, onEnd: () => void): Health {
  const streaks = new Streaks();
  return {
    worked: (kind, id) => streaks.worked(`${kind} ${id}`),
    failed(kind, id, error) {
      const forGood = saysThatItEndsTheRun(error);
      // What ends the run is said at its end.
      if (!forGood) incident(id, messageOf(error));
      const failures = streaks.failed(`${kind} ${id}`);
      if (failures < FAILURES_IN_A_ROW && !forGood) return;
      onEnd();
      const { hint = "", ...parts } = pluginErrorParts(error);
      throw new AutoTrajError(CODES[kind], {
        who: `${kind} "${id}"`,
        what: forGood ? messageOf(error) : `${failures} ${CALLED[kind]} in a row could not be had; the last: ${messageOf(error)}`,
        hint: `${hint} Nothing is lost: \`autotraj resume\` goes on from here${forGood ? "; with a changed preset start anew, in another folder" : ""}.`.trimStart(),
        ...parts,
      });
    },
  };
}

/** Only tells; for a host that goes on serving others whatever breaks. */
export function tellingHealth(incident: (who: string, what: string) => void): Health {
  return { worked: () => {}, failed: (_kind, id, error) => incident(id, messageOf(error)) };
}
