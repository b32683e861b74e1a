/** The card of a data set on a hub: YAML for its loader and its lists, and below it what people read. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AutoTrajError } from "@autotraj/core";
import { stringify } from "yaml";

export interface CardParts {
  /** `OWNER/NAME`. */
  readonly repository: string;
  /** As the hub calls it: `mit`, `cc-by-4.0`. */
  readonly license?: string | undefined;
  /** As it was asked for: `chat`, `chat/openai`. */
  readonly format: string;
  readonly sets: readonly ExportedSet[];
  readonly preset: string;
  /** What is true of the run's data, however they are written: lines of Markdown. */
  readonly about: readonly string[];
}

export interface ExportedSet {
  /** `sft`, `preferences`, `prompts`. */
  readonly name: string;
  /** Beside the card. */
  readonly file: string;
  readonly rows: number;
  /** Rows that the format could not say, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
}

export const CARD = "README.md";

const KNOWN: Readonly<Record<string, { readonly row: string; readonly tag: string }>> = {
  sft: { row: "a trajectory to imitate: a kept candidate or an accepted repair", tag: "sft" },
  preferences: { row: "an accepted repair, preferred to what it repairs", tag: "preference" },
  prompts: { row: "a question with its tools, for RL", tag: "rl" },
};
/** As the hub lists data sets: below 1,000 rows, then by tens. */
const SIZES = ["n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M", "100M<n<1B", "1B<n<10B", "10B<n<100B", "100B<n<1T", "n>1T"];
const MADE_BY = "Made by AutoTraj with the preset";

export function hubCard({ repository, license, format, sets, preset, about }: CardParts): string {
  const name = repository.split("/").at(-1) ?? repository;
  // A loader stops at a file without rows.
  const loaded = sets.filter(({ rows }) => rows > 0);
  const head = {
    pretty_name: name,
    ...(license === undefined ? {} : { license }),
    task_categories: ["text-generation"],
    size_categories: [sizeOf(sets.reduce((sum, { rows }) => sum + rows, 0))],
    tags: [...new Set(["autotraj", "tool-use", ...loaded.flatMap((set) => KNOWN[set.name]?.tag ?? [])])],
    configs: loaded.map((set, at) => ({
      config_name: set.name,
      ...(at === 0 ? { default: true } : {}),
      data_files: [{ split: "train", path: set.file }],
    })),
  };
  return [
    ...["---", stringify(head).trimEnd(), "---", ""],
    ...[`# ${name}`, ""],
    ...[`${MADE_BY} \`${preset}\`, and written in the format \`${format}\`.`, ""],
    ...["| file | rows | what a row is |", "|---|---|---|"],
    ...sets.map((set) => `| ${set.file} | ${set.rows} | ${KNOWN[set.name]?.row ?? set.name} |`),
    "",
    ...leftOut(sets),
    ...["```python", "from datasets import load_dataset", ""],
    ...loaded.map((set) => `${set.name} = load_dataset(${JSON.stringify(repository)}, ${JSON.stringify(set.name)}, split="train")`),
    ...["```", ""],
    ...["Several rows may share a question: split by question, never by row.", ""],
    ...about,
  ].join("\n");
}

function sizeOf(rows: number): string {
  const thousands = Math.max(0, Math.floor(Math.log10(Math.max(1, rows))) - 2);
  return SIZES[Math.min(thousands, SIZES.length - 1)] ?? "n>1T";
}

function leftOut(sets: readonly ExportedSet[]): readonly string[] {
  const lines = sets.flatMap((set) => Object.entries(set.leftOut).map(([reason, count]) => `- ${count} left out of ${set.file}: ${reason}`));
  return lines.length === 0 ? [] : [...lines, ""];
}

/** @throws ATRAJ_USAGE where the folder's own README.md, which somebody has written, would be replaced */
export function checkCardPlace(folder: string): void {
  const file = join(folder, CARD);
  if (!existsSync(file) || readFileSync(file, "utf8").includes(MADE_BY)) return;
  throw new AutoTrajError("ATRAJ_USAGE", {
    who: "push",
    what: `${file} is there already, and the card would take its place.`,
    hint: "Name another folder with --out.",
  });
}
