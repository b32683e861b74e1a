import { readFileSync } from "node:fs";
import { expect } from "chai";
import { rowsOf } from "../../../../core/test/support/runs.ts";
import { StagesRun } from "../../../../core/test/support/stages.ts";

interface Row {
  readonly id: string;
  readonly query: { readonly id: string };
  readonly provenance: { readonly origin: "rollout" | "repair" };
}

describe("the rows that stage sft learns from", function () {
  this.timeout(60_000);
  let run: StagesRun;
  beforeEach(() => {
    run = new StagesRun();
  });
  afterEach(() => run.remove());

  it("are those asked for: all, what was kept, what was repaired, or repairs only where nothing was kept", async () => {
    const arms = ["kept", "repaired", "gained"];
    await run.start({
      stages: { sft: { model: "base" } },
      ablations: Object.fromEntries(arms.map((rows) => [`sft-${rows}`, { stage: "sft", settings: { rows } }])),
    });
    const learnt = (stage: string) => rowsOf(readFileSync(run.out("models", stage, "data", "train.jsonl"), "utf8")) as Row[];
    const all = learnt("sft");
    const isKept = ({ provenance }: Row) => provenance.origin === "rollout";
    const keptQuestions = new Set(all.filter(isKept).map(({ query }) => query.id));
    const gained = all.filter((row) => isKept(row) || !keptQuestions.has(row.query.id));
    const ids = (rows: readonly Row[]) => rows.map(({ id }) => id);
    expect(ids(learnt("sft-kept"))).to.deep.equal(ids(all.filter(isKept)));
    expect(ids(learnt("sft-repaired"))).to.deep.equal(ids(all.filter((row) => !isKept(row))));
    expect(ids(learnt("sft-gained"))).to.deep.equal(ids(gained));
    // There is something to tell the four apart by.
    expect(gained.length).to.be.below(all.length).and.above(keptQuestions.size);
  });
});
