/** What `export --push` adds to the command: its options, what is seen while files are sent, what is said at the end. */
import { counted } from "@autotraj/core";
import type { Exported, PlannedPush, PushAsked, Pushed } from "@autotraj/hub";
import { bytes, table } from "../display/table.ts";
import { DrawnLines, print, say } from "../display/terminal.ts";
import { onInterrupt } from "../interrupts.ts";
import { text, usage } from "../options.ts";

export const PUSH_OPTIONS = {
  push: text("Send the files with a card to a Hugging Face hub, as the data set OWNER/NAME"),
  public: { type: "boolean", describe: "push: everybody may see it (default: private)" },
  revision: text("push: the branch, made where it is not there (default: main)"),
  license: text("push: the data's licence, for the card: cc-by-4.0, mit, …"),
  "dry-run": { type: "boolean", describe: "push: write files and card, say what would be sent, and send nothing" },
} as const;

type Asked = Omit<PushAsked, "push"> & { readonly push?: string | undefined };

/** Undefined where nothing is to be sent. @throws ATRAJ_USAGE before anything is written */
export async function pushing({ push, ...asked }: Asked): Promise<((exported: Exported) => Promise<Pushed | PlannedPush>) | undefined> {
  if (push === undefined) {
    const { public: isPublic, revision, license, dryRun } = asked;
    const lost = Object.entries({ public: isPublic, revision, license, "dry-run": dryRun }).find(([, value]) => value !== undefined);
    if (lost !== undefined) throw usage("export", `--${lost[0]} goes only together with --push.`);
    return undefined;
  }
  const { sending } = await import("@autotraj/hub");
  const { address, send } = sending({ ...asked, push });
  return async (exported) => {
    if (asked.dryRun !== true) say(`Sending to ${address}`);
    const stop = new AbortController();
    const release = onInterrupt({ softly: () => stop.abort(), atOnce: () => {} });
    try {
      return await send(exported, { signal: stop.signal, onProgress: drawnShares() });
    } finally {
      release();
    }
  };
}

/** On a terminal only: a file's share, redrawn, until the file is sent. */
function drawnShares(): (path: string, share: number) => void {
  const lines = new DrawnLines(process.stderr);
  return (path, share) => {
    if (!lines.areRedrawn) return;
    lines.draw([`${path}: ${Math.floor(share * 100)} %`]);
    if (share === 1) lines.end();
  };
}

export function printPushed(told: Pushed | PlannedPush, { public: isPublic = false }: Pick<PushAsked, "public">): void {
  const { address, branch, visibility } = told;
  if ("dryRun" in told) {
    const files = table(
      ["file", "size"],
      told.files.map((file) => [file.path, bytes(file.bytes)]),
    );
    print(`Nothing was sent. This would go to ${address}, branch ${branch}, ${visibility}:\n\n${files}\n\nThe card is ${told.card}.`);
    return;
  }
  const { sent, unchanged, revision } = told;
  const where = `${address}, revision ${revision} of branch ${branch} (${visibility})`;
  const already = unchanged.length === 0 ? "" : `; ${counted(unchanged.length, "was", "were")} there already`;
  print(sent.length === 0 ? `All of it is there already: ${where}.` : `Sent ${counted(sent.length, "file")} to ${where}${already}.`);
  if (isPublic && visibility === "private") print(`It stays private, as it was: ${address}/settings changes that.`);
}
