import { join } from "node:path";
import { expect } from "chai";
import type { Browser } from "playwright-core";
import { generateRun } from "../../../../test/generated-run.ts";
import { EVALUATED, generateStages } from "../../../../test/generated-stages.ts";
import type { TrajectoryPage } from "../src/api.ts";
import type { EvaluationAnswer, PairPage, QuestionPage } from "../src/learning-api.ts";
import { chromiumPath, launch, seriousFaults, watched } from "./browser.ts";
import { HOSTILE_MODELS, hostileRun, hostileStages } from "./hostile.ts";
import { unharmed } from "./unharmed.ts";
import { Viewing } from "./viewing.ts";

const HELD_OUT = encodeURIComponent("held out: reward-model");

describe("the viewer's pages of what was learnt, in a real browser", function () {
  this.timeout(600_000);
  let browser: Browser;
  const viewing = new Viewing();
  before(async function () {
    if (chromiumPath === undefined) this.skip();
    browser = await launch();
    const [learnt, other, hostile] = ["learnt", "other", "hostile"].map((name) => join(viewing.folder, name)) as [string, string, string];
    generateRun({ runDir: learnt, trajectories: 300 });
    await generateStages(learnt);
    generateRun({ runDir: other, trajectories: 60 });
    hostileRun(hostile);
    await hostileStages(hostile);
    await viewing.open([learnt, other, hostile]);
    await viewing.enter();
    for (const run of ["learnt", "other", "hostile"]) await viewing.indexed(run);
    for (const run of ["learnt", "hostile"]) {
      while (!(await viewing.json<PairPage>(`/api/runs/${run}/pairs`)).sets.every(({ complete }) => complete)) await pause();
      while (!(await viewing.json<EvaluationAnswer>(`/api/runs/${run}/evaluation`)).answered.some(({ complete }, at) => complete && at === 2))
        await pause();
    }
  });
  after(async () => {
    await browser?.close();
    if (browser !== undefined) await viewing.close();
  });

  const looking = async (colorScheme: "light" | "dark", width = 1300) => {
    const found = await watched(browser, { colorScheme, width });
    await found.context.addCookies([viewing.browserCookie]);
    return found;
  };
  const at = (path: string) => `${viewing.origin}/r/learnt/${path}`;

  for (const colorScheme of ["light", "dark"] as const)
    it(`can all be walked through, ${colorScheme}: nothing is complained of, nobody else is asked, axe finds nothing serious`, async () => {
      const { page, complaints, asked, context } = await looking(colorScheme);
      const { rows } = await viewing.json<TrajectoryPage>("/api/runs/learnt/trajectories?fate=kept");
      const { rows: questions } = await viewing.json<QuestionPage>("/api/runs/learnt/evaluation/questions?a=rl&b=base&outcome=a");
      for (const [path, sign] of [
        [`pairs?set=${HELD_OUT}&told=wrong&sort=margin`, ".list-row"],
        [`pairs/${HELD_OUT}/0`, ".pairs"],
        ["training?stage=sft&stage=rl", ".stage-chart canvas"],
        ["evaluation?a=rl&b=base&outcome=a", ".list-row"],
        [`evaluation/answers?question=${questions[0]?.id}&a=rl&b=base`, ".pairs"],
        ["compare", ".compared"],
        [`trajectories/${rows[0]?.id}?show=mask`, '[data-loss="on"]'],
      ] as const) {
        await page.goto(at(path));
        await page.waitForSelector(sign);
        expect(await seriousFaults(page), `${path} ${colorScheme}`).to.deep.equal([]);
      }
      expect(complaints).to.deep.equal([]);
      expect([...asked]).to.deep.equal([viewing.origin]);
      await context.close();
    });

  it("lead by keyboard from the pairs that the reward model gets wrong to one of them, on to the next, and back", async () => {
    const { page, complaints, context } = await looking("light");
    await page.goto(at(""));
    await page.waitForSelector(".funnel");
    await page.keyboard.press("4");
    await page.getByLabel("Which pairs").selectOption({ label: await heldOutLabel() });
    await page.getByLabel("Told apart", { exact: true }).selectOption("wrong");
    await page.waitForSelector(".list-row .bad");
    const list = page.url();
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".pairs");
    const text = await page.locator("main").textContent();
    expect(text).to.include("bag of words").and.to.include("Who prefers which").and.to.include("rejected");
    const first = page.url();
    await page.keyboard.press("]");
    await page.waitForURL((url) => url.href !== first);
    const wrong = await viewing.json<PairPage>(`/api/runs/learnt/pairs?set=${HELD_OUT}&told=wrong`);
    expect(page.url(), "the next of those that it gets wrong").to.match(new RegExp(`/${wrong.rows[2]?.place}\\?told=wrong$`));
    await page.getByRole("heading", { name: `Pair ${(wrong.rows[2]?.place ?? 0) + 1} ` }).waitFor();
    await page.keyboard.press("u");
    await page.waitForSelector(".list-row");
    expect(page.url()).to.equal(list);
    expect(complaints).to.deep.equal([]);
    await context.close();
  });

  const heldOutLabel = async () => {
    const { sets } = await viewing.json<PairPage>("/api/runs/learnt/pairs");
    return `held out: reward-model (${sets.find(({ name }) => name === "held out: reward-model")?.pairs})`;
  };

  it("show the figures of `autotraj stats`, and lead from a loss of one model to both trajectories", async () => {
    const { page, context } = await looking("light");
    await page.goto(at("evaluation"));
    const { summary } = await viewing.json<EvaluationAnswer>("/api/runs/learnt/evaluation");
    for (const { model, greedy } of summary?.models ?? [])
      expect(await page.locator(".models tr", { has: page.getByText(model, { exact: true }) }).textContent()).to.include(greedy?.value.toFixed(3));
    await page.getByRole("link", { name: "sft − base" }).click();
    await page.locator(".outcomes").getByText("only base", { exact: false }).click();
    await page.waitForURL(/outcome=b/);
    await page.waitForSelector(".list:not([aria-busy=true]) .list-row");
    const count = summary?.comparisons.find(({ model, against }) => model === "sft" && against === "base")?.worse;
    expect(await page.locator(".list").getAttribute("aria-rowcount")).to.equal(String((count ?? 0) + 1));
    await page.locator(".list-row a").first().click();
    await page.waitForSelector(".pairs");
    const sides = await page.locator("main table").first().textContent();
    expect(sides).to.match(/A: sft.*wrong.*B: base.*right/s);
    await page.getByLabel("Which answer of A").selectOption("1");
    await page.waitForURL(/sampleA=1/);
    expect(EVALUATED.questions).to.equal(summary?.models[0]?.questions);
    await context.close();
  });

  it("draw the stages side by side, those that are chosen, and tell each curve's way to who cannot see it", async () => {
    const { page, context } = await looking("light");
    await page.goto(at("training"));
    await page.waitForSelector(".stage-chart canvas");
    const names = () =>
      page.evaluate("[...document.querySelectorAll('figure')].map((figure) => figure.getAttribute('aria-label'))") as Promise<string[]>;
    const all = await names();
    for (const name of [
      "Loss, sft: loss",
      "Loss, rl-verl: actor/pg_loss",
      "Terms of the reward, rl: terms/outcome",
      "KL to the model it starts from, rl: kl 2.00e-4 → 0.02",
      "Tool calls, turns, rl: toolCalls",
    ])
      expect(
        all.some((label) => label.startsWith(name)),
        `${name} in ${all.join("\n")}`,
      ).to.equal(true);
    await page.getByText("rl-verl", { exact: true }).nth(1).click();
    await page.waitForURL(/stage=rl-verl/);
    await page.waitForFunction("document.querySelectorAll('figure').length < 6");
    expect((await names()).every((label) => label.includes("rl-verl"))).to.equal(true);
    await context.close();
  });

  it("shade what the loss is on, and nothing that a tool said; `m` leads there", async () => {
    const { page, context } = await looking("light");
    const { rows } = await viewing.json<TrajectoryPage>("/api/runs/learnt/trajectories?fate=kept");
    await page.goto(at(`trajectories/${rows[0]?.id}`));
    await page.waitForSelector(".step");
    await page.keyboard.press("m");
    await page.waitForSelector('[data-loss="on"]');
    expect(await page.locator('.step[data-role="assistant"] [data-loss="on"]').count()).to.equal(
      await page.locator('.step[data-role="assistant"]').count(),
    );
    expect(await page.locator('.step:not([data-role="assistant"]) [data-loss="on"]').count()).to.equal(0);
    expect(await page.locator('.step[data-role="tool"] .text').first().textContent()).to.include("<result>");
    await context.close();
  });

  it("compare the runs that are open by the figures of each", async () => {
    const { page, context } = await looking("light");
    await page.goto(at("compare?with=other"));
    await page.waitForSelector(".compared");
    const row = await page
      .locator(".compared")
      .first()
      .locator("tr", { has: page.getByText("kept", { exact: true }) })
      .textContent();
    const kept = await Promise.all(["learnt", "other"].map(async (run) => (await viewing.indexed(run)).fates.kept));
    expect(row).to.match(new RegExp(`kept${kept[0]} .*${kept[1]} `));
    await context.close();
  });

  it("show hostile texts and names as text, wide or narrow; a model's name is no path", async () => {
    const found = await looking("dark");
    const questions = await viewing.json<QuestionPage>(
      `/api/runs/hostile/evaluation/questions?${new URLSearchParams({ a: HOSTILE_MODELS[0] ?? "", b: HOSTILE_MODELS[1] ?? "" })}`,
    );
    expect(questions.rows.length).to.be.greaterThan(5);
    expect((await viewing.json<EvaluationAnswer>("/api/runs/hostile/evaluation")).answered.map(({ model }) => model)).not.to.include("../../escape");
    const { sets } = await viewing.json<PairPage>("/api/runs/hostile/pairs");
    const last = (sets.find(({ name }) => name === "preferences")?.pairs ?? 0) - 1;
    for (const place of [last, last - 1, last - 2])
      expect((await viewing.ask(`/api/runs/hostile/pairs/preferences/${place}`)).status, "no pair, and no failure").to.equal(422);
    const hostile = (path: string) => `${viewing.origin}/r/hostile/${path}`;
    await unharmed(found, hostile(`pairs?set=${HELD_OUT}`), ".list-row");
    for (let place = 0; place < 10; place += 3) await unharmed(found, hostile(`pairs/preferences/${place}`), ".pairs");
    await unharmed(found, hostile(`pairs/${HELD_OUT}/1`), ".pairs");
    await unharmed(found, hostile("training"), ".stage-chart canvas");
    await unharmed(found, hostile("evaluation"), ".list-row");
    for (const { id } of questions.rows.slice(0, 3))
      await unharmed(
        found,
        hostile(`evaluation/answers?${new URLSearchParams({ question: id, a: HOSTILE_MODELS[0] ?? "", b: HOSTILE_MODELS[1] ?? "" })}`),
        ".pairs",
      );
    await unharmed(found, hostile("compare"), ".compared");
    expect([...found.asked]).to.deep.equal([viewing.origin]);
    await found.context.close();
  });
});

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
