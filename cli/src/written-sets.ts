/** A run's data sets as files in a consumer's own format. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  checkName,
  ExportTally,
  type findFormat,
  type JsonValue,
  preferencePairs,
  promptTrajectories,
  type RunStore,
  type StoredTrajectory,
  sftTrajectories,
  type Trajectory,
  writeJsonLines,
} from "@autotraj/core";
import type { CuratedExport } from "@autotraj/curation";

export interface WrittenSet {
  readonly name: string;
  readonly file: string;
  readonly rows: number;
  readonly turnsCut: number;
  readonly leftOut: Readonly<Record<string, number>>;
}

export interface Wanted {
  readonly format: Awaited<ReturnType<typeof findFormat>>;
  /** As the format was asked for. */
  readonly named: string;
  /** Folder of the files. */
  readonly out: string;
  /** What people have changed, where that is wanted. */
  readonly byHand?: CuratedExport;
}

/** All data sets that the format has. @returns them, and the names of files that the format adds. @throws ATRAJ_PLUGIN_INVALID where a format's file would leave the folder */
export async function writeDataSets(
  store: RunStore,
  { format, named, out, byHand }: Wanted,
): Promise<{ readonly sets: readonly WrittenSet[]; readonly companions: readonly string[] }> {
  await mkdir(out, { recursive: true });
  const sets: WrittenSet[] = [];
  const write = async (name: string, rowsWith: (tally: ExportTally) => Iterable<JsonValue>) => {
    const tally = new ExportTally();
    const base = checked(`${name}.${format.file?.extension ?? "jsonl"}`, named);
    const rows = () => byHand?.noted(base, rowsWith(tally)) ?? rowsWith(tally);
    const file = join(out, base);
    const count = await (format.file === undefined ? writeJsonLines(file, rows) : replaced(file, (draft) => format.file!.write(draft, rows())));
    sets.push({ name, file, rows: count, turnsCut: tally.turnsCut, leftOut: tally.leftOut });
  };
  const { sft, preference, prompt } = format;
  if (sft !== undefined) await write("sft", (tally) => tally.sft(byHand?.sft() ?? trajectoriesOf(sftTrajectories(store)), { ...format, sft }));
  if (preference !== undefined)
    await write("preferences", (tally) => tally.preferences(byHand?.preferences() ?? preferencePairs(store), { ...format, preference }));
  if (prompt !== undefined) await write("prompts", (tally) => tally.prompts(trajectoriesOf(promptTrajectories(store)), { ...format, prompt }));
  const companions = Object.entries(format.companions?.(Object.fromEntries(sets.map(({ name, ...set }) => [name, set]))) ?? {});
  for (const [name, text] of companions) await writeFile(join(out, checked(name, named)), text);
  return { sets, companions: companions.map(([name]) => name) };
}

/** Formats are plugins: the names they give stay in the folder. */
function checked(name: string, format: string): string {
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

function* trajectoriesOf(rows: Iterable<StoredTrajectory>): Generator<Trajectory> {
  for (const { trajectory } of rows) yield trajectory;
}
