/** Every view that the viewer has of a run, opened one after another in a real browser that notes what goes wrong. */
import { join } from "node:path";
import { expect } from "chai";
import type { Overview, TrajectoryPage } from "../plugins/servers/view/src/api.ts";
import type { EvaluationAnswer, PairPage, QuestionPage } from "../plugins/servers/view/src/learning-api.ts";
import { type Browser, type Page, seriousFaults, watched } from "../plugins/servers/view/test/browser.ts";
import { type Command, start } from "./integration/command.ts";

export const SCHEMES = ["light", "dark"] as const;
export type Scheme = (typeof SCHEMES)[number];

/** `autotraj view`, with a cache of its own below the folder. @returns the command, to be killed, and the link that it printed */
export async function startViewer(runs: readonly string[], folder: string): Promise<{ readonly viewer: Command; readonly link: string }> {
  const viewer = start(["view", ...runs, "--port", "0"], folder, { ...process.env, AUTOTRAJ_CACHE: join(folder, "cache") });
  const printed = await Promise.race([
    new Promise<string>((resolve) => viewer.child.stdout?.once("data", (chunk) => resolve(String(chunk)))),
    viewer.ended.then(({ stderr }) => stderr),
  ]);
  expect(printed).to.match(/^http:\/\/127\.0\.0\.1:\d+\/open\/\S+\n/);
  return { viewer, link: printed.trim() };
}

/** Until trajectories, pairs and answers can all be filtered, sorted and searched. */
export async function indexed(ask: Ask, page: Page): Promise<void> {
  const until = async (isSo: () => Promise<boolean>) => {
    while (!(await isSo())) await page.waitForTimeout(200);
  };
  await until(async () => (await ask<Overview>("overview")).index.complete);
  await until(async () => (await ask<PairPage>("pairs")).sets.every(({ complete }) => complete));
  await until(async () => (await ask<EvaluationAnswer>("evaluation")).answered.every(({ complete }) => complete));
}

/** Asks the server of what it shows, below the run. */
export type Ask = <T>(path: string) => Promise<T>;

export interface View {
  /** Below the run. */
  readonly path: string;
  /** What is there when it is shown. */
  readonly sign: string;
}

export type ViewName = keyof Awaited<ReturnType<typeof viewsOf>>;

/** Of a run that was repaired, trained and evaluated. */
export async function viewsOf(ask: Ask, models: { readonly a: string; readonly b: string }, pairSet: string) {
  const first = async (query: string) => (await ask<TrajectoryPage>(`trajectories?${query}`)).rows[0]?.id ?? "";
  const [kept, repaired, hard] = [await first("fate=kept"), await first("fate=repaired"), await first("fate=hard")];
  const compared = new URLSearchParams({ ...models, outcome: "a" });
  const { rows: questions } = await ask<QuestionPage>(`evaluation/questions?${compared}`);
  const set = encodeURIComponent(pairSet);
  return {
    overview: { path: "", sign: ".distributions canvas" },
    trajectories: { path: "/trajectories", sign: ".list-row" },
    "trajectories: none": { path: "/trajectories?text=nothing-like-this", sign: ".empty" },
    trajectory: { path: `/trajectories/${hard}`, sign: ".step" },
    "trajectory: raw": { path: `/trajectories/${hard}?show=raw`, sign: '.part[data-kind="raw"]' },
    "trajectory: loss mask": { path: `/trajectories/${kept}?show=mask`, sign: '[data-loss="on"]' },
    "trajectory: edit": { path: `/trajectories/${kept}/edit`, sign: "textarea" },
    repairs: { path: "/repairs", sign: ".list-row" },
    "repair: inline": { path: `/repairs/${repaired}?layout=inline`, sign: ".pairs" },
    "repair: refused": { path: `/repairs/${hard}`, sign: ".pairs" },
    "pairs: held out": { path: `/pairs?set=${set}`, sign: ".list-row" },
    pair: { path: `/pairs/${set}/0`, sign: ".pairs" },
    pairs: { path: "/pairs?set=preferences", sign: ".list-row" },
    training: { path: "/training", sign: ".stage-chart canvas" },
    evaluation: { path: "/evaluation", sign: ".list-row" },
    answers: { path: `/evaluation/answers?${compared}&question=${questions[0]?.id}`, sign: ".pairs" },
    compare: { path: "/compare", sign: ".compared" },
    curation: { path: "/curation", sign: ".page" },
  } as const satisfies Readonly<Record<string, View>>;
}

/** Where a run's views are, and who may see them. */
export interface Walked {
  readonly browser: Browser;
  /** Has been let in. */
  readonly page: Page;
  /** The run's, without the slash at its end. */
  readonly address: string;
  readonly width: number;
}

/** Opens each in a window of its own: nothing is complained of, nobody else is asked, nothing is cut off, axe finds nothing serious. */
export async function walk(
  { browser, page, address, width }: Walked,
  colorScheme: Scheme,
  views: Readonly<Record<string, View>>,
  seen?: (name: string, page: Page) => Promise<void>,
) {
  const looking = await watched(browser, { colorScheme, width });
  try {
    await looking.context.addCookies(await page.context().cookies());
    for (const [name, { path, sign }] of Object.entries(views)) {
      await looking.page.goto(address + path);
      await looking.page.waitForSelector(sign);
      expect(await seriousFaults(looking.page), `${name} ${colorScheme}`).to.deep.equal([]);
      const sideways = await looking.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
      expect(sideways, `${name} is cut off`).to.equal(0);
      await seen?.(name, looking.page);
    }
    expect(looking.complaints).to.deep.equal([]);
    expect([...looking.asked]).to.deep.equal([new URL(address).origin]);
  } finally {
    await looking.context.close();
  }
}
