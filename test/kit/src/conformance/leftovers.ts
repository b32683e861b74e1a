/** What a plugin leaves behind: whatever keeps the process alive, processes of its own, listeners of the process. */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** How often there is one of each. */
export type Holdings = ReadonlyMap<string, number>;

const WORDS: Readonly<Record<string, string>> = {
  Timeout: "timer",
  TCPSocketWrap: "connection",
  TCPServerWrap: "listening server",
  PipeWrap: "pipe to a process",
  ProcessWrap: "child process",
  MessagePort: "worker or message port",
  FSEventWrap: "file watcher",
  StatWatcher: "file watcher",
  UDPWrap: "UDP socket",
  SignalWrap: "signal handler",
  TLSWrap: "TLS connection",
};
/** Of a moment, or of whoever runs the checks. */
const PASSING = ["Immediate", "TTYWrap", "TickObject", "FSReqPromise", "FSReqCallback", "CloseReq", "FileHandleCloseReq"];
const EVENTS = ["exit", "beforeExit", "SIGINT", "SIGTERM", "SIGHUP", "uncaughtException", "unhandledRejection", "warning"];

export function holdings(): Holdings {
  const counts = new Map<string, number>();
  const add = (what: string, many = 1) => void (many > 0 && counts.set(what, (counts.get(what) ?? 0) + many));
  for (const type of process.getActiveResourcesInfo()) if (!PASSING.includes(type)) add(WORDS[type] ?? type);
  // The ones above keep this process alive; a process may be left behind without that.
  counts.delete("child process");
  for (const _pid of children()) add("child process");
  for (const event of EVENTS) add(`listener of the process's "${event}"`, process.listenerCount(event));
  return counts;
}

/** What there is now and was not before, once it has had time to go: `2 timers, 1 connection`. Undefined: nothing. */
export async function leftSince(before: Holdings, patienceMs = 1_500): Promise<string | undefined> {
  const until = performance.now() + patienceMs;
  for (;;) {
    // Closing takes a turn or two of the event loop.
    await sleep(10);
    const more = [...holdings()].map(([what, many]) => [what, many - (before.get(what) ?? 0)] as const).filter(([, many]) => many > 0);
    if (more.length === 0) return undefined;
    if (performance.now() > until) return more.map(([what, many]) => `${many} ${many > 1 ? pluralOf(what) : what}`).join(", ");
  }
}

function pluralOf(what: string): string {
  if (what.startsWith("listener ")) return what.replace("listener", "listeners");
  return what.endsWith("process") ? `${what}es` : `${what}s`;
}

/** Only Linux tells; elsewhere a process shows by its pipes. */
function children(): string[] {
  try {
    return readdirSync("/proc/self/task").flatMap((thread) =>
      readFileSync(`/proc/self/task/${thread}/children`, "utf8")
        .split(" ")
        .filter((pid) => pid.trim() !== ""),
    );
  } catch {
    return process.getActiveResourcesInfo().filter((type) => type === "ProcessWrap");
  }
}
