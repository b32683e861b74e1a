/** `watch`: a run that another process works on, here or on a machine that shares the folder. */
import { knownBefore, type WatchEnd, watchRun } from "@autotraj/watching";
import { commandLine } from "../command-line.ts";
import { LiveDisplay } from "../display/live.ts";
import { print, printJson } from "../display/terminal.ts";
import { onInterrupt } from "../interrupts.ts";
import { command, RUN, SHOW } from "../options.ts";
import { USUAL_ATTEMPTS } from "./perform.ts";

export const watchCommand = command({
  command: "watch <run>",
  describe: "Follow a run that another process or machine works on, as its own terminal shows it; changes nothing",
  answers: [{ fields: { run: "its folder, as given", ended: "finished, failed, gone or left", error: "why it failed" } }],
  builder: (args) => args.positional("run", RUN).option("show", SHOW),
  async handler({ run, show, json }) {
    const { rollout, stages } = knownBefore(run);
    const shape = rollout === undefined ? {} : { shape: { ...rollout, attempts: USUAL_ATTEMPTS } };
    const display = new LiveDisplay({ out: json ? process.stderr : process.stdout, show, stages, isOwn: false, ...shape });
    const stop = new AbortController();
    const release = onInterrupt({ softly: () => stop.abort(), atOnce: () => stop.abort() });
    const end = await watchRun({ runDir: run, observer: display, show, signal: stop.signal }).finally(() => {
      release();
      display.stop();
    });
    if (json) printJson({ run, error: null, ...end });
    else print(said(end, run));
    if (end.ended === "failed" || end.ended === "gone") process.exitCode = 1;
  },
});

function said(end: WatchEnd, run: string): string {
  const resume = `\`${commandLine(["resume", run])}\` goes on with it.`;
  if (end.ended === "finished") return `The run is finished. \`${commandLine(["stats", run])}\` shows its tables.`;
  if (end.ended === "failed") return `The run has ended: ${end.error}\n${resume}`;
  if (end.ended === "gone") return `Nobody works on this run any more, and it is not finished. ${resume}`;
  return "The run goes on; nobody watches it here any more.";
}
