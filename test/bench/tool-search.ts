/**
 * What tool-search finds and how fast: recall of HotpotQA's gold paragraphs with the whole question as the query, for each setting of the index;
 * queries a second, time and memory to index, and how long the event loop is held up. Figures move with the machine; their ratios within one run count.
 *
 *   node test/bench/tool-search.ts [copies of the corpus for the large index, 10]
 */
import { createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { TOOL, type Tool } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import plugin from "../../plugins/tools/search/src/index.ts";
import { CORPUS, paragraphs, questions, recall } from "../../plugins/tools/search/test/data.ts";
import { largest } from "../data/sets.ts";

const [copies = 10] = process.argv.slice(2).map(Number);
const MiB = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), "bench-tool-search-"));
const asked = questions(largest);
const passages = paragraphs(largest);
const titles = new Map(passages.map(({ id, title }) => [id, title]));

try {
  console.log(
    `${passages.length} paragraphs, ${asked.length} questions; gold paragraphs found among the first 3 and 10, queries/s (10 passages each)`,
  );
  const defaults = await measure("defaults (porter, title weight 5, English stop words)", {});
  await measure("stemming: none", { stemming: "none" }, defaults);
  await measure("stopWords: none", { stopWords: "none" }, defaults);
  await measure("stemming: none, stopWords: none", { stemming: "none", stopWords: "none" }, defaults);
  for (const titleWeight of [1, 2, 3, 8, 12]) await measure(`titleWeight: ${titleWeight}`, { titleWeight }, defaults);
  await measureIndexing("the corpus", largest.path(CORPUS), passages.length);
  await measureIndexing(`${copies} copies of it`, await largeCorpus(), passages.length * copies);
} finally {
  rmSync(folder, { recursive: true });
}

async function withSearch<T>(local: object, topK: number, use: (tool: Tool) => Promise<T>, cacheDir = folder): Promise<T> {
  const plugged = await setupPlugin(plugin, { options: { local: { corpus: largest.path(CORPUS), ...local }, topK }, cacheDir });
  try {
    await plugged.start();
    return await use(plugged.provided(TOOL));
  } finally {
    await plugged.dispose();
  }
}

async function ask(tool: Tool, query: string): Promise<string> {
  return (await tool.call({ query }, { session: "s", earlier: [], history: [], signal: new AbortController().signal })).content;
}

async function measure(name: string, local: object, reference?: number): Promise<number> {
  return withSearch(local, 10, async (tool) => {
    await ask(tool, "warm up");
    const start = performance.now();
    const contents = await Promise.all(asked.map(({ question }) => ask(tool, question)));
    const perSecond = (1000 * asked.length) / (performance.now() - start);
    const found = contents.map((content) => [...content.matchAll(/^Doc \d+ \(Title: "(.*?)"\) /gm)].map(([, title]) => title ?? ""));
    const [at3, at10] = [3, 10].map((k) => recall(asked, found, titles, k).toFixed(3).slice(1));
    const ratio = reference === undefined ? "" : `, ${(perSecond / reference).toFixed(2)} of the defaults' speed`;
    console.log(`${name}: ${at3} ${at10}, ${Math.round(perSecond)} queries/s${ratio}`);
    return perSecond;
  });
}

async function measureIndexing(name: string, corpus: string, count: number): Promise<void> {
  const cacheDir = mkdtempSync(join(folder, "cache-"));
  let peak = 0;
  const before = process.memoryUsage.rss();
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 10);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const timed = async () => {
    const start = performance.now();
    await withSearch({ corpus }, 3, async () => {}, cacheDir);
    return performance.now() - start;
  };
  const [built, opened] = [await timed(), await timed()];
  const duringBuild = delay.max / 1e6;
  delay.reset();
  const start = performance.now();
  await withSearch({ corpus }, 3, async (tool) => void (await Promise.all(asked.slice(0, 200).map(({ question }) => ask(tool, question)))), cacheDir);
  const perSecond = 200_000 / (performance.now() - start - opened);
  delay.disable();
  clearInterval(watch);
  console.log(
    `${name} (${count} passages, ${(statSync(corpus).size / MiB).toFixed(1)} MiB): indexed in ${(built / 1000).toFixed(2)} s, opened again in ${(opened / 1000).toFixed(2)} s;`,
    `${Math.round(perSecond)} queries/s (3 passages each); +${Math.round((peak - before) / MiB)} MiB at most;`,
    `the event loop was held up for at most ${duringBuild.toFixed(0)} ms while indexing, ${(delay.max / 1e6).toFixed(0)} ms while 200 queries ran`,
  );
}

async function largeCorpus(): Promise<string> {
  const file = join(folder, "large.jsonl");
  const out = createWriteStream(file);
  for (let copy = 0; copy < copies; copy++)
    out.write(passages.map((row) => `${JSON.stringify({ ...row, title: `${row.title} ${copy}` })}\n`).join(""));
  await new Promise<void>((resolve) => out.end(resolve));
  return file;
}
