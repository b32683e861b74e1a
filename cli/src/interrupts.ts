/** What signals do to a command that has something to finish. Before and after, they do what the system has them do: end the process. */
import { say } from "./display/terminal.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** An orderly end at once takes a moment: calls are cut off, processes end, plugins let go. */
const GRACE_MS = 2000;

export interface Stoppable {
  /** The first signal: what is in flight finishes and is kept. */
  softly(): void;
  /** The second: nothing is waited for. */
  atOnce(): void;
  /** Said where the process has to be ended from here, because something does not let go. */
  lastWords?(): string;
}

/** Listens until the returned function is called. From the second signal on the process has a moment to end by itself; a third ends it now. */
export function onInterrupt({ softly, atOnce, lastWords }: Stoppable): () => void {
  let times = 0;
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    if (lastWords !== undefined) say(lastWords());
    process.exit(130);
  };
  const handle = () => {
    times++;
    if (times === 1) softly();
    else if (times === 2) {
      timer = setTimeout(end, GRACE_MS);
      atOnce();
    } else end();
  };
  for (const signal of SIGNALS) process.on(signal, handle);
  return () => {
    clearTimeout(timer);
    for (const signal of SIGNALS) process.removeListener(signal, handle);
  };
}
