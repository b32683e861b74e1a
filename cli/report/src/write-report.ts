/** Writes a run's report: one page, Markdown and comma-separated values, side by side. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { AutoTrajError, messageOf, type RunSummary } from "@autotraj/core";
import { count, seconds } from "./figures/numbers.ts";
import { timesOf } from "./figures/spending.ts";
import { type GatheredRun, gatherRun } from "./gathered.ts";
import { type Section, sectionsOf } from "./sections.ts";
import { csvOf } from "./written/csv.ts";
import { markdownOf } from "./written/markdown.ts";
import { type Page, type PageLimits, pageOf } from "./written/page.ts";

export interface ReportFiles {
  readonly html: string;
  readonly markdown: string;
  readonly csv: string;
}

export interface ReportOptions {
  /** The page's file, whose name ends with .html, or a folder. Default: the run's. */
  readonly out?: string;
  /** The run's tables, where they were just made. */
  readonly summary?: RunSummary;
}

/** A page can be mailed, and opens at once. In bytes. */
const LARGEST_PAGE = 5_000_000;

/** What is left out where a page would be larger: nothing, examples, and most of long tables. */
const ATTEMPTS: readonly (PageLimits & { readonly examples: boolean })[] = [
  { rows: 100, cell: 240, examples: true },
  { rows: 100, cell: 120, examples: false },
  { rows: 10, cell: 60, examples: false },
];

/** @throws ATRAJ_RUN_NOT_FOUND, ATRAJ_STORE_FAILED; ATRAJ_USAGE where the files cannot be written */
export function writeReport(runDir: string, { out = runDir, summary }: ReportOptions = {}): ReportFiles {
  const gathered = gatherRun(runDir, summary);
  const sections = sectionsOf(gathered);
  const page = {
    title: `Report of ${gathered.summary.run || basename(resolve(runDir))}`,
    about: aboutOf(gathered, runDir),
    key: keyOf(gathered.summary),
  };
  const files = filesIn(out);
  write(files.html, smallEnough({ ...page, sections, examples: gathered.examples }));
  write(files.markdown, markdownOf(page.title, page.about, sections));
  write(files.csv, csvOf(gathered));
  return files;
}

function filesIn(out: string): ReportFiles {
  const html = out.endsWith(".html") ? out : join(out, "report.html");
  const beside = (extension: string) => html.replace(/\.html$/, extension);
  return { html, markdown: beside(".md"), csv: beside(".csv") };
}

function smallEnough(page: Page & { readonly sections: readonly Section[] }): string {
  let text = "";
  for (const { examples, ...limits } of ATTEMPTS) {
    text = pageOf(examples ? page : { ...page, examples: undefined }, limits);
    if (Buffer.byteLength(text) < LARGEST_PAGE) break;
  }
  return text;
}

function aboutOf({ summary }: GatheredRun, runDir: string): readonly string[] {
  const state = summary.finished ? "" : " Not finished: these are the figures so far.";
  return [`Preset ${summary.preset}, folder ${basename(resolve(runDir))}.${state}`];
}

function keyOf(summary: RunSummary): Page["key"] {
  const { funnel, datasets, usage, evaluation } = summary;
  const spent = Object.values(usage);
  const known = spent.filter(({ usd }) => usd !== null);
  const usd = known.reduce((sum, one) => sum + (one.usd ?? 0), 0);
  const best = (evaluation?.models ?? []).toSorted((a, b) => (b.greedy?.value ?? -1) - (a.greedy?.value ?? -1))[0];
  const parts = ["rolling out", "scoring", "repairing"];
  const time = timesOf(summary).reduce((sum, [part, took]) => (parts.includes(part) ? sum : sum + took), 0);
  return [
    ["questions", count(funnel.queries)],
    ["candidates", count(funnel.candidates)],
    ["kept", count(funnel.kept)],
    ["repaired", count(funnel.repaired)],
    ["SFT rows", count(datasets.sft)],
    ["preference pairs", count(datasets.preferences)],
    ...(best?.greedy == null ? [] : [[`right, ${best.model}`, best.greedy.value.toFixed(3)] as const]),
    ["model calls", count(spent.reduce((sum, { calls }) => sum + calls, 0))],
    ...(known.length === 0 ? [] : [["cost", `$${usd.toFixed(2)}`] as const]),
    ["time", seconds(time)],
  ];
}

/** Whole or not at all: who has the old page open keeps it. */
function write(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.part`, text);
    renameSync(`${file}.part`, file);
  } catch (error) {
    throw new AutoTrajError("ATRAJ_USAGE", {
      who: "report",
      what: `${file} cannot be written: ${messageOf(error)}`,
      hint: "Name another place with --out.",
      cause: error,
    });
  }
}
