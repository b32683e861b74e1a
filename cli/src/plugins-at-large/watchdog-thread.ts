/** The thread of watchdog.ts. */
import { writeSync } from "node:fs";
import { Session } from "node:inspector/promises";
import { fileURLToPath } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { at, type Found, type Frame, type KnownPlugin, whereOf, whoOf } from "./frames.ts";
import type { WatchdogData } from "./watchdog.ts";

const TICK_MS = 1000;
/** A computer that slept has been busy for no longer than this. */
const LONGEST_TICK_MS = 3000;
const TELL_AFTER_MS = 10_000;

const { shared } = workerData as WatchdogData;
let pulse = Atomics.load(shared, 0);
let ticked = performance.now();
/** Without a pulse, so far. */
let busyMs = 0;
let done: "nothing" | "told" | "ended" = "nothing";

let plugins: readonly KnownPlugin[] = [];
parentPort?.on("message", (known: readonly KnownPlugin[]) => {
  plugins = known;
});

setInterval(() => {
  const [now, beat] = [performance.now(), Atomics.load(shared, 0)];
  busyMs = beat === pulse ? busyMs + Math.min(now - ticked, LONGEST_TICK_MS) : 0;
  if (beat !== pulse) done = "nothing";
  [pulse, ticked] = [beat, now];
  if (busyMs >= Atomics.load(shared, 1) && done !== "ended") {
    done = "ended";
    void paused(end);
  } else if (busyMs >= TELL_AFTER_MS && done === "nothing") {
    done = "told";
    void paused(tell);
  }
}, TICK_MS);

interface Paused {
  readonly found: Found;
  /** Ends the process as it would end itself. */
  exit(): Promise<void>;
}

function tell({ found }: Paused): void {
  say(
    `! ${whoOf(found)} has kept the whole process busy for ${Math.round(busyMs / 1000)} s (${whereOf(found)}): nothing else goes on, and Ctrl-C is not heard.`,
    `${REMEDY} \`kill -9 ${process.pid}\` ends it; what was done is kept.`,
  );
}

async function end({ found, exit }: Paused): Promise<void> {
  say(
    `[ATRAJ_HOOK_TIMEOUT] ${whoOf(found)}: it kept the whole process busy for ${Math.round(busyMs / 1000)} s, longer than a tap may take.`,
    `in ${whereOf(found)}`,
    `${REMEDY} If the work is really that long, raise run.hookTimeoutMs. What was done is kept; \`autotraj resume\` goes on.`,
  );
  await exit();
}

const REMEDY = "Its loop needs an await now and then, or a thread of its own.";

/** Listeners for the end are called. Without the stream, on which the engine would speak of a debugger. */
const EXIT = 'process.getBuiltinModule("fs").closeSync(2); process.exit(1)';

/** Stops the main thread where it is; goes on as soon as this has been looked at. Where that is no plugin's code, nothing is said. */
async function paused(look: (paused: Paused) => void | Promise<void>): Promise<void> {
  const session = new Session();
  session.connectToMainThread();
  const urls = new Map<string, string>();
  session.on("Debugger.scriptParsed", ({ params: { scriptId, url } }) => void urls.set(scriptId, url));
  session.once("Debugger.paused", ({ params: { callFrames } }) => {
    const frames = callFrames.flatMap(({ location, url }): Frame[] => {
      const of = url === "" ? (urls.get(location.scriptId) ?? "") : url;
      return of.startsWith("file:") ? [{ file: fileURLToPath(of), line: location.lineNumber + 1 }] : [];
    });
    const found = at(frames, plugins);
    const exit = async () => {
      await session.post("Debugger.evaluateOnCallFrame", { callFrameId: callFrames[0]?.callFrameId ?? "", expression: EXIT });
    };
    void Promise.resolve(found === undefined ? undefined : look({ found, exit }))
      .then(() => session.post("Debugger.resume"))
      .finally(() => session.disconnect());
  });
  await session.post("Debugger.enable");
  await session.post("Debugger.pause");
}

/** The main thread writes nothing now. */
function say(...lines: readonly string[]): void {
  writeSync(2, `${lines.join("\n  ")}\n`);
}
