/** What the model reads after its code ran: its output, what went wrong, and plainly what was cut off. */
import type { ExecutionResult } from "@autotraj/core/plugin";

export function observation(result: ExecutionResult, limits: { readonly timeoutMs: number; readonly maxOutputChars: number }): string {
  const { shown, hidden } = cut(result.stdout.trimEnd(), limits.maxOutputChars);
  const truncated = hidden + result.truncatedBytes;
  const parts = [
    shown,
    // Warnings of code that worked are noise, unless they are all that it said.
    result.status === "error" || result.status === "killed" || shown === ""
      ? cut(lastError(result.stderr), limits.maxOutputChars || ERROR_CHARS).shown
      : "",
    truncated > 0 && result.status !== "output-limit" ? `[output truncated, ${truncated} bytes]` : "",
    marker(result, limits.timeoutMs),
    result.sessionLost === true ? "[the session was restarted: variables are gone]" : "",
  ].filter((part) => part !== "");
  return parts.length > 0 ? parts.join("\n") : "[no output: print the result]";
}

const ERROR_CHARS = 2000;

function marker({ status, truncatedBytes }: ExecutionResult, timeoutMs: number): string {
  switch (status) {
    case "timeout":
      return `[timeout after ${timeoutMs / 1000} s]`;
    case "memory-limit":
      return "[memory limit]";
    case "output-limit":
      return `[output truncated, ${truncatedBytes} bytes; the program was stopped]`;
    case "killed":
      return "[the program was killed]";
    default:
      return "";
  }
}

/** Characters are cut whole; what is hidden is counted in bytes. */
function cut(text: string, limit: number): { shown: string; hidden: number } {
  if (limit === 0 || text.length <= limit) return { shown: text, hidden: 0 };
  const end = /[\uD800-\uDBFF]/.test(text.charAt(limit - 1)) ? limit - 1 : limit;
  const shown = text.slice(0, end);
  return { shown, hidden: Buffer.byteLength(text) - Buffer.byteLength(shown) };
}

/** The frames of the model's own code: sandboxes name it `<code>`, or `<code 2>` from a session's second call on. Anchored, so it cannot backtrack. */
const OWN_FRAME = /^ {2,}File "<(?:code|code \d+|string|exec|stdin)>", line (\d+)/;

/** The traceback's last line, with the deepest line of the model's own code where one is named. */
function lastError(stderr: string): string {
  const lines = stderr.trimEnd().split("\n");
  const last = lines.at(-1)?.trim() ?? "";
  const place = lines.map((line) => OWN_FRAME.exec(line)?.[1]).findLast((line) => line !== undefined);
  return place === undefined || last === "" ? last : `${last} (line ${place})`;
}
