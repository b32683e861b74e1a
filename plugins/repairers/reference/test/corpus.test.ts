/** Measured on the real data: every worked solution of GSM8K, and the recorded runs that were cut at the same marks. The figures stand in the README. */
import { TOOL } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import calculator from "@autotraj/tool-calculator";
import { expect } from "chai";
import { type DataSets, dataSets } from "../../../../test/data/sets.ts";
import { readNumber } from "../src/agreement.ts";
import { SOLUTION_DIALECTS } from "../src/dialects.ts";
import { QUERY, repairer } from "./cases.ts";

const EXPECTED = new Set([
  "the solution cannot be replayed: it makes no call",
  "a call holds the gold answer, which neither the question nor a result has given",
  "no call computes anything",
]);

/** How many calls each solution is replayed with, all of them with the stated values; `nothing` where it makes no call, `copied` where its calls only copy. */
async function outcomes({ rows }: DataSets, file: string): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  const { repair, warnings } = await repairer({ tools: { calculator: (await setupPlugin(calculator)).provided(TOOL) } });
  for (const { question, answer } of rows<{ question: string; answer: string }>(file)) {
    const answers = [answer.slice(answer.lastIndexOf("####") + 4).trim()];
    const offered = await repair({ query: { ...QUERY, question, answers, solution: answer }, maxToolCalls: 10, maxTurns: 11 });
    const outcome =
      offered === undefined ? (answer.includes("<<") ? "copied" : "nothing") : String(offered.messages.filter(({ role }) => role === "tool").length);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  const reasons = warnings.map((warning) => warning.replace(/^nothing is offered for query q1: /, "").replace(/ \(.*\)$/, ""));
  expect(reasons.filter((reason) => !EXPECTED.has(reason))).to.deep.equal([]);
  return counts;
}

const FIGURES = {
  sample: {
    train: { nothing: 3, copied: 1, "1": 2, "2": 16, "3": 14, "4": 14, "5": 11, "6": 1, "7": 1, "9": 1 },
    test: { nothing: 2, "1": 2, "2": 15, "3": 15, "4": 5, "5": 6, "6": 3, "7": 1, "8": 1 },
    runsWithMarks: 193,
    tora: { runs: 42, withoutBox: 2 },
  },
  whole: {
    train: { nothing: 95, copied: 157, "1": 320, "2": 2149, "3": 2116, "4": 1408, "5": 780, "6": 283, "7": 122, "8": 40, "9": 3 },
    test: { nothing: 18, copied: 19, "1": 53, "2": 352, "3": 363, "4": 290, "5": 138, "6": 56, "7": 21, "8": 9 },
    runsWithMarks: 5219,
    tora: { runs: 2638, withoutBox: 14 },
  },
} as const;

for (const sets of dataSets) {
  const { size, rows } = sets;
  const figures = FIGURES[size];

  describe(`GSM8K's worked solutions (${size})`, () => {
    it("are all replayed by the real calculator with the values they state, but for those without a call and those that only copy the answer into one: train", async () => {
      expect(await outcomes(sets, "gsm8k/train.jsonl")).to.deep.equal(figures.train);
    });

    it("… and test", async () => {
      expect(await outcomes(sets, "gsm8k/test.jsonl")).to.deep.equal(figures.test);
    });
  });

  describe(`recorded runs with calculator marks (${size})`, () => {
    it("are cut into the same calls, and into the same thoughts but for a value repeated in other digits", () => {
      const recorded = rows<{ raw: string; steps: { thought: string; input: string; observation: string }[] }>("gsm8k/gsm8k-calculator-models.jsonl");
      const read = recorded.flatMap(({ raw, steps }) => {
        const { worked } = SOLUTION_DIALECTS.gsm8k.read(raw.replace(/\nA: /, "\n#### "));
        return worked === undefined ? [] : [{ worked, steps }];
      });
      expect(read).to.have.length(figures.runsWithMarks);
      let otherDigits = 0;
      for (const { worked, steps } of read) {
        expect(worked.steps.map(({ call, expected }) => [call, expected])).to.deep.equal(steps.map(({ input, observation }) => [input, observation]));
        for (const [index, { thought }] of worked.steps.entries()) {
          const theirs = steps[index]?.thought ?? "";
          if (thought === theirs) continue;
          otherDigits++;
          // Theirs is cut after the value's own digits only: what they leave of `10.00` after `10`, or the whole of `1` after `1.0`.
          const rest = theirs.slice(0, theirs.length - thought.length);
          expect(theirs.endsWith(thought), JSON.stringify([theirs, thought])).to.equal(true);
          expect(readNumber(rest) !== undefined || /^[.,]?\d*\s*$/.test(rest), JSON.stringify([theirs, thought])).to.equal(true);
        }
      }
      expect(otherDigits).to.be.greaterThan(0);
    });
  });

  describe(`ToRA's recorded runs (${size})`, () => {
    it("are read as solutions with the code and output that were recorded; those without a box are none", () => {
      const recorded = rows<{ raw: string; steps: { input: string; observation: string }[] }>("tora/tora-gsm8k.jsonl");
      const problems: string[] = [];
      let outputs = 0;
      for (const { raw, steps } of recorded) {
        const { worked, problem } = SOLUTION_DIALECTS.tora.read(raw);
        if (worked === undefined) problems.push(problem);
        else {
          outputs += worked.steps.filter(({ expected }) => expected !== undefined).length;
          const trimmed = steps.map(({ input, observation }) => [input.trim(), observation.trim()]);
          expect(worked.steps.map(({ call, expected = "" }) => [call, expected])).to.deep.equal(trimmed);
        }
      }
      const { runs, withoutBox } = figures.tora;
      expect([recorded.length, problems.length, new Set(problems).size]).to.deep.equal([runs, withoutBox, 1]);
      expect(outputs).to.equal(runs - withoutBox);
    });
  });
}
