import type { Query } from "@autotraj/core/plugin";
import { expect } from "chai";
import { findLeakage } from "../src/leakage.ts";

async function* stream(queries: readonly Query[]): AsyncGenerator<Query> {
  yield* queries;
}

function questions(name: string, texts: readonly string[]): readonly Query[] {
  return texts.map((question, index) => ({ id: `${name}${index}`, question, answers: [] }));
}

const leakage = (heldOut: readonly string[], trained: readonly string[]) =>
  findLeakage(stream(questions("held", heldOut)), stream(questions("train", trained)));

const CLIPS =
  "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many clips did Natalia sell altogether?";

describe("the same text", () => {
  const SAME: readonly (readonly [string, string, string])[] = [
    ["case, punctuation and blanks", "How many are left,\n in all?", "how many are  LEFT in all"],
    ["typography", "The shop’s price is “1,000” – so it’s cheap…", 'The shop\'s price is "1000" - so its cheap.'],
    ["compatible characters", "Ｗｈａｔ ｉｓ ３＋４?", "What is 3+4?"],
    ["hyphens between words", "A well-known two-day trip", "A well known two day trip"],
    ["dashes that are a minus", "What is 5 − 3?", "What is 5 - 3?"],
  ];
  for (const [name, heldOut, trained] of SAME) {
    it(`is found whatever ${name}`, async () => {
      expect((await leakage([heldOut], [trained])).sameText).to.deep.equal(["held0"]);
    });
  }

  const OTHER: readonly (readonly [string, string, string])[] = [
    ["numbers", "What is 3 + 4?", "What is 3 + 5?"],
    ["where a number ends", "Add 1 23 and 4", "Add 12 3 and 4"],
    ["decimals", "What is 1.5 times 2?", "What is 15 times 2?"],
    ["signs", "What is 5 + 3?", "What is 5 - 3?"],
    ["what is per cent", "What is 5% of 30?", "What is 5 of 30?"],
    ["an exponent", "What is 2^3 of it?", "What is 2*3 of it?"],
  ];
  for (const [name, heldOut, trained] of OTHER) {
    it(`is not found where questions differ in ${name}`, async () => {
      expect(await leakage([heldOut], [trained])).to.deep.equal({ evaluated: 1, sameText: [], overlapping: [] });
    });
  }

  it("is reported once for each held-out question, in their order, and not as overlap too", async () => {
    const found = await leakage(["Who wrote Hamlet?", CLIPS, "Nothing like it.", CLIPS], [CLIPS, "who wrote hamlet", CLIPS]);
    expect(found).to.deep.equal({ evaluated: 4, sameText: ["held0", "held1", "held3"], overlapping: [] });
  });

  it("is no match where a question has no words", async () => {
    expect((await leakage(["?!", "…"], ["...", "?!"])).sameText).to.deep.equal([]);
  });
});

describe("overlap", () => {
  it("is the share of the held-out question's 8-grams in one trained question", async () => {
    // 27 words, so 20 8-grams; another 21st word ("How") breaks those that begin at the 14th to the 20th: 7.
    const found = await leakage([CLIPS], ["Unrelated.", CLIPS.replace("How many", "Purchase many")]);
    expect(found.sameText).to.deep.equal([]);
    expect(found.overlapping).to.deep.equal([{ id: "held0", with: "train1", overlap: 13 / 20 }]);
  });

  it("finds a held-out question inside a longer trained one", async () => {
    const found = await leakage([CLIPS], [`Think hard about this one, please. ${CLIPS} Explain each of your steps.`]);
    expect(found.overlapping).to.deep.equal([{ id: "held0", with: "train0", overlap: 1 }]);
  });

  it("is not summed over several trained questions", async () => {
    const words = CLIPS.split(" ");
    const thirds = [words.slice(0, 13), words.slice(8, 20), words.slice(14)].map((part) => part.join(" "));
    expect((await leakage([CLIPS], thirds)).overlapping).to.deep.equal([]);
  });

  it("takes no account of templates with other numbers", async () => {
    expect((await leakage([CLIPS], [CLIPS.replace("48", "52")])).overlapping).to.deep.equal([]);
    expect((await leakage([`${CLIPS} One clip costs 5 dollars.`], [`${CLIPS} One clip costs 6 dollars.`])).overlapping).to.deep.equal([]);
  });

  it("takes shorter n-grams for short questions", async () => {
    const found = await leakage(["Who directed the film Jaws?", "Who swam?"], ["Tell me: who directed the film Jaws in America?", "Who swam there?"]);
    expect(found.overlapping).to.deep.equal([{ id: "held0", with: "train0", overlap: 1 }]);
  });

  it("names the trained question of the largest overlap, of equals the first", async () => {
    const near = CLIPS.replace("altogether", "then");
    const nearer = `So: ${CLIPS}`;
    const found = await leakage([CLIPS], [near, nearer, `Well: ${CLIPS}`]);
    expect(found.overlapping).to.deep.equal([{ id: "held0", with: "train1", overlap: 1 }]);
  });

  it("gives a template's wording no weight once more than ten held-out questions have it", async () => {
    const template = (word: string) => `Spell the following word backward and give nothing but the spelled word as your answer: ${word}`;
    const heldOut = Array.from({ length: 11 }, (_, index) => template(String.fromCharCode(97 + index).repeat(5)));
    const trained = [template("zebra"), template("aaaaa")];
    expect((await leakage(heldOut, trained)).sameText).to.deep.equal(["held0"]);
    expect((await leakage(heldOut, trained)).overlapping).to.deep.equal([]);
    // With ten of them it cannot be told from a leak.
    expect((await leakage(heldOut.slice(0, 10), trained)).overlapping.length).to.equal(9);
  });

  it("reads the trained questions once, one by one", async () => {
    let open = 0;
    let read = 0;
    async function* endless(): AsyncGenerator<Query> {
      open++;
      for (const query of questions(
        "train",
        Array.from({ length: 5000 }, (_, index) => `Question number ${index} is about something else again, is it?`),
      )) {
        read++;
        yield query;
      }
    }
    const found = await findLeakage(stream(questions("held", [CLIPS, "Question number 4999 is about something else again, is it?"])), endless());
    expect([open, read]).to.deep.equal([1, 5000]);
    expect(found.sameText).to.deep.equal(["held1"]);
  });
});
