/** `export`: a run's data sets in a consumer's own format, in a folder and, if asked, on a hub. */
import { basename, join } from "node:path";
import { counted, findFormat, RunStore } from "@autotraj/core";
import { CuratedExport } from "@autotraj/curation";
import { print, printJson } from "../display/terminal.ts";
import { command, RUN } from "../options.ts";
import { type WrittenSet, writeDataSets } from "../written-sets.ts";
import { PUSH_OPTIONS, printPushed, pushing } from "./pushing.ts";

export const exportCommand = command({
  command: "export <run>",
  describe: "Write a run's data sets in another format",
  answers: [
    {
      fields: {
        companions: "files that the format adds",
        curation: "acts, card, lineage; null without --curated",
        push: "where it went and what was sent, or with --dry-run would be; null without --push",
      },
      others: "sft, preferences, prompts, as the format has them: file, rows, turnsCut, leftOut (by reason), skipped (their sum)",
    },
  ],
  builder: (args) =>
    args
      .positional("run", RUN)
      .option("to", {
        alias: "format",
        type: "string",
        demandOption: true,
        describe: "Format, or format/variant: chat, chat/alpaca, sharegpt, trl, verl, … or a package name",
      })
      .option("out", { type: "string", demandOption: true, describe: "Folder for the files" })
      .option("curated", { type: "boolean", describe: "With what people have changed by hand, and its lineage" })
      .options(PUSH_OPTIONS),
  async handler({ run, to, out, curated, json, ...args }) {
    const push = await pushing({ ...args, to, out });
    const format = await findFormat(to);
    const store = RunStore.read(run);
    try {
      const byHand = curated === true ? new CuratedExport(store, run) : undefined;
      const { sets, companions } = await writeDataSets(store, { format, named: to, out, ...(byHand === undefined ? {} : { byHand }) });
      const curation = byHand?.finish(out);
      if (!json) print([...sets.map(setText), ...(curation === undefined ? [] : [curation.text])].join("\n"));
      const byName = sets.map((set) => ({ ...set, file: basename(set.file) }));
      const beside = [...companions, ...(curation === undefined ? [] : [curation.card, curation.lineage].map((file) => basename(file)))];
      const pushed = await push?.({ run, store, sets: byName, files: [...byName.map(({ file }) => file), ...beside] });
      const { text: _, ...byPeople } = curation ?? {};
      if (json)
        printJson({
          ...Object.fromEntries(sets.map(({ name, ...set }) => [name, withTotal(set)])),
          ...{ companions: companions.map((name) => join(out, name)), curation: curation === undefined ? null : byPeople, push: pushed },
        });
      else if (pushed !== undefined) printPushed(pushed, args);
    } finally {
      store.close();
    }
  },
});

function withTotal(set: Omit<WrittenSet, "name">): typeof set & { readonly skipped: number } {
  return { ...set, skipped: Object.values(set.leftOut).reduce((sum, count) => sum + count, 0) };
}

function setText({ name, file, rows, turnsCut, leftOut }: WrittenSet): string {
  const cut = turnsCut === 0 ? [] : [`  ${counted(turnsCut, "turn")} cut: nothing of the model comes after`];
  const left = Object.entries(leftOut).map(([reason, rowsOut]) => `  ${rowsOut} left out: ${reason}`);
  return [`${name}: ${counted(rows, "row")} in ${file}`, ...cut, ...left].join("\n");
}
