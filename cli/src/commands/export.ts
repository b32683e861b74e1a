/** `export`: a run's data sets in a consumer's own format. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  AutoTrajError,
  FORMAT,
  type Format,
  type JsonValue,
  loadService,
  preferencePairs,
  RunStore,
  sftTrajectories,
  writeJsonLines,
} from "@autotraj/core";
import type { Argv } from "yargs";

interface ExportArguments {
  run: string;
  to: string;
  out: string;
  json: boolean;
}

export const exportCommand = {
  command: "export <run>",
  describe: "Write a run's data sets in another format",
  builder: (args: Argv) =>
    args
      .positional("run", { type: "string", demandOption: true, describe: "The run's folder" })
      .option("to", { type: "string", demandOption: true, describe: "Format, or format/variant: chat, chat/alpaca, … or a package name" })
      .option("out", { type: "string", demandOption: true, describe: "Folder for the files" }),
  async handler({ run, to, out, json }: ExportArguments): Promise<void> {
    const format = await findFormat(to);
    const store = RunStore.read(run);
    try {
      await mkdir(out, { recursive: true });
      const written: Record<string, { file: string; rows: number }> = {};
      const write = async (name: string, rows: () => Iterable<JsonValue>) => {
        const file = join(out, `${name}.jsonl`);
        written[name] = { file, rows: await writeJsonLines(file, rows) };
      };
      if (format.sft !== undefined) await write("sft", () => rowsOf(sftTrajectories(store), ({ trajectory }) => format.sft!(trajectory)));
      if (format.preference !== undefined) await write("preferences", () => rowsOf(preferencePairs(store), (pair) => format.preference!(pair)));
      if (json) process.stdout.write(`${JSON.stringify(written)}\n`);
      else for (const [name, { file, rows }] of Object.entries(written)) process.stdout.write(`${name}: ${rows} rows in ${file}\n`);
    } finally {
      store.close();
    }
  },
};

/** `chat`, `chat/alpaca`, `@scope/package`, `./file.js`. */
export async function findFormat(name: string): Promise<Pick<Format, "read" | "sft" | "preference">> {
  const isPath = /^[@./]/.test(name);
  const [base = name, variant] = isPath ? [name] : name.split("/");
  const format = await loadService(isPath ? name : `@autotraj/format-${base}`, FORMAT, process.cwd());
  if (variant === undefined) return format;
  const found = format.variants?.[variant];
  if (found !== undefined) return found;
  throw new AutoTrajError("ATRAJ_USAGE", {
    who: "export",
    what: `the format "${base}" has no variant "${variant}".`,
    hint: `Variants: ${Object.keys(format.variants ?? {}).join(", ") || "none"}.`,
  });
}

function* rowsOf<T>(items: Iterable<T>, write: (item: T) => JsonValue): Generator<JsonValue> {
  for (const item of items) yield write(item);
}
