/**
 * The viewer over a large run: how soon there is something to see, what filling its index takes, how long filters, sorting and searches take then, and the
 * views of what was learnt from it and of what people did to it. A browser is timed as well where CHROMIUM names one, or /usr/bin/chromium is there.
 *
 *   node test/bench/view.ts [trajectories, 200000] [folder of a generated run, to be kept and used again] [folder of its index, the same]
 */
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RUN_VIEWER, startService } from "@autotraj/core";
import { chromiumPath, launch } from "../../plugins/servers/view/test/browser.ts";
import { generateRun } from "../generated-run.ts";
import { generateLargeStages } from "../large-stages.ts";

const [wanted = "200000", kept, keptIndex] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "bench-view-"));
const runDir = kept ?? join(folder, "run");
const REPEATS = 5;
const MIB = 2 ** 20;

/** Lists of trajectories, by their filter and order. */
const LISTS: Readonly<Record<string, readonly string[]>> = {
  filter: [
    "fate=hard",
    "fate=repaired&fate=hard",
    "fate=refused&cause=unstable",
    "task=interest&fate=kept",
    "range=grounded:0.2..0.3",
    "range=grounded:0.99..",
    "range=correctness:0..0&range=efficiency:0.9..",
    "repairer=hint&range=format:1..1",
    "tool=python&fate=discarded",
    "tool=nothing",
    "fate=kept&cause=unstable",
  ],
  sort: [
    "sort=score:grounded",
    "sort=score:necessity&order=desc",
    "sort=tokens&order=desc",
    "fate=kept&sort=score:efficiency",
    "fate=kept&sort=score:correctness",
    "task=interest&sort=words",
  ],
  search: [
    "text=paint",
    "text=NameError",
    "text=768+bolts",
    'text="python+says+687"',
    "text=the",
    "text=carriers&fate=hard",
    "text=the&cause=unstable",
    "text=apples&sort=score:grounded",
    "text=the&sort=tokens",
  ],
  "by hand": ["act=marked", "act=tagged&act=dropped", "tag=by+luck&fate=kept", "act=overridden&sort=score:grounded", "act=marked&text=paint"],
};

/** What else is asked, each as its path. */
const ASKED: Readonly<Record<string, readonly string[]>> = {
  overview: ["overview"],
  count: [
    ...[
      "count?",
      "count?fate=hard",
      "count?range=grounded:0.99..",
      "count?fate=kept&cause=unstable",
      "count?text=the",
      "count?text=the&cause=unstable",
    ],
    "count?act=tagged",
  ],
  pairs: [
    ...[
      "pairs",
      "pairs?set=siblings",
      "pairs?kind=repair",
      "pairs?told=wrong",
      "pairs?told=wrong&sort=margin",
      "pairs?kind=repair&sort=margin&order=desc",
    ],
    ...["", "&kind=edit:+rare", "&kind=edit:+rare&told=wrong", "&kind=edit:+rare&sort=margin", "&told=unscored", "&kind=sibling"].map(
      (more) => `pairs?set=held+out:+reward-model${more}`,
    ),
    ...["pairs/preferences/100", "pairs/held%20out%3A%20reward-model/0?kind=edit:+rare&told=wrong&sort=margin"],
  ],
  training: ["training"],
  evaluation: [
    ...[
      "evaluation",
      "evaluation/questions?a=sft&b=base",
      "evaluation/questions?a=sft&b=base&outcome=b",
      "evaluation/questions?a=rl&b=sft",
      "evaluation/comparison?a=rl&b=sft",
    ],
    "evaluation/answers?question=h-100&a=sft&b=base",
  ],
  curation: ["curation", "curation/facets"],
};

/** What stands on the screen when a view is there. */
const VIEWS: Readonly<Record<string, string>> = {
  pairs: ".list-row",
  training: ".stage-charts",
  evaluation: ".list-row",
  curation: ".acts",
};

try {
  if (!existsSync(join(runDir, "run.db"))) await measure("writing the run", () => generateRun({ runDir, trajectories: Number(wanted) }));
  if (!existsSync(join(runDir, "curation"))) await measure("writing pairs, steps, answers, acts", () => generateLargeStages(runDir, Number(wanted)));
  console.log(`  run.db ${Math.round(statSync(join(runDir, "run.db")).size / MIB)} MiB`);
  const cacheDir = keptIndex ?? join(folder, "cache");
  const { service, dispose } = await startService("@autotraj/server-view", RUN_VIEWER, import.meta.dirname, { cacheDir });
  const { url } = await service.serve([runDir], { port: 0 });
  const asked = chromiumPath !== undefined ? await inBrowser(url) : await overHttp(url);
  await asked.first();
  await measure("until all can be filtered, sorted and searched", asked.indexed);
  for (const [what, queries] of Object.entries(LISTS)) {
    const [shown, answered]: [number[], number[]] = [[], []];
    for (const query of queries) {
      const ofServer = await timed(
        async () => {},
        () => asked.answer(`trajectories?${query}`),
      );
      const onScreen = await timed(
        () => asked.list("task=nothing"),
        () => asked.list(query),
      );
      answered.push(...ofServer);
      shown.push(...onScreen);
      console.log(`${ms(onScreen)} on the screen, ${ms(ofServer)} the server alone  ${query}`);
    }
    console.log(`${ms(shown)} on the screen, ${ms(answered)} the server alone  ${what}: medians of ${shown.length}`);
  }
  await measure("until pairs and answers can be asked for too", async () => {
    // The last that is read.
    while (
      !(await asked.answer("evaluation/questions?a=rl&b=sft").then(
        () => true,
        () => false,
      ))
    )
      await new Promise((resolve) => setTimeout(resolve, 200));
  });
  for (const [what, paths] of Object.entries(ASKED)) {
    const answered: number[] = [];
    for (const path of paths) {
      const ofServer = await timed(
        async () => {},
        () => asked.answer(path),
      );
      answered.push(...ofServer);
      console.log(`${ms(ofServer)} the server alone  ${path}`);
    }
    console.log(`${ms(answered)} the server alone  ${what}: median of ${answered.length}`);
  }
  for (const [view, sign] of Object.entries(VIEWS)) {
    const onScreen = await timed(
      async () => {},
      () => asked.view(view, sign),
    );
    console.log(`${ms(onScreen)} on the screen, the app loaded anew  ${view}`);
  }
  await asked.close();
  await dispose();
} finally {
  rmSync(folder, { recursive: true });
}

interface Asked {
  first(): Promise<void>;
  indexed(): Promise<void>;
  /** Until the server has answered. @param path of the API, below the run */
  answer(path: string): Promise<void>;
  /** Until it can be seen, where there is a browser. */
  list(query: string): Promise<void>;
  /** The same of another view. @param sign what is there when it is */
  view(name: string, sign: string): Promise<void>;
  close(): Promise<void>;
}

async function overHttp(url: string): Promise<Asked> {
  const entered = await fetch(url, { redirect: "manual" });
  const cookie = entered.headers.get("set-cookie")?.split(";")[0] ?? "";
  const { origin } = new URL(url);
  const ask = async (path: string) => {
    const answer = await fetch(origin + path, { headers: { cookie } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json() as Promise<{ runs: { key: string }[]; index: { complete: boolean }; rows: unknown[] }>;
  };
  const { runs } = await ask("/api/runs");
  const at = `/api/runs/${runs[0]?.key}`;
  return {
    first: () =>
      measure("first rows", async () => {
        while ((await ask(`${at}/trajectories`)).rows.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      }),
    async indexed() {
      while (!(await ask(`${at}/overview`)).index.complete) await new Promise((resolve) => setTimeout(resolve, 200));
    },
    answer: async (path) => void (await ask(`${at}/${path}`)),
    list: async (query) => void (await ask(`${at}/trajectories?${query}`)),
    view: async (name) => void (await ask(`${at}/${name}`)),
    close: async () => {},
  };
}

/** What is asked is asked by a page, and what is waited for can be seen. */
async function inBrowser(url: string): Promise<Asked> {
  const program = await launch();
  const page = await program.newPage();
  // However long it takes: that is what is asked.
  page.setDefaultTimeout(0);
  let base = "";
  return {
    async first() {
      await measure("browser: from the link to the overview's figures", async () => {
        await page.goto(url);
        await page.waitForSelector(".funnel td");
      });
      base = page.url();
      await measure("browser: from there to the first rows of the list", async () => {
        await page.goto(`${base}/trajectories`);
        await page.waitForSelector(".list-row");
      });
    },
    async indexed() {
      await page.waitForSelector(".index-state", { state: "detached", timeout: 3_600_000 });
    },
    async answer(path) {
      const address = `/api${new URL(base).pathname.replace("/r/", "/runs/")}/${path}`;
      await page.evaluate(
        `fetch(${JSON.stringify(address)}).then((answer) => answer.ok ? answer.text() : Promise.reject(new Error(${JSON.stringify(path)} + " " + answer.status)))`,
      );
    },
    /** From the address to rows on the screen; what stood there before is gone by then. */
    async list(query) {
      const next = `${new URL(base).pathname}/trajectories?${query}`;
      await page.evaluate(`history.pushState(null, "", ${JSON.stringify(next)})`);
      await page.waitForSelector(`.list[data-query=${JSON.stringify(new URLSearchParams(query).toString())}] :is(.list-row, .empty)`);
    },
    // Loaded anew, or the app would show what it has.
    async view(name, sign) {
      await page.goto(`${base}/${name}`);
      await page.waitForSelector(sign);
    },
    close: () => program.close(),
  };
}

async function timed(between: () => Promise<void>, work: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    // Another list in between, or the page would show what it has.
    await between();
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
  }
  return times;
}

async function measure(what: string, work: () => unknown): Promise<void> {
  const begun = performance.now();
  await work();
  console.log(`${((performance.now() - begun) / 1000).toFixed(2).padStart(8)} s  ${what}`);
}

function ms(times: readonly number[]): string {
  return `${median(times).toFixed(0).padStart(6)} ms`;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
