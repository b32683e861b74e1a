import { join } from "node:path";
import { expect } from "chai";
import type { Browser, Page } from "playwright-core";
import { generateRun } from "../../../../test/generated-run.ts";
import type { TrajectoryPage } from "../src/api.ts";
import { chromiumPath, launch, seriousFaults, watched } from "./browser.ts";
import { HOSTILE, hostileRun, LONG } from "./hostile.ts";
import { unharmed } from "./unharmed.ts";
import { demoRun, Viewing } from "./viewing.ts";

const SCHEMES = ["light", "dark"] as const;
const TRAJECTORIES = 600;

describe("the viewer's pages in a real browser", function () {
  // Dozens of pages each, beside whatever else the machine does.
  this.timeout(600_000);
  let browser: Browser;
  const viewing = new Viewing();
  before(async function () {
    if (chromiumPath === undefined) this.skip();
    browser = await launch();
    const [demo, generated] = [await demoRun(viewing.folder), join(viewing.folder, "generated")];
    generateRun({ runDir: generated, trajectories: TRAJECTORIES });
    await viewing.open([generated, demo]);
    await viewing.enter();
  });
  after(async () => {
    await browser?.close();
    if (browser !== undefined) await viewing.close();
  });

  const looking = async (colorScheme: (typeof SCHEMES)[number]) => {
    const found = await watched(browser, { colorScheme, width: 1300 });
    await found.context.addCookies([viewing.browserCookie]);
    return found;
  };

  for (const colorScheme of SCHEMES) {
    it(`can all be walked through, ${colorScheme}: nothing is complained of, nobody else is asked, axe finds nothing serious`, async () => {
      const { page, complaints, asked, context } = await looking(colorScheme);
      for (const run of ["generated", "demo"]) {
        for (const [path, sign] of await pathsOf(page, viewing.origin, run)) {
          await page.goto(viewing.origin + path);
          await page.waitForSelector(sign);
          expect(await seriousFaults(page), `${path} ${colorScheme}`).to.deep.equal([]);
        }
      }
      expect(complaints).to.deep.equal([]);
      expect([...asked]).to.deep.equal([viewing.origin]);
      await context.close();
    });
  }

  it("lead from the overview to why one was refused and what its repair changed, by keyboard alone", async () => {
    const { page, complaints, context } = await looking("light");
    await page.goto(`${viewing.origin}/r/generated`);
    await page.waitForSelector(".distributions");
    await page.keyboard.press("3");
    await page.waitForSelector(".list-row");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".pairs");
    expect(await page.locator("main").textContent())
      .to.include("What was wrong")
      .and.to.include("the answer is wrong")
      .and.to.include("What it changed");
    await page.keyboard.press("d");
    await page.waitForSelector('.pairs[data-layout="inline"]');
    expect(page.url()).to.include("layout=inline");
    await page.keyboard.press("u");
    await page.waitForSelector(".list-row");
    await page.keyboard.press("/");
    await page.keyboard.type("paint");
    await page.waitForSelector('.list[data-query*="text=paint"] .list-row');
    expect(page.url()).to.include("text=paint");
    const shared = await context.newPage();
    await shared.goto(page.url());
    await shared.waitForSelector('.list[data-query*="text=paint"] .list-row');
    expect(await shared.locator(".list-row").first().textContent()).to.include("paint");
    expect(complaints).to.deep.equal([]);
    await context.close();
  });

  it("show a score's span where it lies, and a list of which only what can be seen is there", async () => {
    const { page, context } = await looking("light");
    await page.goto(`${viewing.origin}/r/generated`);
    await page.waitForSelector(".distributions");
    const { rows } = await pageOf(page, "generated", "fate=hard");
    await page.goto(`${viewing.origin}/r/generated/trajectories/${rows[0]?.id}`);
    const answer = rows[0]?.answer ?? "";
    expect(await page.locator(".step mark").first().textContent()).to.match(new RegExp(`^${answer}`));
    await page.goto(`${viewing.origin}/r/generated/trajectories`);
    await page.waitForSelector(".list-row");
    await page.locator(".list").focus();
    // Each time to the end of what is there by then, until all pages have come.
    const chosen = async () => Number(await page.locator('.list-row[aria-selected="true"]').getAttribute("aria-rowindex"));
    for (let row = 0; row < TRAJECTORIES; row = await chosen()) {
      await page.keyboard.press("End");
      await page.waitForTimeout(100);
    }
    expect(await page.locator(".list-row").count()).to.be.lessThan(100);
    await context.close();
  });

  it("show hostile texts, names and scores as text: nothing of them runs, is loaded, or breaks the layout, wide or narrow", async () => {
    const alone = new Viewing();
    const runDir = join(alone.folder, "hostile");
    const longest = hostileRun(runDir);
    await alone.open([runDir]);
    const found = await watched(browser, { colorScheme: "dark", width: 1300 });
    const { page, complaints, asked, context } = found;
    await page.goto(alone.link);
    await settled(page, alone, "hostile");
    const { rows } = await pageOf(page, "hostile", "fate=repaired");
    expect(rows).to.have.length(Object.keys(HOSTILE).length + 2);
    for (const path of ["", "/trajectories", "/repairs"]) await unharmed(found, `${alone.origin}/r/hostile${path}`);
    for (const { id } of rows) await unharmed(found, `${alone.origin}/r/hostile/trajectories/${id}`);
    for (const { id } of rows) await unharmed(found, `${alone.origin}/r/hostile/repairs/${id}`);
    const queries = [`text=${encodeURIComponent("<script>")}`, `range=${encodeURIComponent("__proto__:0..1")}`, "sort=score:constructor"];
    for (const query of queries) await unharmed(found, `${alone.origin}/r/hostile/trajectories?${query}`);
    await page.goto(`${alone.origin}/r/hostile/trajectories/${longest}`);
    const result = page.locator('.step[data-role="tool"]');
    const length = async () => (await result.locator(".text").textContent())?.length ?? 0;
    const before = await length();
    await result.getByRole("button", { name: "Show more" }).click();
    while ((await length()) === before) await page.waitForTimeout(50);
    expect((await page.content()).length, "a line of 10 MiB is not sent unasked").to.be.lessThan(LONG.length / 2);
    expect(complaints).to.deep.equal([]);
    expect([...asked]).to.deep.equal([alone.origin]);
    await context.close();
    await alone.close();
  });
});

async function pathsOf(page: Page, origin: string, run: string): Promise<readonly (readonly [string, string])[]> {
  await page.goto(`${origin}/r/${run}`);
  await page.waitForSelector(".distributions");
  const { rows } = await pageOf(page, run, "fate=repaired");
  const [{ id } = { id: "" }] = rows;
  return [
    [`/r/${run}`, ".distributions canvas"],
    [`/r/${run}/trajectories`, ".list-row"],
    [`/r/${run}/trajectories?text=nothing-like-this`, ".empty"],
    [`/r/${run}/trajectories?fate=kept&range=correctness:0..1&sort=tokens&order=desc`, ".list-row"],
    [`/r/${run}/trajectories/${id}`, ".step"],
    [`/r/${run}/trajectories/${id}?show=raw`, '.part[data-kind="raw"]'],
    [`/r/${run}/repairs`, ".list-row"],
    [`/r/${run}/repairs/${id}`, ".pairs"],
    [`/r/${run}/repairs/${id}?layout=inline`, ".pairs"],
  ];
}

/** Asked by the page itself, with its cookie. */
function pageOf(page: Page, run: string, query: string): Promise<TrajectoryPage> {
  return page.evaluate(`fetch("/api/runs/${run}/trajectories?${query}").then((answer) => answer.json())`) as Promise<TrajectoryPage>;
}

async function settled(page: Page, viewing: Viewing, run: string): Promise<void> {
  await page.goto(`${viewing.origin}/r/${run}`);
  const complete = () => page.evaluate(`fetch("/api/runs/${run}/overview").then((answer) => answer.json()).then(({ index }) => index.complete)`);
  while ((await complete()) !== true) await page.waitForTimeout(200);
}
