import { dialects } from "@autotraj/core";
import {
  DIALECTS,
  KEPT,
  POLICY,
  type Query,
  type Repair,
  type RepairCase,
  ROLLOUT,
  type RolloutOptions,
  type RolloutRequest,
  type ScoredTrajectory,
  type Scores,
  type Trajectory,
} from "@autotraj/core/plugin";
import { setupPlugin, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import { requestWith, trajectoryWith } from "../../../../test/trajectories.ts";
import plugin, { type LlmRepairerOptions } from "../src/index.ts";

const QUERY: Query = { id: "q1", question: "How many apples are left?", answers: ["4711"] };
const REQUEST = requestWith({ query: QUERY, system: "Be exact." });

function trajectory(overrides: Partial<Trajectory> = {}): Trajectory {
  const text = "<think>Half of them, perhaps.</think><answer>\\boxed{12}</answer>";
  return trajectoryWith({
    id: "t1",
    query: QUERY,
    messages: [
      { role: "system", content: "Be exact." },
      { role: "user", content: QUERY.question },
      { role: "assistant", content: "\\boxed{12}", reasoning: "Half of them, perhaps.", text },
    ],
    answer: "12",
    ...overrides,
  });
}

const wrong = (scores: Scores = {}, overrides: Partial<Trajectory> = {}): ScoredTrajectory => ({
  trajectory: trajectory(overrides),
  scores: { correctness: { value: 0, reason: '"12" differs from "4711" literally' }, ...scores },
  verdict: { decision: "repair", cause: "wrong", reason: "wrong: expected 4711" },
});
const poor = (scores: Scores = {}): ScoredTrajectory => ({
  trajectory: trajectory(),
  scores: { correctness: { value: 1 }, ...scores },
  verdict: { decision: "repair", cause: "poor", reason: "right, but S 0.60" },
});
const refused = (answer: string, cause: string): RepairCase["attempts"][number] => ({
  trajectory: trajectory({ answer }),
  scores: {},
  verdict: { decision: "repair", cause, reason: `not as good as 4711` },
  repairer: "repair",
});

const caseOf = (original: ScoredTrajectory, overrides: Partial<RepairCase> = {}): RepairCase => ({
  request: { ...REQUEST, query: original.trajectory.query },
  original,
  siblings: [],
  attempts: [],
  attempt: 0,
  ...overrides,
});

/** What the rollout was asked to write. */
async function asked(
  repairCase: RepairCase,
  options: Partial<LlmRepairerOptions> = {},
  similar: readonly Trajectory[] = [],
): Promise<RolloutOptions> {
  let written: RolloutOptions | undefined;
  const write = async (_request: RolloutRequest, rolloutOptions: RolloutOptions) => {
    written = rolloutOptions;
    return trajectory({ id: "repaired" });
  };
  const plugged = await setupPlugin(plugin, {
    id: "repair",
    options: { policy: "teacher", ...options },
    services: [
      [POLICY, {}, "teacher"],
      [ROLLOUT, { write }],
      [KEPT, { similarTo: async (_case: RepairCase, k: number) => similar.slice(0, k) }],
      [DIALECTS, dialects],
    ],
  });
  const repaired = await (plugged.taps[0]!.tap as Repair)(repairCase, testRun());
  expect(repaired?.id).to.equal("repaired");
  return written!;
}

async function shown(repairCase: RepairCase, options: Partial<LlmRepairerOptions> = {}): Promise<string> {
  return (await asked(repairCase, options)).shown?.question ?? "";
}

/** A wrong trajectory for a question with this gold answer, whose scorer gave this reason. */
const withGold = (gold: string, reason: string) => caseOf(wrong({ faithfulness: { value: 0, reason } }, { query: { ...QUERY, answers: [gold] } }));

describe("what the repairing model is shown", () => {
  it("is the question, the attempt and what is known about it", async () => {
    const text = await shown(caseOf(wrong({ confidence: { value: 0, reason: "hedging: perhaps" } })));
    expect(text)
      .to.include("leads to a wrong answer")
      .and.include("<think>Half of them, perhaps.</think>")
      .and.include("- The final answer is wrong.");
    expect(text).to.include("- confidence 0.00: hedging: perhaps");
    expect(text).to.match(/Question:\nHow many apples are left\?$/);
  });

  it("tells a poor attempt from a wrong one", async () => {
    const text = await shown(caseOf(poor()));
    expect(text).to.include("reaches the right answer").and.not.include("wrong");
  });

  it("is the plain question when it is to see nothing", async () => {
    expect(await shown(caseOf(wrong(), { attempts: [refused("13", "wrong")], attempt: 1 }), { see: [] })).to.equal(QUERY.question);
  });

  it("has the attempt alone when it is to see the trajectory only", async () => {
    const text = await shown(caseOf(wrong({ confidence: { value: 0 } })), { see: ["trajectory"] });
    expect(text).to.include("\\boxed{12}").and.not.include("confidence").and.not.include("What is known");
  });

  it("has the diagnosis alone when it is to see that only", async () => {
    const text = await shown(caseOf(wrong({ confidence: { value: 0 } })), { see: ["diagnosis"] });
    expect(text).to.include("What is known about an earlier attempt").and.include("confidence 0.00").and.not.include("\\boxed{12}");
  });

  it("names the weakest dimension first and leaves out what is good, skipped or failed", async () => {
    const scores: Scores = { a: { value: 0.9 }, b: { value: 0.2 }, c: { value: 1 }, d: { skipped: "no call" }, e: { failed: "broke" } };
    const lines = (await shown(caseOf(poor(scores)))).split("\n").filter((line) => line.startsWith("- "));
    expect(lines).to.deep.equal(["- b 0.20.", "- a 0.90."]);
  });

  it("says how an unfinished attempt ended and what was wrong with its form", async () => {
    const text = await shown(caseOf(wrong({}, { finish: "token-limit", faults: ["unclosed <code>"] })));
    expect(text).to.include("It breaks off in the middle of a turn.").and.include("Form: unclosed <code>.");
  });

  it("has the user's own instructions for the case at hand", async () => {
    const prompts = { wrong: "Mend it.", poor: "Polish it." };
    expect(await shown(caseOf(wrong()), { prompts })).to.match(/^Mend it\.\n/);
    expect(await shown(caseOf(poor()), { prompts })).to.match(/^Polish it\.\n/);
  });

  it("is the attempt as it is, whatever the model wrote", async () => {
    const text = `$& {question} \u0000 ${"<think>".repeat(2000)}`;
    const messages = [{ role: "assistant", content: "", text } as const];
    expect(await shown(caseOf(wrong({}, { messages })))).to.include(text);
  });
});

describe("the gold answer, with gold: never", () => {
  it("is not shown with a wrong answer's score or verdict", async () => {
    expect(await shown(caseOf(wrong())))
      .to.include("correctness 0.00.")
      .and.not.include("4711");
  });

  it("is not shown by a second answer scorer under a suffixed name, whose other rules decide nothing and say nothing", async () => {
    const scores: Scores = { correctness_paper: { value: 0, reason: '"12" matches "47…"' }, f1_paper: { value: 0, reason: 'against "47…"' } };
    expect(await shown(caseOf(wrong(scores))))
      .to.include("correctness 0.00.")
      .and.not.include("_paper")
      .and.not.include("47");
  });

  it("is not shown in another scorer's reason or in a fault", async () => {
    const text = await shown(caseOf(wrong({ faithfulness: { value: 0, reason: "the tool said 4711" } }, { faults: ["text after 4711"] })));
    expect(text).not.to.include("4711");
  });

  for (const [gold, reason] of [
    ["Paris", "the passage names PARIS"],
    ["4,711", "the tool printed 4711"],
    ["4711", "the tool printed 4,711"],
    ["\\frac{1}{2}", "the tool printed \\frac { 1 } { 2 }"],
    ["New York", "the passage names New\u00a0York"],
    ["$", "the sign is $"],
  ] as const) {
    it(`is not shown when it is ${gold} and a reason says "${reason}"`, async () => {
      expect(await shown(withGold(gold, reason))).not.to.include(reason);
    });
  }

  it("does not silence a reason that holds none of it", async () => {
    expect(await shown(withGold("Paris", "1 of 2 calls failed"))).to.include("1 of 2 calls failed");
  });

  it("is not shown by an earlier repair that was right but refused, in its own or in other words", async () => {
    for (const answer of ["4711", "4711.0", "forty-seven hundred and eleven"]) {
      const text = await shown(caseOf(wrong(), { attempts: [refused(answer, "poor")], attempt: 1 }));
      expect(text).not.to.include(answer);
    }
  });

  it("leaves a refused wrong answer to be named", async () => {
    const text = await shown(caseOf(wrong(), { attempts: [refused("13", "wrong")], attempt: 1 }));
    expect(text).to.include('An earlier repair answered "13" and was refused (wrong).');
  });

  it("is not marked as seen", async () => {
    expect((await asked(caseOf(wrong()))).provenance).not.to.have.property("sawGold");
  });
});

describe("the gold answer, with gold: shown", () => {
  it("is shown and marked in the provenance", async () => {
    const options = await asked(caseOf(wrong()), { gold: "shown" });
    expect(options.shown?.question).to.include("The right answer is 4711.");
    expect(options.provenance).to.include({ origin: "repair", parent: "t1", sawGold: true });
  });

  it("is shown also to a repairer that sees nothing else", async () => {
    const options = await asked(caseOf(wrong()), { gold: "shown", see: [] });
    expect(options.shown?.question).to.include("4711");
    expect(options.provenance.sawGold).to.equal(true);
  });
});

describe("the key of a repair", () => {
  const key = async (id: string, attempt: number, options: Partial<LlmRepairerOptions> = {}) =>
    (await asked(caseOf(wrong({}, { id }), { attempt }), options)).key;

  it("differs between originals and between attempts", async () => {
    const keys = [await key("t1", 0), await key("t1", 1), await key("t2", 0)];
    expect(new Set(keys).size).to.equal(3);
  });

  it("is shared by the originals of a question when a greedy repairer sees nothing of them", async () => {
    expect(await key("t1", 0, { see: [] })).to.equal(await key("t2", 0, { see: [] }));
  });

  it("is not shared where the repairer samples", async () => {
    expect(await key("t1", 0, { see: [], temperature: 0.5 })).not.to.equal(await key("t2", 0, { see: [], temperature: 0.5 }));
    expect(await key("t1", 1, { see: [] })).not.to.equal(await key("t2", 1, { see: [] }));
  });
});

describe("a repair", () => {
  it("is greedy at first and sampled after that", async () => {
    expect((await asked(caseOf(wrong()))).sampling).to.deep.equal({ temperature: 0 });
    expect((await asked(caseOf(wrong(), { attempt: 1 }))).sampling).to.deep.equal({ temperature: 0.8 });
  });

  it("shows kept trajectories as examples, the most similar last, without their prompt", async () => {
    const best = trajectory({ id: "best", query: { ...QUERY, id: "q2", question: "How many pears?" } });
    const second = trajectory({ id: "second", query: { ...QUERY, id: "q3", question: "How many plums?" } });
    const options = await asked(caseOf(wrong()), { exemplars: 2 }, [best, second]);
    expect(options.shown?.examples?.map(({ question }) => question)).to.deep.equal(["How many plums?", "How many pears?"]);
    expect(options.shown?.examples?.flatMap(({ messages }) => messages.map(({ role }) => role))).to.deep.equal(["assistant", "assistant"]);
    expect(options.provenance.notes).to.deep.equal({ exemplars: ["best", "second"] });
  });

  it("leaves the rollout's own examples where nothing has been kept", async () => {
    expect((await asked(caseOf(wrong()), { exemplars: 2 })).shown).not.to.have.property("examples");
  });
});
