import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { resolvePreset, run, StopSwitch } from "@autotraj/core";
import { addAct } from "@autotraj/curation-acts/record";
import { expect } from "chai";
import type { Browser, Locator, Page } from "playwright-core";
import { playEditHere } from "../../../../cli/curation/src/index.ts";
import { writeSums } from "../../../../cli/curation/test/python-run.ts";
import type { CurationAnswer, TrajectoryAnswer, TrajectoryPage, TrajectoryRow } from "../src/api.ts";
import { chromiumPath, launch, seriousFaults, watched } from "./browser.ts";
import { HOSTILE } from "./hostile.ts";
import { Viewing } from "./viewing.ts";

/** A run of small sums that a viewer shows while the tests of a suite go on, and a browser that looks at it. */
function sums(dialect?: Parameters<typeof writeSums>[1]) {
  const viewing = new Viewing();
  let browser: Browser;
  before(async function () {
    if (chromiumPath === undefined) this.skip();
    browser = await launch();
    writeSums(viewing.folder, dialect);
    const asked = { ref: "./sums.json", cwd: viewing.folder, set: [] };
    const runDir = join(viewing.folder, "sums");
    await run({ preset: await resolvePreset(asked.ref, asked), asked, runDir, stop: new StopSwitch() });
    await viewing.open([runDir], playEditHere);
  });
  after(async () => {
    await browser?.close();
    await viewing.close();
  });
  return { viewing, look: (options: Parameters<typeof watched>[1]) => watched(browser, options) };
}

describe("changing rows by hand in a real browser", function () {
  this.timeout(300_000);
  const { viewing, look } = sums();

  it("is done by buttons, told in a list, undone there, and played by the run's own tools; axe finds nothing serious, nobody else is asked", async () => {
    const { page, complaints, asked, context } = await look({ colorScheme: "light", width: 1300 });
    await page.goto(viewing.link);
    await page.waitForSelector(".distributions");
    const { rows } = await fetched<TrajectoryPage>(page, "trajectories?fate=accepted");
    const [{ id, parent, answer } = { id: "", parent: "", answer: "" }] = rows;
    const section = page.locator("section", { has: page.getByRole("heading", { name: "By hand" }) });

    await page.goto(`${viewing.origin}/r/sums/trajectories/${id}`);
    await section.getByRole("button", { name: "Refuse" }).click();
    await section.locator(".acts", { hasText: "verdict refuse" }).waitFor();
    expect(await section.getByRole("button", { name: "Pin" }).isDisabled()).to.equal(true);
    await section.getByRole("button", { name: "Undo: verdict refuse" }).click();
    await section.locator("[data-undone]").waitFor();
    await section.getByRole("textbox", { name: "Tag" }).fill("by luck");
    await page.keyboard.press("Enter");
    await section.locator(".said .tag", { hasText: "by luck" }).waitFor();
    await section.getByRole("textbox", { name: "Note" }).fill(HOSTILE["script"] ?? "");
    await page.keyboard.press("Enter");
    await section.locator(".said p").waitFor();
    expect(await section.locator(".said p").textContent()).to.equal(HOSTILE["script"]);
    await section.getByRole("textbox", { name: "Tag" }).fill("by luck");
    await page.keyboard.press("Enter");
    await section.getByRole("alert").waitFor();
    expect(await section.getByRole("alert").textContent()).to.equal('It has the tag "by luck" already.');
    expect(await seriousFaults(page), "trajectory").to.deep.equal([]);

    await section.getByRole("link", { name: "Edit" }).click();
    const first = page.getByRole("textbox", { name: "Turn 1" });
    const before = await first.inputValue();
    expect(before).to.contain("<code>print(");
    expect(await seriousFaults(page), "editor").to.deep.equal([]);
    await first.fill("<think>No call.</think>");
    await page.getByRole("button", { name: "Play and judge" }).click();
    await page.getByText("It could not be played. Nothing was kept.").waitFor();
    expect(await page.locator('[role="alert"]').textContent()).to.contain("Turn 1 calls no tool, and is not the last");
    await page.getByRole("button", { name: "Go on editing" }).click();
    await first.fill(before.replace(/print\((\d+) \+ (\d+)\)/, "print(sum(($1, $2)))"));
    await page.getByRole("button", { name: "Play and judge" }).click();
    await page.waitForURL(/\/repairs\/.*attempt=/);
    await page.waitForSelector(".pairs");
    const attempt = new URL(page.url()).searchParams.get("attempt") ?? "";
    expect(new URL(page.url()).pathname).to.equal(`/r/sums/repairs/${parent}`);
    const main = await page.locator("main").textContent();
    expect(main).to.contain("curation").and.to.contain("sum((").and.to.contain("correctness 1 ≥ 1");
    expect(await seriousFaults(page), "repair").to.deep.equal([]);
    const { rows: states, acts } = await fetched<CurationAnswer>(page, "curation");
    expect(states[id]?.edits).to.deep.equal([attempt]);
    expect(acts.at(-1)).to.include({ kind: "edit", on: id, into: attempt });
    await page.goto(`${viewing.origin}/r/sums/trajectories/${attempt}`);
    expect(await page.locator('.step[data-role="tool"]').textContent()).to.contain(answer ?? "");

    await page.keyboard.press("8");
    await page.getByRole("heading", { name: "Acts" }).waitFor();
    const list = page.locator(".acts tr");
    expect(await list.count()).to.equal(acts.length);
    expect(await list.first().textContent())
      .to.contain(acts.at(-1)?.by)
      .and.to.contain("edited")
      .and.to.contain("accepted: correctness 1 ≥ 1");
    await list.first().getByRole("button", { name: /^Undo/ }).click();
    await page.locator(".acts tr", { hasText: `undid ${acts.at(-1)?.id}` }).waitFor();
    expect((await fetched<CurationAnswer>(page, "curation")).rows[id]?.edits).to.deep.equal([]);
    await page.setViewportSize({ width: 400, height: 900 });
    for (const path of ["curation", `trajectories/${id}/edit`, `trajectories/${id}`, `repairs/${parent}`]) {
      await page.goto(`${viewing.origin}/r/sums/${path}`);
      await page.waitForSelector("main :is(.acts, .turn-field, .step, .pairs)");
      expect(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"), path).to.equal(0);
    }
    // What the server refuses by its status, a browser's console tells too.
    expect(complaints.filter((told) => !/409|400/.test(told))).to.deep.equal([]);
    expect([...asked]).to.deep.equal([viewing.origin]);

    await page.emulateMedia({ colorScheme: "dark" });
    for (const [path, sign] of [
      ["curation", ".acts"],
      [`trajectories/${id}/edit`, ".turn-field"],
      [`trajectories/${id}`, ".acts"],
    ] as const) {
      await page.goto(`${viewing.origin}/r/sums/${path}`);
      await page.waitForSelector(sign);
      expect(await seriousFaults(page), `${path}, dark`).to.deep.equal([]);
    }
    await byHand(page, viewing.origin);
    await anotherSite(page, viewing.origin);
    await context.close();
  });
});

describe("what people have done, in a real browser", function () {
  this.timeout(300_000);
  const { viewing, look } = sums();

  it("is listed a hundred acts at a time", async () => {
    const { page } = await look({ colorScheme: "light", width: 1300 });
    await page.goto(viewing.link);
    await page.waitForSelector(".distributions");
    const [{ id } = { id: "" }] = (await fetched<TrajectoryPage>(page, "trajectories")).rows;
    for (let n = 0; n < 150; n++) {
      addAct({ runDir: join(viewing.folder, "sums"), deed: { kind: "note", on: id, text: `note ${n}` }, by: "somebody", position: 0 });
    }
    await page.goto(`${viewing.origin}/r/sums/curation`);
    const list = page.locator(".acts tr");
    await list.first().waitFor();
    const all = (await fetched<CurationAnswer>(page, "curation")).acts.length;
    expect([await list.count(), await list.first().textContent()]).to.satisfy(
      ([count, text]: [number, string]) => count === 100 && /note 149/.test(text),
    );
    await page.getByText(`${all - 100} acts left`).waitFor();
    await page.getByRole("button", { name: "Show more" }).click();
    await list.nth(all - 1).waitFor();
    expect(await page.getByRole("button", { name: "Show more" }).count()).to.equal(all > 200 ? 1 : 0);
  });
});

describe("editing a repair of the dialect `native` in a real browser", function () {
  this.timeout(300_000);
  const { viewing, look } = sums("native");

  it("has a field for each part of a turn; its calls go to the run's own tool, whose results the model's are told apart from", async () => {
    const { page, complaints, context } = await look({ colorScheme: "light", width: 1300 });
    await page.goto(viewing.link);
    await page.waitForSelector(".distributions");
    const { rows } = await fetched<TrajectoryPage>(page, "trajectories?fate=accepted");
    const { id, parent } = rows[0] as TrajectoryRow;
    const before = await fetched<TrajectoryAnswer>(page, `trajectories/${id}`);
    expect(before.trajectory.dialect).to.equal("native");
    const edit = async (change: (turn: (number: number) => Locator) => Promise<void>): Promise<TrajectoryAnswer> => {
      await page.goto(`${viewing.origin}/r/sums/trajectories/${id}/edit`);
      await page.waitForSelector(".turn-field");
      await change((number) => page.locator("section", { has: page.getByRole("heading", { name: `Turn ${number}`, exact: true }) }));
      await page.getByRole("button", { name: "Play and judge" }).click();
      await page.waitForURL(/\/repairs\/.*attempt=/);
      expect(new URL(page.url()).pathname).to.equal(`/r/sums/repairs/${parent}`);
      return fetched<TrajectoryAnswer>(page, `trajectories/${new URL(page.url()).searchParams.get("attempt")}`);
    };

    const asked = await edit(async (turn) => {
      expect(await turn(1).getByRole("textbox").count()).to.equal(3);
      const call = turn(1).getByRole("textbox", { name: "call 1: python" });
      expect(await call.inputValue()).to.match(/^print\(\d+ \+ \d+\)$/);
      await call.fill((await call.inputValue()).replace(/print\((\d+) \+ (\d+)\)/, "print(100 * ($1 + $2), 'hundredths')"));
      await turn(1).getByRole("textbox", { name: "thinking" }).fill("In hundredths.");
      expect(await seriousFaults(page), "editor").to.deep.equal([]);
    });
    const parts = asked.trajectory.messages.flatMap((message) => message.parts.map(({ kind, text }) => `${kind}: ${text.trim()}`));
    const sum = Number(before.trajectory.answers[0]);
    expect(asked.trajectory.dialect).to.equal("native");
    expect(parts)
      .to.include("thinking: In hundredths.")
      .and.to.include(`result: ${100 * sum} hundredths`);
    expect(parts.find((part) => part.startsWith("call: "))).to.match(/^call: print\(100 \* \(/);
    expect(asked.trajectory.messages.find(({ role }) => role === "tool")).to.include({ ok: true });
    expect([asked.trajectory.row.fate, asked.trajectory.row.repairer, asked.trajectory.row.answer]).to.deep.equal([
      "accepted",
      "curation",
      String(sum),
    ]);

    const wrong = await edit(async (turn) => {
      await turn(2).getByRole("textbox", { name: "says" }).fill("It is \\boxed{-1}");
    });
    expect([wrong.trajectory.row.fate, wrong.trajectory.row.answer, wrong.trajectory.verdict?.meaning]).to.deep.equal(["refused", "-1", "refused"]);
    expect((await fetched<CurationAnswer>(page, "curation")).rows[id]?.edits).to.deep.equal([asked.trajectory.row.id, wrong.trajectory.row.id]);
    expect((await fetched<TrajectoryPage>(page, "trajectories?act=edited")).rows.map((row) => row.id)).to.deep.equal([id]);
    expect(complaints).to.deep.equal([]);
    await context.close();
  });
});

/** The list, narrowed by what people have done: by its control, by its address, and as they go on. */
async function byHand(page: Page, origin: string): Promise<void> {
  await page.goto(`${origin}/r/sums/trajectories`);
  await page
    .getByRole("combobox", { name: "By hand" })
    .or(page.getByRole("textbox", { name: "By hand" }))
    .click();
  await page.getByRole("option", { name: "tagged 1" }).click();
  await page.waitForURL(/act=tagged/);
  await page.waitForSelector('.list[data-query="act=tagged"] .list-row');
  const shownRows = () => page.locator(".list-row").count();
  expect(await shownRows()).to.equal(1);
  expect(await page.locator(".matches").textContent()).to.equal("1 trajectories");
  const { rows } = await fetched<TrajectoryPage>(page, "trajectories?fate=kept");
  const deed = JSON.stringify({ kind: "tag", on: rows[0]?.id, tag: "by skill" });
  await page.evaluate(
    `fetch("/api/runs/sums/curation", { method: "POST", headers: { "content-type": "application/json" }, body: ${JSON.stringify(deed)} })`,
  );
  await page.locator(".matches", { hasText: "2 trajectories" }).waitFor();
  expect(await shownRows()).to.equal(2);
  await page.goto(`${origin}/r/sums/trajectories?tag=by+skill`);
  await page.locator(".matches", { hasText: "1 trajectories" }).waitFor();
  expect(await seriousFaults(page), "list by hand, dark").to.deep.equal([]);
}

/** Tries what a page of another site can, in the browser that has the viewer's cookie. */
async function anotherSite(page: Page, origin: string): Promise<void> {
  const before = (await fetched<CurationAnswer>(page, "curation")).acts.length;
  const server: Server = createServer((_request, reply) => reply.setHeader("content-type", "text/html").end("<form method=post></form>"));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const other = await page.context().newPage();
  try {
    await other.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const address = `${origin}/api/runs/sums/curation`;
    const deed = JSON.stringify({ kind: "undo", act: "a-1" });
    for (const type of ["application/json", "text/plain"]) {
      const tried = await other.evaluate(
        `fetch(${JSON.stringify(address)}, { method: "POST", credentials: "include", headers: { "content-type": "${type}" }, body: ${JSON.stringify(deed)} }).then(({ status }) => status, () => "not let through")`,
      );
      expect(tried, type).to.equal("not let through");
    }
    const [answer] = await Promise.all([
      other.waitForResponse((response) => response.url() === address),
      other.evaluate(`document.forms[0].action = ${JSON.stringify(address)}; document.forms[0].enctype = "text/plain"; document.forms[0].submit()`),
    ]);
    expect(answer.status()).to.equal(403);
  } finally {
    await other.close();
    server.close();
  }
  expect((await fetched<CurationAnswer>(page, "curation")).acts.length).to.equal(before);
}

/** Asked by the page itself, with its cookie. */
function fetched<T>(page: Page, path: string): Promise<T> {
  return page.evaluate(`fetch("/api/runs/sums/${path}").then((answer) => answer.json())`) as Promise<T>;
}
