import { expect } from "chai";
import { python, tinyModel } from "./jobs.ts";

interface FoundTurn {
  readonly kept: readonly string[];
  readonly rest: string;
  readonly text: string;
  readonly logprobs: readonly number[] | null;
}

interface FoundGroups {
  readonly rows: string;
  readonly asked: readonly string[];
  readonly alike: readonly number[];
  readonly groups: number;
  readonly groupsWithoutVariance: number;
  readonly groupsResampled: number;
}

interface Found extends Readonly<Record<"exact" | "straddling" | "overrun" | "both" | "character", FoundTurn>> {
  readonly row: { readonly told: readonly string[]; readonly row: string; readonly aligned: boolean; readonly term: readonly number[] };
  readonly advantages: Readonly<Record<string, readonly number[]>>;
  readonly groups: Readonly<Record<string, FoundGroups>>;
}

describe("a rollout, before it is learnt from,", function () {
  this.timeout(600_000);
  let found: Found;
  before(async () => {
    found = JSON.parse(await python("check_rollouts.py", await tinyModel("all")));
  });

  it("keeps a turn that ends with its stop string as it was sampled", () => {
    const pieces = ["<", "code", ">", "1", "</", "code", ">"];
    expect(found.exact).to.deep.equal({ kept: pieces, rest: "", text: "<code>1</code>", logprobs: [-1, -2, -3, -4, -5, -6, -7] });
  });

  it("loses what was sampled behind the stop string, from ids, text and log probabilities alike", () => {
    expect(found.overrun).to.deep.equal({ kept: ["1", "</", "code", ">"], rest: "", text: "1</code>", logprobs: [-1, -2, -3, -4] });
  });

  it("has the stop string's end written anew where the token that held it went on beyond it", () => {
    expect(found.straddling).to.deep.equal({ kept: ["1", "</", "code"], rest: ">", text: "1</code>", logprobs: [-1, -2, -3] });
    expect(found.both).to.deep.equal({ kept: ["</", "code"], rest: ">", text: "</code>", logprobs: null });
    expect(found.character).to.include({ rest: ">", text: "🧮</answer>" });
  });

  it("puts the result right behind that end, which nobody sampled and which has no loss", () => {
    expect(found.row).to.deep.equal({
      told: ["1</code>", "</answer>"],
      row: "[1][</][code]>\nRESULT\n[</][answer][>]<|im_end|>",
      aligned: true,
      term: [0.2, 0.3],
    });
  });

  describe("is worth", () => {
    it("what its outcome is above its group's mean", () => {
      expect(found.advantages["plain"]).to.deep.equal([0.75, -0.25, -0.25, -0.25]);
    });

    it("no more than the trajectory term's bound in a group that is all right, whatever rewards are divided by", () => {
      // TRL: (1.2 - 1.1) / .0816 = 1.22 for the first.
      const within = [0.1, 0, -0.1, 0];
      for (const scale of ["right", "rightGroup", "rightBatch"]) expect(found.advantages[scale]!.slice(0, 4), scale).to.deep.equal(within);
      expect(found.advantages["symmetric"]).to.deep.equal([0.2, -0.2, 0.2, -0.2]);
      // .2 - (-.1) = .3 is cut at the bound.
      expect(found.advantages["clipped"]).to.deep.equal([0.2, -0.1, -0.1, -0.1]);
    });

    it("what its outcome says first where outcomes differ", () => {
      // .5 ± and the term's .2 - .05, 0 - .05.
      expect(found.advantages["mixed"]).to.deep.equal([0.65, 0.45, -0.55, -0.55]);
      const [best, right, wrong] = found.advantages["mixedGroup"]!;
      // The deviation of 1, 1, 0, 0 is .5774.
      expect([best! - 0.15, right! + 0.05, wrong! + 0.05]).to.satisfy((rest: number[]) =>
        rest.every((one) => Math.abs(Math.abs(one) - 0.8659) < 1e-3),
      );
      // Outcomes of 10 are divided by 5.774, and so is the term.
      const [largest, large] = found.advantages["large"]!;
      expect(largest! - large!).to.be.closeTo(0.2 / 5.774, 1e-3);
    });

    it("nothing without a reward, which counts in no mean either", () => {
      const [right, , wrong, ...missing] = found.advantages["missing"]!;
      expect(right).to.be.closeTo(Math.SQRT1_2, 1e-3);
      expect(wrong).to.equal(-right!);
      expect(missing).to.deep.equal([0, 0, 0, 0, 0]);
    });
  });

  describe("in a group without variance", () => {
    it("gives way to another question, as often as the settings say", () => {
      const { mixed, one, always } = found.groups;
      expect(mixed).to.deep.equal({ rows: "aabb", asked: ["aabb"], alike: [0, 0, 0, 0], groups: 2, groupsWithoutVariance: 0, groupsResampled: 0 });
      expect(one!.rows).to.match(/^aa([cdef])\1$/);
      expect(one).to.deep.include({ asked: ["aabb", one!.rows.slice(2)], alike: [0, 0, 0, 0], groupsWithoutVariance: 0, groupsResampled: 1 });
      // No question is asked twice in a step.
      expect(always!.asked).to.have.length(3);
      expect(new Set(always!.asked.join(""))).to.have.property("size", 6);
      expect(always).to.deep.include({ alike: [1, 1, 1, 1], groups: 2, groupsWithoutVariance: 1, groupsResampled: 4 });
    });

    it("stays where nothing may be sampled again, and is counted", () => {
      expect(found.groups["never"]).to.deep.include({ asked: ["aabb"], groupsWithoutVariance: 1, groupsResampled: 0 });
    });

    it("is asked anew where there is no other question", () => {
      expect(found.groups["alone"]).to.deep.include({ rows: "aa", asked: ["aa", "aa", "aa"], groupsResampled: 2 });
    });

    it("stays where no reward could be had, or where other processes have its other rows", () => {
      expect(found.groups["lost"]).to.deep.include({ rows: "aabb", asked: ["aabb"], alike: [1, 1, 0, 0], groupsWithoutVariance: 0.5 });
      expect(found.groups["shared"]).to.deep.include({ asked: ["ab"], groupsResampled: 0 });
    });
  });
});
