import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type RunSummary, readSummary } from "@autotraj/core";
import { expect } from "chai";
import { chromiumPath, launch, seriousFaults, watched } from "../../../plugins/servers/view/test/browser.ts";
import { HOSTILE, hostileRun, TRACE } from "../../../plugins/servers/view/test/hostile.ts";
import { generateRun } from "../../../test/generated-run.ts";
import { autotraj } from "../../../test/integration/command.ts";
import { inThisProcess } from "../../../test/integration/in-this-process.ts";
import { writeReport } from "../src/index.ts";
import { csvRows } from "./csv.ts";
import { expectFiguresOf } from "./page-figures.ts";
import { newFolder, writeStages } from "./runs.ts";

const LARGEST = 5_000_000;
const RUNS = ["demo", "generated", "hostile"] as const;

describe("the report of a run", function () {
  this.timeout(300_000);
  let folder: string;
  let lastLine: string | undefined;
  before(async () => {
    folder = newFolder();
    writeStages(folder);
    const { code, stdout, stderr } = await autotraj(["run", "demo.json", "--out", "demo"], folder);
    expect(code, stderr).to.equal(0);
    lastLine = stdout.trimEnd().split("\n").at(-1);
    generateRun({ runDir: join(folder, "generated"), trajectories: 800 });
    hostileRun(join(folder, "hostile"));
    for (const run of ["generated", "hostile"]) await reported(run);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function reported(...args: readonly string[]): Promise<readonly string[]> {
    const { code, stdout, stderr } = await inThisProcess(["report", ...args], folder);
    expect(code, stderr).to.equal(0);
    return stdout.trimEnd().split("\n");
  }

  const summaryOf = (run: string) => JSON.parse(readFileSync(join(folder, run, "summary.json"), "utf8")) as RunSummary;
  const read = (...path: readonly string[]) => readFileSync(join(folder, ...path), "utf8");

  describe("as files", () => {
    it("is written where a run with stages ends, and named in its last line", () => {
      expect(lastLine).to.equal(`Report: ${join("demo", "report.html")}`);
      for (const extension of ["html", "md", "csv"]) expect(existsSync(join(folder, "demo", `report.${extension}`)), extension).to.equal(true);
    });

    it("is not written where a run has no stage, and JSON alone stands on standard output where it is", async () => {
      const loop = await autotraj(["run", "demo.json", "--out", "loop", "--until", "data"], folder);
      expect(loop.stdout).not.to.contain("Report:");
      expect(existsSync(join(folder, "loop/report.html"))).to.equal(false);
      const again = await autotraj(["resume", "loop", "--until", "sft", "--json"], folder);
      expect(JSON.parse(again.stdout).stages).to.have.property("sft");
      expect(again.stderr).to.match(/^Report: loop\/report\.html$/m);
    });

    it("goes to a file or a folder that is named, the others beside it", async () => {
      expect(await reported("demo", "--out", "sent/mine.html")).to.deep.equal(["sent/mine.html", "sent/mine.md", "sent/mine.csv"]);
      const files = JSON.parse((await reported("demo", "--out", "there", "--json")).join(""));
      expect(files).to.deep.equal({ html: "there/report.html", markdown: "there/report.md", csv: "there/report.csv" });
      expect(read("there/report.html")).to.equal(read("sent/mine.html"));
    });

    it("says what it cannot read or write", async () => {
      const nowhere = await inThisProcess(["report", "nowhere"], folder);
      expect([nowhere.code, nowhere.stderr]).to.deep.equal([2, nowhere.stderr]);
      expect(nowhere.stderr).to.contain("[ATRAJ_RUN_NOT_FOUND] nowhere");
      const inFile = await inThisProcess(["report", "demo", "--out", "demo.json/x.html"], folder);
      expect(inFile.code).to.equal(2);
      expect(inFile.stderr).to.contain("[ATRAJ_USAGE] report: demo.json/x.html cannot be written").and.to.contain("Name another place with --out.");
    });

    it("has the numbers of summary.json, one by one, as comma-separated values", () => {
      const rows = csvRows(read("demo/report.csv"));
      const rowOf = (section: string, name: string, figure: string) =>
        rows.find((row) => row["section"] === section && row["name"] === name && row["figure"] === figure);
      const { funnel, datasets, causes, dimensions, repairers, stages, evaluation, seconds, usage, tasks } = summaryOf("demo");
      const expected: readonly (readonly [section: string, name: string, figure: string, value: number | null])[] = [
        ...Object.entries(funnel).map(([figure, value]) => ["funnel", "", figure, value] as const),
        ...Object.entries(datasets).map(([figure, value]) => ["datasets", "", figure, value] as const),
        ...Object.entries(causes).map(([cause, value]) => ["causes", cause, "candidates", value] as const),
        ...Object.entries(dimensions).flatMap(([name, { failure: _, ...means }]) =>
          Object.entries(means).map(([figure, value]) => ["dimensions", name, figure, value] as const),
        ),
        ...Object.entries(repairers).flatMap(([id, { accepted, refused }]) => [
          ["repairers", id, "accepted", accepted] as const,
          ["repairers", id, "refused", refused] as const,
        ]),
        ...Object.entries(tasks).flatMap(([task, counts]) =>
          Object.entries(counts).map(([figure, value]) => ["tasks", task, figure, value] as const),
        ),
        ...Object.entries(stages).flatMap(([stage, { metrics }]) =>
          Object.entries(metrics).map(([figure, value]) => ["stages", stage, figure, value] as const),
        ),
        ...Object.entries(seconds).map(([part, value]) => ["seconds", part, "seconds", value] as const),
        ...Object.entries(usage).flatMap(([id, spent]) => Object.entries(spent).map(([figure, value]) => ["usage", id, figure, value] as const)),
      ];
      expect(expected.length).to.be.greaterThan(60);
      for (const [section, name, figure, value] of expected)
        expect(rowOf(section, name, figure)?.["value"], `${section} ${name} ${figure}`).to.equal(String(value ?? ""));
      for (const { model, greedy } of evaluation?.models ?? []) {
        const { value, low, high, n } = rowOf("evaluation", model, "greedy") ?? {};
        expect([value, low, high, n].map(Number), model).to.deep.equal([greedy?.value, greedy?.low, greedy?.high, greedy?.n]);
      }
      const losses = rows.filter((row) => row["section"] === "steps" && row["name"] === "sft" && row["figure"] === "loss");
      expect(losses.map((row) => Number(row["value"]))).to.deep.equal(Array.from({ length: 40 }, (_, step) => 1 / (step + 1)));
    });

    it("has the tables of `autotraj stats` as Markdown", async () => {
      const { stdout } = await inThisProcess(["stats", "demo"], folder);
      const tableRows = stdout.split("\n").filter((line) => / {2}/.test(line) && !line.startsWith("─"));
      const cells = tableRows.flatMap((line) => line.trim().split(/ {2,}/));
      expect(cells.length).to.be.greaterThan(100);
      const plain = read("demo/report.md").replaceAll("&nbsp;", " ").replaceAll(/\\(.)/g, "$1");
      for (const cell of cells) expect(plain).to.contain(cell);
    });

    it("stays small and whole whatever the run holds", () => {
      for (const run of RUNS) expect(statSync(join(folder, run, "report.html")).size, run).to.be.lessThan(LARGEST);
      const summary = readSummary(join(folder, "demo"));
      const counts = { candidates: 1, kept: 0, repaired: 0, hard: 0 };
      const long = Object.values(HOSTILE).join("").repeat(20);
      const tasks = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`<${n}>${long}`, counts]));
      const { html } = writeReport(join(folder, "demo"), { out: join(folder, "large"), summary: { ...summary, tasks } });
      expect(statSync(html).size).to.be.lessThan(LARGEST);
      expect(readFileSync(html, "utf8"))
        .to.match(/And \d+ more: report\.csv has them all\./)
        .and.to.match(/<\/html>\n$/);
    });

    it("is no formula and no markup for whoever reads the values or the Markdown", () => {
      const rows = csvRows(read("hostile/report.csv"));
      for (const row of rows) expect(row["name"]).not.to.match(/^[=+\-@]/);
      const markdown = read("hostile/report.md");
      expect(markdown)
        .to.contain("onerror")
        .and.not.to.match(/(?<!\\)</);
    });
  });

  describe("opened without a network in a real browser", () => {
    let browser: Awaited<ReturnType<typeof launch>>;
    before(async function () {
      if (chromiumPath === undefined) this.skip();
      browser = await launch();
    });
    after(() => browser?.close());

    for (const colorScheme of ["light", "dark"] as const) {
      it(`asks nobody, runs nothing, and axe finds nothing serious, ${colorScheme}`, async () => {
        const { page, complaints, asked, context } = await watched(browser, { colorScheme, width: 1300 });
        await context.setOffline(true);
        for (const run of RUNS) {
          for (const width of [1300, 400]) {
            await page.setViewportSize({ width, height: 900 });
            await page.goto(pathToFileURL(join(folder, run, "report.html")).href);
            await page.evaluate("for (const more of document.querySelectorAll('details')) more.open = true");
            expect(await seriousFaults(page), `${run} ${width}`).to.deep.equal([]);
            const found = await page.evaluate(`({
              ran: window.${TRACE} ?? null,
              foreign: document.querySelectorAll("script, iframe, img, foreignObject, link, object, [onload], [onerror], a:not([href^='#'])").length,
              sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
              shown: getComputedStyle(document.body).display,
            })`);
            expect(found, `${run} ${width}`).to.deep.equal({ ran: null, foreign: 0, sideways: 0, shown: "block" });
          }
        }
        expect(complaints).to.deep.equal([]);
        expect([...asked], "its own file has no origin").to.deep.equal(["null"]);
        await context.close();
      });
    }

    it("shows the numbers of summary.json, curves, and an original beside its repair", async () => {
      const { page, context } = await watched(browser, { colorScheme: "light", width: 1300 });
      await page.goto(pathToFileURL(join(folder, "demo", "report.html")).href);
      await expectFiguresOf(page, summaryOf("demo"));
      expect(await page.locator("#stages svg[aria-label^='loss of sft over 40 steps'] path.curve").count()).to.equal(1);
      const [left, right] = await page.locator(".pair").first().locator(".trajectory").all();
      expect(await left?.textContent())
        .to.contain("original")
        .and.to.contain("wrong");
      expect(await right?.textContent())
        .to.contain("repaired")
        .and.to.contain("by fix")
        .and.to.contain("as in the original");
      const tops = await Promise.all([left, right].map(async (one) => Math.round((await one?.boundingBox())?.y ?? -1)));
      expect(tops[0], "side by side").to.equal(tops[1]);
      await page.emulateMedia({ media: "print", colorScheme: "dark" });
      const printed = await page.evaluate(`({
        ground: getComputedStyle(document.body).backgroundColor,
        nav: getComputedStyle(document.querySelector("nav")).display,
        scores: document.querySelector("details table").checkVisibility({ contentVisibilityAuto: true }),
      })`);
      expect(printed, "on paper: light, without links, with what is folded away").to.deep.equal({
        ground: "rgb(255, 255, 255)",
        nav: "none",
        scores: true,
      });
      await context.close();
    });
  });
});
