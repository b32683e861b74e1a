/** Logs of real agents through the presets made for them. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { datasetFiles, RunStore, type StoredTrajectory } from "@autotraj/core";
import { expect } from "chai";
import { dataSets } from "../data/sets.ts";
import { inThisProcess } from "./in-this-process.ts";
import { newFolder } from "./sums.ts";

const FIGURES = {
  sample: {
    judged: { "gsm8k/gsm8k-calculator-models.jsonl": 198, "tora/tora-gsm8k.jsonl": 39, "reflexion/reflexion-hotpot-react.jsonl": 21 },
    withoutGold: 40,
    kept: { "gsm8k/gsm8k-calculator-models.jsonl": 77, "tora/tora-gsm8k.jsonl": 29, "reflexion/reflexion-hotpot-react.jsonl": 10 },
    repairs: { repaired: 104, hard: 15, accepted: 116 },
  },
  whole: {
    judged: { "gsm8k/gsm8k-calculator-models.jsonl": 5257, "tora/tora-gsm8k.jsonl": 2457, "reflexion/reflexion-hotpot-react.jsonl": 346 },
    withoutGold: 2062,
    kept: { "gsm8k/gsm8k-calculator-models.jsonl": 1942, "tora/tora-gsm8k.jsonl": 1956, "reflexion/reflexion-hotpot-react.jsonl": 67 },
    // Of the hard ones 59 are on questions whose worked solution makes no call, and so has nothing to replay; most others do a part of it in the head.
    repairs: { repaired: 2836, hard: 438, accepted: 3415 },
  },
};
const value = ({ scores }: StoredTrajectory, name: string) => {
  const score = scores[name];
  return score !== undefined && "value" in score ? score.value : undefined;
};

describe("a log of two agents that tried each question several times", () => {
  it("has pairs of siblings without a repair and without a model: each agent's kept runs before its own wrong ones", async () => {
    const folder = newFolder();
    try {
      const row = (question: number, model: string | undefined, final: string) =>
        JSON.stringify({
          question_id: `q-${question}`,
          question: `What is ${question} + 1?`,
          gold: `${question + 1}`,
          model,
          steps: [],
          final,
          pred: final,
        });
      const rows = [
        ...[row(1, "a", "2"), row(1, "a", "3"), row(1, "b", "2"), row(1, "b", "2.0"), row(1, "a", "5")],
        ...[row(2, "a", "3"), row(2, "b", "7"), row(2, undefined, "3"), row(2, undefined, "8")],
        ...[row(3, undefined, "4"), row(3, undefined, "8")],
      ];
      writeFileSync(join(folder, "log.jsonl"), `${rows.join("\n")}\n`);
      const { code, stderr } = await inThisProcess(["run", "clean-logs", "--recorded", "log.jsonl", "--out", "out", "--show", "0", "--json"], folder);
      expect(code, stderr).to.equal(0);
      const { siblings, preferences } = datasetFiles(join(folder, "out"));
      const pairs = readFileSync(siblings, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(
        pairs.map(({ query, chosen, rejected }) => [query.id, chosen.provenance.model, chosen.answer, rejected.provenance.model, rejected.answer]),
      ).to.deep.equal([
        ["q-1", "a", "2", "a", "3"],
        ["q-1", "a", "2", "a", "5"],
        ["q-3", undefined, "4", undefined, "8"],
      ]);
      expect(readFileSync(preferences, "utf8")).to.equal("");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

for (const { size, path } of dataSets) {
  describe(`recorded logs of real agents (${size})`, function () {
    const { judged, withoutGold, repairs } = FIGURES[size];
    const keptRows: Readonly<Record<string, number>> = FIGURES[size].kept;
    this.timeout(180_000);
    let folder: string;
    before(() => {
      folder = newFolder();
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    async function trajectoriesOf(args: readonly string[]): Promise<readonly StoredTrajectory[]> {
      const out = join(folder, `run-${Math.random().toString(36).slice(2)}`);
      const { code, stderr } = await inThisProcess(["run", ...args, "--out", out, "--show", "0", "--json"], folder);
      expect(code, stderr).to.equal(0);
      const store = RunStore.read(out);
      try {
        return [...store.trajectories(["kept", "discarded", "repaired", "hard", "accepted", "refused"])];
      } finally {
        store.close();
      }
    }

    for (const [log, count] of Object.entries(judged)) {
      it(`clean-logs finds ${log} right and wrong exactly where its authors did`, async () => {
        const rows = await trajectoriesOf(["clean-logs", "--recorded", path(log), "--format", "steps"]);
        const answered = rows.filter(({ trajectory }) => trajectory.answer !== undefined);
        const otherwise = answered.filter((row) => (value(row, "correctness") === 1) !== row.trajectory.provenance.notes?.["correct"]);
        expect(otherwise.map(({ trajectory }) => trajectory.provenance.notes?.["id"])).to.deep.equal([]);
        expect(answered).to.have.length(count);
        // What is kept is right, says what its tools said, and rests on it.
        const kept = rows.filter(({ fate }) => fate === "kept");
        const isSound = (row: StoredTrajectory) => ["correctness", "faithfulness", "grounded"].every((name) => (value(row, name) ?? 1) === 1);
        expect(kept.every(isSound)).to.equal(true);
        expect(kept).to.have.length(keptRows[log]!);
      });
    }

    it("clean-logs reads a log without gold answers, and judges it by how its tools were used", async () => {
      const rows = await trajectoriesOf(["clean-logs", "--recorded", path("fireact/fireact-react.jsonl"), "--format", "steps"]);
      expect(rows).to.have.length(withoutGold);
      expect(rows.every(({ scores }) => "skipped" in (scores["correctness"] ?? {}))).to.equal(true);
    });

    it("word-problems repairs the wrong ones with worked solutions, every observation the real calculator's", async () => {
      const rows = await trajectoriesOf([
        "word-problems",
        ...["--recorded", path("gsm8k/gsm8k-calculator-models.jsonl"), "--format", "steps"],
        ...[
          "plugins.repair=false",
          "plugins.student=false",
          "plugins.examples=false",
          "plugins.gate.options.format=ignore",
          "rollout.dialect=native",
        ].flatMap((set) => ["--set", set]),
        ...["--set", `plugins.reference.options.solutions=${path("gsm8k/test.jsonl")}`],
      ]);
      const byId = new Map(rows.map((row) => [row.trajectory.id, row]));
      const wrong = rows.filter((row) => row.trajectory.provenance.origin === "recorded" && value(row, "correctness") === 0);
      const accepted = rows.filter(({ fate }) => fate === "accepted");
      const ofFate = (fate: string) => wrong.filter((row) => row.fate === fate).length;
      expect({ repaired: ofFate("repaired"), hard: ofFate("hard"), accepted: accepted.length }).to.deep.equal(repairs);
      for (const row of accepted) {
        expect([value(row, "correctness"), value(row, "executability"), value(row, "format")]).to.deep.equal([1, 1, 1]);
        const { parent, sawGold, repairer } = row.trajectory.provenance;
        expect(byId.get(parent ?? "")?.fate).to.equal("repaired");
        expect({ sawGold, repairer }).to.deep.equal({ sawGold: true, repairer: "reference" });
      }
    });
  });
}
