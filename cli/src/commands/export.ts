/** `export`: a run's data sets in a consumer's own format. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  checkName,
  ExportTally,
  findFormat,
  type JsonValue,
  preferencePairs,
  promptTrajectories,
  RunStore,
  type StoredTrajectory,
  sftTrajectories,
  type Trajectory,
  writeJsonLines,
} from "@autotraj/core";
import { print, printJson } from "../display/terminal.ts";
import { command, RUN } from "../options.ts";

export const exportCommand = command({
  command: "export <run>",
  describe: "Write a run's data sets in another format",
  builder: (args) =>
    args
      .positional("run", RUN)
      .option("to", {
        type: "string",
        demandOption: true,
        describe: "Format, or format/variant: chat, chat/alpaca, sharegpt, trl, verl, … or a package name",
      })
      .option("out", { type: "string", demandOption: true, describe: "Folder for the files" }),
  async handler({ run, to, out, json }) {
    const format = await findFormat(to);
    const store = RunStore.read(run);
    try {
      await mkdir(out, { recursive: true });
      const written: Record<string, Written> = {};
      const write = async (name: string, rowsWith: (tally: ExportTally) => Iterable<JsonValue>) => {
        const tally = new ExportTally();
        const rows = () => rowsWith(tally);
        const file = join(out, named(`${name}.${format.file?.extension ?? "jsonl"}`, to));
        const count = await (format.file === undefined ? writeJsonLines(file, rows) : replaced(file, (draft) => format.file!.write(draft, rows())));
        written[name] = { file, rows: count, turnsCut: tally.turnsCut, leftOut: tally.leftOut };
      };
      const { sft, preference, prompt } = format;
      if (sft !== undefined) await write("sft", (tally) => tally.sft(trajectoriesOf(sftTrajectories(store)), { ...format, sft }));
      if (preference !== undefined) await write("preferences", (tally) => tally.preferences(preferencePairs(store), { ...format, preference }));
      if (prompt !== undefined) await write("prompts", (tally) => tally.prompts(trajectoriesOf(promptTrajectories(store)), { ...format, prompt }));
      for (const [name, text] of Object.entries(format.companions?.(written) ?? {})) await writeFile(join(out, named(name, to)), text);
      if (json) printJson(Object.fromEntries(Object.entries(written).map(([name, one]) => [name, withTotal(one)])));
      else for (const [name, one] of Object.entries(written)) print(lines(name, one));
    } finally {
      store.close();
    }
  },
});

/** Formats are plugins: the names they give stay in the folder. */
function named(name: string, format: string): string {
  checkName(name, {
    code: "ATRAJ_PLUGIN_INVALID",
    who: `format "${format}"`,
    what: "the name of a file that it writes,",
    hint: "This is a fault of the format plugin.",
  });
  return name;
}

/** Written beside its place and renamed: a file is either the old one or the whole new one. */
async function replaced(file: string, write: (draft: string) => Promise<number>): Promise<number> {
  const draft = `${file}.part`;
  await rm(draft, { force: true });
  const rows = await write(draft);
  await rename(draft, file);
  return rows;
}

interface Written {
  readonly file: string;
  readonly rows: number;
  readonly turnsCut: number;
  readonly leftOut: Readonly<Record<string, number>>;
}

function withTotal(one: Written): Written & { readonly skipped: number } {
  return { ...one, skipped: Object.values(one.leftOut).reduce((sum, count) => sum + count, 0) };
}

function lines(name: string, { file, rows, turnsCut, leftOut }: Written): string {
  const cut = turnsCut === 0 ? [] : [`  ${turnsCut} ${turnsCut === 1 ? "turn" : "turns"} cut: nothing of the model comes after`];
  const left = Object.entries(leftOut).map(([reason, count]) => `  ${count} left out: ${reason}`);
  return [`${name}: ${rows} rows in ${file}`, ...cut, ...left].join("\n");
}

function* trajectoriesOf(rows: Iterable<StoredTrajectory>): Generator<Trajectory> {
  for (const { trajectory } of rows) yield trajectory;
}
