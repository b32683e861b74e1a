import { DIALECTS, type Message, type ScoreItem, type Scores, type ScoreTap, type Trajectory } from "@autotraj/core/plugin";
import { setupPlugin, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import { dialects } from "../../../../core/src/data/dialects/index.ts";
import { failureOf } from "../../../../test/failure.ts";
import plugin, { type QualityOptions } from "../src/index.ts";
import { group, ofWords, RIGHT, repaired, trajectory, turn, WRONG } from "./items.ts";

type Dimension = "quality" | "confidence" | "length" | "repetition";
type Sheet = Record<Dimension, { value: number; reason?: string; skipped?: string; spans?: { message: number; start: number; end: number }[] }>;
type Options = { [K in keyof QualityOptions]?: Partial<QualityOptions[K]> };

async function sheets(batch: readonly ScoreItem[], options: Options = {}): Promise<Sheet[]> {
  const { taps } = await setupPlugin(plugin, { options, services: [[DIALECTS, dialects]] });
  const tap = taps[0]?.tap as ScoreTap;
  return (await tap(batch, testRun())) as unknown as Sheet[];
}

/** The values of one dimension. */
async function values(dimension: Dimension, batch: readonly ScoreItem[], options: Options = {}): Promise<(number | undefined)[]> {
  return (await sheets(batch, options)).map((sheet) => sheet[dimension].value);
}

async function alone(subject: Trajectory, options: Options = {}): Promise<Sheet> {
  const [sheet] = await sheets(group([subject, RIGHT]), options);
  return sheet as Sheet;
}

describe("confidence", () => {
  it("is 0 for each of the paper's hedging words in thinking, in any case", async () => {
    for (const word of ["maybe", "Unsure", "GUESS", "seems", "Perhaps", "probably", "might", "likely", "recheck"]) {
      expect((await alone(turn(`<think>It ${word}, so.</think>`))).confidence.value, word).to.equal(0);
    }
  });

  it("is 1 without one, also for words that only contain one", async () => {
    for (const text of ["mighty", "unlikely", "guessed", "seem", "rechecked", "maybe_1", "émaybe"]) {
      expect((await alone(turn(`<think>A ${text} thing.</think>`))).confidence.value, text).to.equal(1);
    }
  });

  it("reads thinking only: not the answer, the code, the question or a tool's result", async () => {
    const result: Message = { role: "tool", toolCallId: "c", name: "python", content: "<think>maybe</think>", ok: true };
    const text = "<think>Sure.</think><code># maybe</code>";
    expect((await alone(trajectory([{ role: "assistant", content: "", text }, result]))).confidence.value).to.equal(1);
    expect((await alone(turn("<think>Sure.</think><answer>maybe</answer>"))).confidence.value).to.equal(1);
  });

  it("reads every thinking block, an unclosed one to its end, and names the words and places", async () => {
    const text = "<think>Sure.</think><code>1</code><think>It might be Maybe";
    const { confidence } = await alone(turn(text));
    expect(confidence.reason).to.equal("hedging: might, maybe");
    expect(confidence.spans?.map(({ message, start, end }) => [message, text.slice(start, end)])).to.deep.equal([
      [1, "might"],
      [1, "Maybe"],
    ]);
  });

  it("reads the reasoning of native turns, and without any the words before a call", async () => {
    const call = { id: "c", name: "python", arguments: {} };
    const native = (message: Message) => trajectory([message], { dialect: "native" });
    expect((await alone(native({ role: "assistant", content: "7", reasoning: "It might." }))).confidence.value).to.equal(0);
    expect((await alone(native({ role: "assistant", content: "It might.", toolCalls: [call] }))).confidence.value).to.equal(0);
    expect((await alone(native({ role: "assistant", content: "It might." }))).confidence.value).to.equal(1);
  });

  it("takes other words where the options give them, with their special characters as they stand", async () => {
    const options = { hedgeWords: ["I think", "so-so", "hm?"] };
    for (const text of ["I THINK it", "a so-so b", "hm? yes"])
      expect((await alone(turn(`<think>${text}</think>`), options)).confidence.value, text).to.equal(0);
    expect((await alone(turn("<think>maybe h</think>"), options)).confidence.value).to.equal(1);
    expect((await alone(turn("<think>maybe</think>"), { hedgeWords: [] })).confidence.value).to.equal(1);
  });
});

describe("length", () => {
  it("is a bell around the shortest right candidate, half as wide as that is long", async () => {
    // n* = 10, σ = 5: exp(0), exp(−25/50), exp(−100/50).
    const items = group([ofWords(10), RIGHT], [ofWords(15), RIGHT], [ofWords(20), RIGHT]);
    const found = await values("length", items);
    expect(found[0]).to.equal(1);
    expect(found[1]).to.be.closeTo(Math.exp(-0.5), 1e-12);
    expect(found[2]).to.be.closeTo(Math.exp(-2), 1e-12);
  });

  it("takes no wrong candidate for the shortest", async () => {
    expect(await values("length", group([ofWords(2), WRONG], [ofWords(10), RIGHT]))).to.deep.equal([undefined, 1]);
  });

  it("counts the whole text: thinking, tags, code and results", async () => {
    const result: Message = { role: "tool", toolCallId: "c", name: "python", content: "x y", ok: true };
    const [sheet] = await sheets(group([trajectory([{ role: "assistant", content: "", text: "<think>a b</think> <code>c</code>" }, result]), RIGHT]));
    // <think>a · b</think> · <code>c</code> · <result> · x · y · </result>
    expect(sheet?.length.reason).to.equal("7 words, compared with 7");
  });

  it("of a repair is taken against the shorter of old and new when the old one was right", async () => {
    const longer = repaired(ofWords(15), RIGHT, ofWords(10), { correctness: RIGHT });
    const shorter = repaired(ofWords(10), RIGHT, ofWords(15), { correctness: RIGHT });
    expect((await values("length", [longer]))[0]).to.be.closeTo(Math.exp(-0.5), 1e-12);
    expect(await values("length", [shorter])).to.deep.equal([1]);
  });

  it("of a repair is 1 when the old one was wrong, however long it is", async () => {
    expect(await values("length", [repaired(ofWords(100), RIGHT, ofWords(10), { correctness: WRONG })])).to.deep.equal([1]);
  });

  it("is 1 when the shortest has no words", async () => {
    expect(await values("length", group([turn(" "), RIGHT], [ofWords(9), RIGHT]))).to.deep.equal([1, 1]);
  });

  it("is as wide as sigma says", async () => {
    const items = group([ofWords(10), RIGHT], [ofWords(15), RIGHT]);
    expect((await values("length", items, { sigma: 1 }))[1]).to.be.closeTo(Math.exp(-0.125), 1e-12);
  });

  it("never depends on the candidates' order and falls as words are added", async () => {
    const lengths = [40, 12, 25, 60, 12, 33];
    const forward = await values("length", group(...lengths.map((n) => [ofWords(n), RIGHT] as const)));
    const backward = await values("length", group(...lengths.toReversed().map((n) => [ofWords(n), RIGHT] as const)));
    expect(backward.toReversed()).to.deep.equal(forward);
    const byLength = lengths.map((n, index) => [n, forward[index] ?? 0] as const).sort((a, b) => a[0] - b[0]);
    for (const [index, [, value]] of byLength.entries()) if (index > 0) expect(value).to.be.at.most(byLength[index - 1]?.[1] ?? 0);
  });
});

describe("length, compared with what a gate could admit only", () => {
  const format = (value: number): Scores => ({ format: { value } });
  const among = { format: 1 };
  /** Right candidates, or wrong ones where they say so, with scores of other scorers. */
  const candidates = (...members: readonly (readonly [words: number, others: Scores])[]): readonly ScoreItem[] => {
    const items: ScoreItem[] = [];
    for (const [words, others] of members) {
      const candidate = ofWords(words);
      items.push({ trajectory: candidate, query: candidate.query, scores: { correctness: RIGHT, ...others }, group: items });
    }
    return items;
  };

  it("takes every right candidate for comparison unless it is told more", async () => {
    const found = await values("length", candidates([10, format(0)], [15, format(1)]));
    expect(found[1]).to.be.closeTo(Math.exp(-0.5), 1e-12);
  });

  it("lets a short one that breaks the format, or is not grounded, pull nobody down", async () => {
    expect(await values("length", candidates([10, format(0)], [15, format(1)]), { among })).to.deep.equal([1, 1]);
    const grounded = (value: number): Scores => ({ ...format(1), grounded: { value } });
    const both = { among: { format: 1, grounded: 1 } };
    expect(await values("length", candidates([10, grounded(0)], [15, grounded(1)]), both)).to.deep.equal([1, 1]);
    expect(await values("length", candidates([10, grounded(1)], [5, grounded(0)], [20, grounded(1)]), both).then((found) => found[2])).to.be.closeTo(
      Math.exp(-2),
      1e-12,
    );
  });

  it("takes no score that was skipped or failed for one that reaches its minimum", async () => {
    const items = candidates([10, { format: { skipped: "" } }], [10, { format: { failed: "" } }], [10, {}], [15, format(1)]);
    expect((await values("length", items, { among }))[3]).to.equal(1);
  });

  it("compares with all right ones where none reaches the minimums, so that each still has a value", async () => {
    const found = await values("length", candidates([10, format(0)], [15, format(0)]), { among });
    expect(found[0]).to.equal(1);
    expect(found[1]).to.be.closeTo(Math.exp(-0.5), 1e-12);
  });

  it("makes none longer than it is: one that is left out is compared with itself where it is the shortest, else like all others", async () => {
    const [short, , long] = await sheets(candidates([5, format(0)], [10, format(1)], [15, format(0)]), { among });
    expect(short?.length).to.deep.equal({ value: 1, reason: "5 words, compared with 5" });
    expect(long?.length.reason).to.equal("15 words, compared with 10");
  });

  it("of a repair is taken against a right parent only where that reaches the minimums", async () => {
    const repairOf = (parentScores: Scores) => [repaired(ofWords(15), RIGHT, ofWords(10), { correctness: RIGHT, ...parentScores })];
    expect(await values("length", repairOf(format(0)), { among })).to.deep.equal([1]);
    expect((await values("length", repairOf(format(1)), { among }))[0]).to.be.closeTo(Math.exp(-0.5), 1e-12);
  });

  it("holds for what is compared without right candidates too", async () => {
    const unknown = { correctness: { skipped: "no gold answer" } };
    const items = candidates([10, { ...unknown, ...format(0) }], [15, { ...unknown, ...format(1) }]);
    expect((await values("length", items, { among, scope: "all" }))[1]).to.equal(1);
  });
});

describe("repetition", () => {
  const repetition = async (text: string) => (await alone(turn(text))).repetition;

  it("is 1 where no three words occur again", async () => {
    expect((await repetition("a b c d e f g h")).value).to.equal(1);
  });

  it("is 1 minus the share of occurrences that belong to a repeated 3-gram", async () => {
    // abc bcx cxa xab abc bcy: 2 of 6 occurrences are of "a b c".
    expect((await repetition("a b c x a b c y")).value).to.be.closeTo(1 - 2 / 6, 1e-12);
  });

  it("is 0 for a loop and names what repeats", async () => {
    const { value, reason } = await repetition("go on and ".repeat(50));
    expect(value).to.equal(0);
    expect(reason).to.equal('"go on and" occurs 50 times');
  });

  it("is 1 for fewer than six words, whatever they are", async () => {
    expect((await repetition("a a a a a")).value).to.equal(1);
    expect((await repetition("a a a a a a")).value).to.equal(0);
  });

  it("tells words apart by their case and does not mind how they are spaced", async () => {
    expect((await repetition("a b c x A B C y")).value).to.equal(1);
    expect((await repetition("a b\tc x a\n\nb  c y")).value).to.be.closeTo(1 - 2 / 6, 1e-12);
  });
});

describe("quality", () => {
  it("is the paper's weighted sum", async () => {
    const { quality, repetition } = await alone(turn("<think>a b c x a b c y</think>"));
    expect(repetition.value).to.equal(1);
    expect(quality.value).to.equal(1);
    // "a b c" twice in 8 3-grams: R = 0.75; no hedging, its own shortest: 0.4 + 0.3 + 0.3 × 0.75.
    const looped = await alone(turn("<think> a b c x a b c y </think>"));
    expect(looped.quality.value).to.be.closeTo(0.925, 1e-12);
    expect(looped.quality.reason).to.equal("0.4 × confidence 1.00 + 0.3 × length 1.00 + 0.3 × repetition 0.75");
  });

  it("is free of the noise of floating point, which would fall below a threshold that S reaches", async () => {
    // abc bcd cda dab abc bce: 2 of 6 are repeated, R = 4/6, S = 0.4 + 0.3 + 0.2. Added up as it comes, that is 0.8999999999999999.
    expect((await alone(turn("a b c d a b c e"))).quality.value).to.equal(0.9);
    // abc bcd cda dab abc bcd: 4 of 6, R = 2/6, S = 0.4 + 0.3 + 0.1, which comes as 0.7999999999999999.
    expect((await alone(turn("a b c d a b c d"))).quality.value).to.equal(0.8);
    // abc bcp cpq pqr qrs rsp spq pqr qrs rsa sab abc bca cab abc: 7 of 15, R = 8/15, S = 0.4 + 0.3 + 0.16.
    expect((await alone(turn("a b c p q r s p q r s a b c a b c"))).quality.value).to.equal(0.86);
  });

  it("is at most 0.60 with one hedging word: it fails every threshold of the paper", async () => {
    expect((await alone(turn("<think>It might be seven.</think>"))).quality.value).to.be.closeTo(0.6, 1e-12);
  });

  it("reaches 0.90 up to 1.45 times the shortest length and 0.86 up to 1.56 times", async () => {
    // Without hedging or repetition S = 0.7 + 0.3·L: 0.90 needs L ≥ 2/3, 0.86 needs L ≥ 8/15. L = exp(−2·(n/n* − 1)²), so n/n* ≤ 1 + √(ln(3/2)/2) = 1.4503
    // and 1 + √(ln(15/8)/2) = 1.5606.
    const at = async (n: number) => (await values("quality", group([ofWords(100), RIGHT], [ofWords(n), RIGHT])))[1] as number;
    expect(await at(145)).to.be.at.least(0.9);
    expect(await at(146)).to.be.below(0.9);
    expect(await at(156)).to.be.at.least(0.86);
    expect(await at(157)).to.be.below(0.86);
  });

  it("without hedging at the best length reaches 0.86 where 7 of 15 3-grams are repeated, and not where 8 are", async () => {
    // S = 0.7 + 0.3·R needs R ≥ 8/15 = 0.533. 17 words each: abc three times and pqr, qrs twice are 7; with rs1 twice for one abc less they are 8.
    const at = async (text: string) => (await alone(turn(text))).quality.value;
    expect(await at("a b c p q r s p q r s a b c a b c")).to.equal(0.86);
    // abc bcp cpq pqr qrs rs1 s1p 1pq pqr qrs rs1 s1a 1ab abc bc2: abc, pqr, qrs, rs1 twice, R = 7/15, S = 0.7 + 0.14.
    expect(await at("a b c p q r s 1 p q r s 1 a b c 2")).to.equal(0.84);
  });

  it("of a repair is what the paper's code accepts it by", async () => {
    // A right original of 10 words, a repair of 15: n* = 10, L = exp(−25/50) = 0.606531, S = 0.4 + 0.3·0.606531 + 0.3 = 0.881959, above 0.86.
    const quality = async (item: ScoreItem) => (await values("quality", [item]))[0];
    expect(await quality(repaired(ofWords(15), RIGHT, ofWords(10), { correctness: RIGHT }))).to.be.closeTo(0.881959, 1e-6);
    // 16 words: L = exp(−36/50) = 0.486752, S = 0.846026, not above it.
    expect(await quality(repaired(ofWords(16), RIGHT, ofWords(10), { correctness: RIGHT }))).to.be.closeTo(0.846026, 1e-6);
    // Shorter than a right original, or of a wrong one: n* = n, L = 1, whatever the lengths.
    expect(await quality(repaired(ofWords(9), RIGHT, ofWords(10), { correctness: RIGHT }))).to.equal(1);
    expect(await quality(repaired(ofWords(90), RIGHT, ofWords(10), { correctness: WRONG }))).to.equal(1);
    // With L = 1 a repair of a wrong answer is above 0.80 from R > 1/3 on: 4 of 6 3-grams repeated are R = 1/3, S = 0.8, not above it.
    expect(await quality(repaired(turn("a b c d a b c d"), RIGHT, ofWords(10), { correctness: WRONG }))).to.equal(0.8);
    // One hedging word: 0.6, whatever else.
    expect(await quality(repaired(turn("<think>It might be.</think>"), RIGHT, ofWords(10), { correctness: WRONG }))).to.equal(0.6);
  });

  it("is for right answers only; confidence and repetition stay", async () => {
    const [, wrong] = await sheets(group([ofWords(5), RIGHT], [turn("<think>maybe</think>"), WRONG]));
    const skipped = { skipped: "the answer is wrong; the paper scores right answers only" };
    expect(wrong?.quality).to.deep.equal(skipped);
    expect(wrong?.length).to.deep.equal(skipped);
    expect([wrong?.confidence.value, wrong?.repetition.value]).to.deep.equal([0, 1]);
  });

  it("says why where correctness is not known", async () => {
    const [noGold, broken] = await sheets(group([ofWords(5), { skipped: "no gold answer" }], [ofWords(5), { failed: "boom" }]));
    expect(noGold?.quality.skipped).to.equal("correctness is not known (no gold answer); the paper scores right answers only");
    expect(broken?.quality.skipped).to.equal("correctness is not known (boom); the paper scores right answers only");
  });

  it("is for all trajectories where the options say so, compared with the shortest right one or else the shortest", async () => {
    const scope = "all";
    const mixed = await values("length", group([ofWords(15), WRONG], [ofWords(10), RIGHT], [ofWords(5), WRONG]), { scope });
    expect(mixed[0]).to.be.closeTo(Math.exp(-0.5), 1e-12);
    const noGold = { skipped: "no gold answer" };
    const failed = { ...turn(""), finish: "failed" } as const;
    const unknown = await values("length", group([ofWords(15), noGold], [ofWords(10), noGold], [failed, noGold]), { scope });
    expect(unknown[0]).to.be.closeTo(Math.exp(-0.5), 1e-12);
    expect(unknown[1]).to.equal(1);
  });

  it("weighs as the options say and never exceeds 1", async () => {
    const weights = { confidence: 0.1, length: 0.2, repetition: 0.7 };
    expect((await alone(turn("<think>maybe</think>"), { weights })).quality.value).to.be.closeTo(0.9, 1e-12);
    expect((await alone(ofWords(9), { weights: { confidence: 0.7, length: 0.1, repetition: 0.2 } })).quality.value).to.be.at.most(1);
  });

  it("refuses weights that do not add up to 1", async () => {
    const error = await failureOf(setupPlugin(plugin, { options: { weights: { confidence: 0.5 } } }));
    expect(error).to.include({ code: "WEIGHTS_SUM", message: "weights must add up to 1, but 0.5 + 0.3 + 0.3 is 1.1." });
  });

  it("gives values between 0 and 1 for hostile texts", async () => {
    const hostile = [
      "",
      "<think>".repeat(100),
      "maybe ".repeat(150_000),
      "x".repeat(1_000_000),
      "\0\uD800 \u2028 <think>",
      `<think>${"(".repeat(500_000)}`,
    ];
    for (const sheet of await sheets(group(...hostile.map((text) => [turn(text), RIGHT] as const)))) {
      for (const { value } of Object.values(sheet)) expect(value).to.be.within(0, 1);
    }
  });
});

describe("the quality scorer", () => {
  it("declares its dimensions and that it needs correctness first", async () => {
    const { taps } = await setupPlugin(plugin, { services: [[DIALECTS, dialects]] });
    expect(taps[0]?.options["needs"]).to.deep.equal(["correctness"]);
    expect(Object.keys(taps[0]?.options["dimensions"] as object)).to.deep.equal(["quality", "confidence", "length", "repetition"]);
  });

  it("needs what it compares by first, each once", async () => {
    const { taps } = await setupPlugin(plugin, { options: { among: { format: 1, correctness: 1 } }, services: [[DIALECTS, dialects]] });
    expect(taps[0]?.options["needs"]).to.deep.equal(["correctness", "format"]);
  });

  it("refuses minimums that are no numbers, and those over what it fills itself", async () => {
    const refused = (among: object) => setupPlugin(plugin, { options: { among }, services: [[DIALECTS, dialects]] });
    expect(await refused({ format: true }).catch((thrown: unknown) => thrown)).to.have.property("code", "ATRAJ_OPTIONS_INVALID");
    expect(await failureOf(refused({ length: 1 }))).to.include({ code: "AMONG", message: 'among names "length", which this scorer fills itself.' });
  });
});
