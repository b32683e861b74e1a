/** `view`: runs in a browser of this machine. */
import { existsSync, globSync } from "node:fs";
import { dirname, join } from "node:path";
import { playEditHere } from "@autotraj/curation";
import { print, printJson, say } from "../display/terminal.ts";
import { command, usage, wholeNumber } from "../options.ts";
import { cannotListen, runViewer, untilInterrupted } from "./serving.ts";

const HOST = "127.0.0.1";

export const viewCommand = command({
  command: "view [runs..]",
  describe: "Look at runs in a browser: what was kept and why, what a repair changed",
  builder: (args) =>
    args
      .positional("runs", {
        type: "string",
        array: true,
        default: [] as string[],
        defaultDescription: "all below runs/",
        describe: "Folders of runs",
      })
      .option("port", wholeNumber({ least: 0, most: 65_535, default: 8766, describe: "Port on this machine; 0 takes a free one" })),
  async handler({ runs, port, json }) {
    const folders = runs.length > 0 ? runs : runsBelow("runs");
    const { service, dispose } = await runViewer();
    try {
      const served = await service.serve(folders, { port, playEdit: playEditHere }).catch((error: unknown) => {
        throw (error as { syscall?: unknown }).syscall === undefined ? error : cannotListen("view", { host: HOST, port }, error);
      });
      const stopped = untilInterrupted(served, "Stopping.");
      if (json) printJson({ url: served.url, runs: folders });
      else print(served.url);
      say(`Open this link once: it lets in one browser. Showing ${folders.join(", ")}. Interrupt to stop.`);
      await stopped;
    } finally {
      await dispose();
    }
  },
});

/** @throws ATRAJ_USAGE where there is none */
function runsBelow(folder: string): readonly string[] {
  const found = [...globSync(join(folder, "*/run.db")), ...globSync(join(folder, "*/*/run.db"))]
    .filter((file) => existsSync(file))
    .map((file) => dirname(file));
  if (found.length > 0) return found.sort();
  throw usage("view", "no run is named, and there is none below runs/.", "Name the folder that `autotraj run --out` wrote.");
}
