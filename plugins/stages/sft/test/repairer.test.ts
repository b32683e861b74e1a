import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject, Message } from "@autotraj/core/plugin";
import { expect } from "chai";
import { failureOf } from "../../../../core/test/support/failures.ts";
import { fixture } from "../../../../core/test/support/presets.ts";
import { journalOf, rowsOf } from "../../../../core/test/support/runs.ts";
import { StagesRun } from "../../../../core/test/support/stages.ts";

interface Row {
  readonly query: { readonly question: string };
  readonly provenance: { readonly origin: string };
  readonly messages: readonly Message[];
}

describe("stage sft, where a repairer learns", function () {
  this.timeout(60_000);
  let run: StagesRun;
  beforeEach(() => {
    run = new StagesRun();
  });
  afterEach(() => run.remove());

  const asked = () => join(run.folder, "asked");
  const start = (sft: JsonObject, repairer: JsonObject = {}) =>
    run.start({
      stages: { sft: { model: "base", learns: "repairer", ...sft } },
      extra: {
        student: { use: fixture("scripted-policy"), options: { journal: asked() } },
        fix: { use: "@autotraj/repairer-llm", options: { policy: "student", attempts: 1, ...repairer } },
      },
    });
  const rows = () => rowsOf(readFileSync(run.out("models", "sft", "data", "train.jsonl"), "utf8")) as Row[];
  const promptOf = ({ messages }: Row) => messages.findLast(({ role }) => role === "user")?.content;

  it("it is asked exactly as the repairer of a run is, and learns to write the accepted repair", async () => {
    await start({});
    const prompts = new Set(journalOf(asked()).map(({ question }) => question as string));
    const pairs = rowsOf(readFileSync(run.out("datasets", "preferences.jsonl"), "utf8")) as { chosen: Row }[];
    expect(rows()).to.have.length(pairs.length);
    for (const [index, row] of rows().entries()) {
      const written = (one: Row | undefined) => one?.messages.filter(({ role }) => role !== "user");
      expect(promptOf(row)).to.include("The attempt below leads to a wrong answer.").and.to.include(row.query.question);
      expect(prompts.has(promptOf(row) ?? ""), promptOf(row)).to.equal(true);
      expect(written(row)).to.deep.equal(written(pairs[index]?.chosen));
      expect(row.provenance.origin).to.equal("repair");
    }
  });

  it("it sees of an attempt what is set, as the repairer does", async () => {
    await start({ see: ["diagnosis"] }, { see: ["diagnosis"] });
    const prompts = new Set(journalOf(asked()).map(({ question }) => question as string));
    expect(rows().every((row) => prompts.has(promptOf(row) ?? "") && !promptOf(row)?.includes("The attempt below"))).to.equal(true);
  });

  it("a policy learns from the SFT rows, asked the question", async () => {
    await start({ learns: "policy" });
    expect(rows().map(promptOf)).to.deep.equal(rows().map(({ query }) => query.question));
    expect(rows().some(({ provenance }) => provenance.origin === "rollout")).to.equal(true);
  });

  it("it says so where there is no pair to learn from", async () => {
    const failed = await failureOf(start({ rows: "kept" }));
    expect(failed.message).to.include("the run has no pair of a repair and what it repairs to train on.");
  });
});
