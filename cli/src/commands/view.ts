/** `view`: runs in a browser of this machine. */
import { noRunIn } from "@autotraj/core";
import { playEditHere } from "@autotraj/curation";
import { runFolders } from "@autotraj/inventory";
import { print, printJson, say } from "../display/terminal.ts";
import { command, usage, wholeNumber } from "../options.ts";
import { cannotListen, runViewer, untilInterrupted } from "./serving.ts";

const HOST = "127.0.0.1";
/** Where runs lie unless told otherwise. */
const USUAL = "runs";

export const viewCommand = command({
  command: "view [runs..]",
  describe: "Look at runs in a browser: what was kept and why, what a repair changed",
  answers: [{ fields: { url: "the link that lets in one browser", runs: "the folders that are shown" } }],
  builder: (args) =>
    args
      .positional("runs", {
        type: "string",
        array: true,
        default: [] as string[],
        defaultDescription: "all below runs/",
        describe: "Folders of runs, or folders that hold some",
      })
      .option("port", wholeNumber({ least: 0, most: 65_535, default: 8766, describe: "Port on this machine; 0 takes a free one" })),
  async handler({ runs, port, json }) {
    const folders = await chosen(runs);
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

/** What is named, and what lies below a folder that is no run itself. @throws ATRAJ_RUN_NOT_FOUND; ATRAJ_USAGE where nothing is named and nothing is there */
async function chosen(named: readonly string[]): Promise<readonly string[]> {
  if (named.length === 0) {
    const found = await runFolders(USUAL);
    if (found.length === 0)
      throw usage(
        "view",
        `no run is named, and there is none below ${USUAL}/.`,
        "Name a run's folder: `autotraj runs list` shows those below this one.",
      );
    return found.toSorted();
  }
  const folders = await Promise.all(
    named.map(async (folder) => {
      const found = await runFolders(folder);
      if (found.length === 0) throw noRunIn(folder);
      return found.toSorted();
    }),
  );
  return folders.flat();
}
