/** What `export --push` asks for, from the options of a command line to the commit: the card is made and written here, beside the files. */
import { statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AutoTrajError, aboutData, originsOf, type RunStore, readSummary } from "@autotraj/core";
import { hubAccess, hubEndpoint } from "./access.ts";
import { CARD, checkCardPlace, type ExportedSet, hubCard } from "./card.ts";
import type { LocalFile } from "./differences.ts";
import { type Push, type Pushed, push } from "./push.ts";
import { addressOf, hubTarget, type Visibility } from "./target.ts";

/** As people say it. */
export interface PushAsked {
  /** `OWNER/NAME`. */
  readonly push: string;
  readonly public?: boolean | undefined;
  /** The branch. */
  readonly revision?: string | undefined;
  readonly license?: string | undefined;
  readonly dryRun?: boolean | undefined;
  /** The export's own: its format, and the folder that it writes to. */
  readonly to: string;
  readonly out: string;
}

export interface Exported {
  readonly run: string;
  readonly store: RunStore;
  readonly sets: readonly ExportedSet[];
  /** All that the export has written into its folder, by name. */
  readonly files: readonly string[];
}

/** What would be sent, where nothing is. */
export interface PlannedPush extends Pick<Pushed, "address" | "branch" | "visibility"> {
  readonly dryRun: true;
  readonly card: string;
  readonly files: readonly LocalFile[];
}

export interface Sending {
  readonly address: string;
  readonly visibility: Visibility;
  /** @throws as {@link push}; ATRAJ_USAGE where there is no row to send */
  send(exported: Exported, watched: Pick<Push, "signal" | "onProgress">): Promise<Pushed | PlannedPush>;
}

/** As hubs name licences. */
const LICENSE = /^[a-z0-9][a-z0-9.+-]*$/;

/** @throws ATRAJ_USAGE for what cannot be meant, before anything is written */
export function sending({ push: repository, public: isPublic, revision: branch, license, dryRun, to, out }: PushAsked): Sending {
  if (license !== undefined && !LICENSE.test(license)) {
    const what = `${JSON.stringify(license)} is no name that the hub has for a licence.`;
    throw new AutoTrajError("ATRAJ_USAGE", { who: "push", what, hint: "Such names are mit, apache-2.0, cc-by-4.0, other." });
  }
  const visibility = isPublic === true ? "public" : "private";
  const target = hubTarget({ repository, visibility, ...(branch === undefined ? {} : { branch }) });
  checkCardPlace(out);
  const access = dryRun === true ? undefined : hubAccess();
  const address = addressOf(target, access?.endpoint ?? hubEndpoint());
  return {
    address,
    visibility,
    async send({ run, store, sets, files: names }, watched) {
      if (sets.every(({ rows }) => rows === 0))
        throw new AutoTrajError("ATRAJ_USAGE", { who: "push", what: "there is no row to send.", hint: `The empty files are in ${out}.` });
      const summary = readSummary(run);
      const card = join(out, CARD);
      await writeFile(card, hubCard({ repository, license, format: to, sets, preset: summary.preset, about: aboutData(summary, originsOf(store)) }));
      const files = [CARD, ...names].map((path) => ({ path, file: join(out, path), bytes: statSync(join(out, path)).size }));
      if (access === undefined) return { address, branch: target.branch, visibility, dryRun: true, card, files };
      return push({ ...watched, target, access, files, title: `Data sets of ${summary.run}` });
    },
  };
}
