/** The viewer over a run of a million trajectories, with as many pairs, answers, steps and acts as it may have, in a real browser. How long it takes: test/bench/view.ts. */
import { existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Overview } from "../../plugins/servers/view/src/api.ts";
import { type Browser, chromiumPath, launch, type Page, watched } from "../../plugins/servers/view/test/browser.ts";
import { generateRun } from "../generated-run.ts";
import { type Command, kill } from "../integration/command.ts";
import { generateLargeStages } from "../large-stages.ts";
import { type Ask, indexed, SCHEMES, startViewer, viewsOf, walk } from "../view-walk.ts";

/** AUTOTRAJ_LARGE_RUN names a folder in which the run and the viewer's index are kept, and found again: they take minutes and 10 GB. */
const KEPT = process.env["AUTOTRAJ_LARGE_RUN"];
const TRAJECTORIES = 1_000_000;
const WIDTH = 1300;

describe(`a run of ${TRAJECTORIES.toLocaleString("en")} trajectories in the viewer`, function () {
  this.timeout(3_600_000);
  let folder: string;
  let browser: Browser;
  let viewer: Command | undefined;
  let page: Page;
  let address: string;
  before(async function () {
    if (chromiumPath === undefined) this.skip();
    folder = KEPT ?? realpathSync(mkdtempSync(join(tmpdir(), "autotraj-large-")));
    const runDir = join(folder, "run");
    if (!existsSync(join(runDir, "run.db"))) generateRun({ runDir, trajectories: TRAJECTORIES });
    if (!existsSync(join(runDir, "curation"))) generateLargeStages(runDir, TRAJECTORIES);
    browser = await launch();
    const started = await startViewer([runDir], folder);
    viewer = started.viewer;
    ({ page } = await watched(browser, { colorScheme: "light", width: WIDTH }));
    await page.goto(started.link);
    await page.waitForSelector(".funnel td");
    address = page.url().replace(/\/$/, "");
    await indexed(ask, page);
  });
  after(async () => {
    await browser?.close();
    if (viewer !== undefined) await kill(viewer);
    if (folder !== undefined && folder !== KEPT) rmSync(folder, { recursive: true, maxRetries: 5 });
  });

  const ask: Ask = (path) =>
    page.evaluate(`fetch("${new URL(address).pathname.replace("/r/", "/api/runs/")}/${path}").then((answer) => answer.json())`);

  it("has them all", async () => {
    const { index, fates } = await ask<Overview>("overview");
    expect(index.complete).to.equal(true);
    expect(Object.values(fates).reduce((sum, count) => sum + count, 0)).to.equal(TRAJECTORIES);
  });

  for (const colorScheme of SCHEMES)
    it(`is walked through, every view, ${colorScheme}: nothing is complained of, nobody else is asked, axe finds nothing serious`, async () => {
      await walk({ browser, page, address, width: WIDTH }, colorScheme, await viewsOf(ask, { a: "sft", b: "base" }, "held out: reward-model"));
    });
});
