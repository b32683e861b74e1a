/** What the page of a report shows, against the summary that it is made of. */
import type { RunSummary } from "@autotraj/core";
import { expect } from "chai";
import type { Page } from "../../../plugins/servers/view/test/browser.ts";

export async function expectFiguresOf(page: Page, { funnel, datasets, dimensions, evaluation, repairers, tasks }: RunSummary): Promise<void> {
  const tableOf = async (section: string) =>
    (await page.evaluate(
      `[...document.querySelectorAll("#${section} tbody tr")].map((row) => [...row.cells].map((cell) => cell.textContent.trim()))`,
    )) as string[][];
  const counts = Object.fromEntries((await tableOf("funnel")).map(([what = "", count = ""]) => [what, Number(count.replaceAll(",", ""))]));
  expect(counts).to.include({ questions: funnel.queries, candidates: funnel.candidates, "hard cases": funnel.hard, discarded: funnel.discarded });
  expect(counts).to.include({ "sent to repair": funnel.toRepair, "SFT rows": datasets.sft, "preference pairs": datasets.preferences });
  expect(counts).to.include({ "sibling pairs": datasets.siblings });
  const means = await tableOf("dimensions");
  expect(means.map(([name]) => name)).to.deep.equal(Object.keys(dimensions));
  for (const [name = "", ...shown] of means) {
    const { candidates, kept, before, after } = dimensions[name] ?? {};
    expect(shown, name).to.deep.equal([candidates, kept, before, after].map((mean) => mean?.toFixed(2) ?? "–"));
  }
  const repairs = await tableOf("repairs");
  expect(repairs.map(([id, accepted, refused]) => [id, Number(accepted), Number(refused)])).to.deep.equal(
    Object.entries(repairers).map(([id, { accepted, refused }]) => [id, accepted, refused]),
  );
  const models = await tableOf("models");
  expect(models.map(([model]) => model)).to.deep.equal(evaluation?.models.map(({ model }) => model) ?? []);
  for (const [model, questions, greedy] of models) {
    const known = evaluation?.models.find((one) => one.model === model)?.greedy;
    expect([questions, greedy?.split(" ")[0]], model).to.deep.equal([String(known?.n), known?.value.toFixed(3)]);
  }
  const counted = Object.entries(tasks);
  expect((await tableOf("tasks")).map(([task, ...numbers]) => [task, ...numbers.map(Number)])).to.deep.equal(
    counted.length < 2 ? [] : counted.map(([task, { candidates, kept, repaired, hard }]) => [task || "(none)", candidates, kept, repaired, hard]),
  );
}
