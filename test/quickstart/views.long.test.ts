/** What a stranger sees of a first run: every view of the viewer and the report, of a real quickstart, in a real browser. `npm run pictures` takes the documentation's pictures by it. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { RunSummary } from "@autotraj/core";
import { expect } from "chai";
import { expectFiguresOf } from "../../cli/report/test/page-figures.ts";
import type { RepairAnswer, TrajectoryPage } from "../../plugins/servers/view/src/api.ts";
import { type Browser, chromiumPath, type Locator, launch, type Page, seriousFaults, watched } from "../../plugins/servers/view/test/browser.ts";
import { generateRun } from "../generated-run.ts";
import { autotraj, type Command, kill } from "../integration/command.ts";
import { type Ask, indexed, SCHEMES, type Scheme, startViewer, type ViewName, viewsOf, walk } from "../view-walk.ts";
import { copyOfRun, quickstartRun } from "./finished-run.ts";
import { picture, WIDTH, wanted } from "./pictures.ts";

const MOST_CLICKS = 9;
/** At a trajectory's side. */
const SCORES = "aside .section:nth-of-type(4)";
const RELATED = "aside .section:nth-of-type(5)";
const HELD_OUT = "held out: reward-model";

interface Picture {
  readonly file?: string;
  /** What it ends below. */
  readonly last?: string;
  readonly of?: Scheme;
}

/** What is taken of a view for the documentation. */
const PICTURES: { readonly [name in ViewName]?: Picture } = {
  "trajectory: loss mask": { file: "viewer-loss-mask", last: SCORES },
  "repair: inline": { file: "viewer-repair-dark", of: "dark" },
  "pairs: held out": { file: "viewer-pairs", last: ".section:first-of-type" },
  training: { file: "viewer-training", last: ".chart-rows > :nth-child(5) .figure" },
  evaluation: { file: "viewer-evaluation", last: ".section:nth-of-type(2)" },
};

describe("a finished quickstart run", function () {
  // Dozens of pages, beside whatever else the machine does.
  this.timeout(1_800_000);
  let folder: string;
  let browser: Browser;
  let summary: RunSummary;
  before(async function () {
    const found = quickstartRun();
    if ("missing" in found) {
      if (wanted) throw new Error(found.missing);
      console.log(`      ${found.missing}`);
      this.skip();
    }
    if (chromiumPath === undefined) this.skip();
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-quickstart-")));
    mkdirSync(join(folder, "runs"));
    copyOfRun(found.folder, join(folder, "runs/quickstart"));
    summary = JSON.parse(readFileSync(join(found.folder, "summary.json"), "utf8"));
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, maxRetries: 5 });
  });

  describe("in the viewer", () => {
    let viewer: Command;
    let page: Page;
    let close: () => Promise<void>;
    let complaints: readonly string[];
    let asked: ReadonlySet<string>;
    let origin: string;
    before(async () => {
      // Another one to compare it with; the quickstart comes first, as it was named first.
      generateRun({ runDir: join(folder, "runs/generated"), trajectories: 60 });
      const started = await startViewer(["runs/quickstart", "runs/generated"], folder);
      viewer = started.viewer;
      origin = new URL(started.link).origin;
      const looking = await watched(browser, { colorScheme: "light", width: WIDTH });
      ({ page, complaints, asked } = looking);
      close = () => looking.context.close();
      await page.goto(started.link);
      await indexed(ask, page);
    });
    after(async () => {
      await close?.();
      if (viewer !== undefined) await kill(viewer);
    });

    /** Asked by the page itself, with its cookie. */
    const ask: Ask = <T>(path: string) => page.evaluate(`fetch("/api/runs/quickstart/${path}").then((answer) => answer.json())`) as Promise<T>;
    const at = (path: string) => `${origin}/r/quickstart${path}`;

    async function open(path: string, sign: string, on = page): Promise<void> {
      await on.goto(at(path));
      await on.waitForSelector(sign);
    }

    it("shows the numbers of summary.json on its overview", async () => {
      await open("", ".distributions canvas");
      const { funnel, repairers, dimensions, usage } = summary;
      const counts = await rowsOf(page, ".funnel");
      const countOf = (name: string) => Number(counts.find(([text = ""]) => text === name || text.startsWith(`${name} `))?.[1]?.replaceAll(",", ""));
      for (const [name, number] of [
        ["questions", funnel.queries],
        ["candidates", funnel.candidates],
        ["kept", funnel.kept],
        ["sent to repair", funnel.toRepair],
        ["repaired", funnel.repaired],
        ["hard", funnel.hard],
        ["discarded", funnel.discarded],
        ["learnt from", funnel.kept + Object.values(repairers).reduce((sum, { accepted }) => sum + accepted, 0)],
        ...Object.entries(repairers).flatMap(([id, { accepted, refused }]) => [
          [`${id}: accepted`, accepted] as const,
          [`${id}: refused`, refused] as const,
        ]),
      ] as const)
        expect(countOf(name), name).to.equal(number);
      const said = (await page.evaluate(
        "[...document.querySelectorAll('.distributions figure')].map((figure) => figure.getAttribute('aria-label'))",
      )) as string[];
      const scored = Object.entries(dimensions).filter(([, { candidates, after }]) => candidates !== null || after !== null);
      expect(said).to.have.length(scored.length);
      for (const [name, { before, after, candidates }] of scored) {
        const means = /: mean (\S+) before repair, (\S+) after, (\S+) over/.exec(said.find((label) => label.startsWith(`${name}: `)) ?? "");
        const expected = [before, after, candidates].map((mean) => (mean === null ? Number.NaN : Number(mean.toFixed(2))));
        expect(means?.slice(1).map(Number), name).to.deep.equal(expected);
      }
      const spent = await rowsOf(page, 'section:has(h2:text("Calls, tokens, time")) table');
      expect(spent.map(([policy, ...numbers]) => [policy, ...numbers.slice(0, 3).map((text) => Number(text.replaceAll(",", "")))])).to.deep.equal(
        Object.entries(usage).map(([policy, { calls, promptTokens, completionTokens }]) => [policy, calls, promptTokens, completionTokens]),
      );
      await picture(page, "viewer-overview");
    });

    for (const colorScheme of SCHEMES)
      it(`is walked through, every view, ${colorScheme}: nothing is complained of, nobody else is asked, axe finds nothing serious`, async () => {
        await walk(
          { browser, page, address: at(""), width: WIDTH },
          colorScheme,
          await viewsOf(ask, { a: "sft", b: "base" }, HELD_OUT),
          async (name, on) => {
            const { file, last, of = "light" }: Picture = PICTURES[name as ViewName] ?? {};
            if (file !== undefined && of === colorScheme) await picture(on, file, last);
          },
        );
      });

    it("leads a stranger by clicks alone, fewer than ten, to why a trajectory was refused and what its repair changed", async () => {
      const { rows } = await ask<TrajectoryPage>("trajectories?fate=repaired&sort=position");
      const { original, attempts } = await ask<RepairAnswer>(`repairs/${rows[0]?.id}`);
      const refused = original.verdict;
      let clicks = 0;
      const click = async (target: Locator) => {
        await target.click();
        clicks++;
      };
      // Where the link that `autotraj view` prints leads.
      await open("", ".distributions canvas");
      await click(page.locator(".funnel").getByRole("link", { name: "repaired", exact: true }));
      await page.waitForSelector('.list[data-query*="fate=repaired"] .list-row');
      await picture(page, "viewer-path-list", ".list-row:nth-child(-n+14)");
      await click(page.locator(".list-row a").first());
      await page.waitForSelector(".step");
      const verdict = await page.locator("aside").textContent();
      expect(verdict).to.include("needs repair").and.to.include(refused?.reason).and.to.include(refused?.cause).and.to.include(refused?.by);
      await picture(page, "viewer-path-trajectory", RELATED);
      await click(page.getByRole("link", { name: "See its repair" }));
      await page.waitForSelector(".pairs");
      const repair = await page.locator("main").textContent();
      expect(repair).to.include(refused?.reason).and.to.include("What was tried").and.to.include(attempts.at(-1)?.verdict?.reason);
      expect(await page.locator(".attempts tr").count()).to.equal(attempts.length);
      expect(await page.locator(".pairs :is(ins, del), .pair:is([data-change=added], [data-change=removed])").count()).to.be.greaterThan(0);
      await picture(page, "viewer-path-repair");
      expect(clicks).to.be.at.most(MOST_CLICKS);
      expect(complaints).to.deep.equal([]);
      expect([...asked]).to.deep.equal([origin]);
    });
  });

  describe("as a report", () => {
    let page: Page;
    let complaints: readonly string[];
    let asked: ReadonlySet<string>;
    const file = () => join(folder, "runs/quickstart/report.html");
    before(async () => {
      const { code, stderr } = await autotraj(["report", "runs/quickstart"], folder);
      expect(code, stderr).to.equal(0);
      const looking = await watched(browser, { colorScheme: "light", width: WIDTH });
      ({ page, complaints, asked } = looking);
      await looking.context.setOffline(true);
      await page.goto(pathToFileURL(file()).href);
    });
    after(() => page?.context().close());

    it("opens without a network, is under 5 MB, and asks nobody", async () => {
      expect(statSync(file()).size).to.be.lessThan(5_000_000);
      expect(await page.locator("h1").textContent()).to.include("quickstart");
      await page.evaluate("for (const more of document.querySelectorAll('details')) more.open = true");
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        expect(await seriousFaults(page), colorScheme).to.deep.equal([]);
      }
      expect(complaints).to.deep.equal([]);
      expect([...asked], "its own file has no origin").to.deep.equal(["null"]);
    });

    it("shows the numbers of summary.json", async () => {
      await expectFiguresOf(page, summary);
      await page.emulateMedia({ colorScheme: "light" });
      await page.evaluate("for (const more of document.querySelectorAll('details')) more.open = false");
      await picture(page, "report", "#funnel");
    });
  });
});

async function rowsOf(page: Page, table: string): Promise<readonly (readonly string[])[]> {
  const rows = await page.locator(`${table} tbody tr`).all();
  return Promise.all(rows.map(async (row) => (await row.locator("th, td").allTextContents()).map((text) => text.trim())));
}
