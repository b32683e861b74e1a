/** The readers of letters by themselves. */
import { expect } from "chai";
import { declaredLetters, goldLetters, lettersInOrder, mentionedOption } from "../../src/choice.ts";

const DECLARED: readonly (readonly [answer: string, letters: string | undefined])[] = [
  ["The answer is \\textbf {B}.", "B"],
  ["B is correct at first sight. But the answer is C.", "C"],
  ["The answer is C? No: D is correct.", "D"],
  ["It cannot be Paris.  B", "B"],
  ["B.\nBecause of A", "B"],
  ["Paris (B)", "B"],
  ["The city\nParis (B)", "B"],
  ["Paris (B) or so", undefined],
  ["Paris, not (B)", undefined],
  ["It isn't red like Paris (B)", "B"],
  ["It is not option B.", undefined],
  ["It is not option B, which everybody has known for a long time and for many reasons.", undefined],
  ["I would rule out choice A.", undefined],
  ["Option B is not correct.", undefined],
  ["Option B isn't correct.", undefined],
  ["Option B is wrong.", undefined],
  ["Option A was ruled out.", undefined],
  ["Options C and A make sense.", "AC"],
  ["Options A and C make sense.", "AC"],
  ["The answer is A because it is red.", "A"],
  ["The answer is A dog that is red.", undefined],
  ["So I think that is for the best.", undefined],
  ["The answer is A or B.", undefined],
];
const GOLD: readonly (readonly [gold: string, letters: string | undefined])[] = [
  ["C", "C"],
  ["(C)", "C"],
  ["C.", "C"],
  ["option B", "B"],
  ["answer D", "D"],
  ["A and C", "AC"],
  ["C & A", "AC"],
  ["A/B", "AB"],
  ["A, B, and C", "ABC"],
  ["A, B,and C", "ABC"],
  ["(A);(D)", "AD"],
  ["a", undefined],
  ["option Paris", undefined],
  ["K", undefined],
  ["A or B", undefined],
];
const PLANETS = [
  { letter: "A", text: "Mars" },
  { letter: "B", text: "Venus" },
  { letter: "C", text: "X rays" },
  { letter: "D", text: "x" },
  { letter: "E", text: "42 eggs" },
];
const MENTIONED: readonly (readonly [answer: string, letter: string | undefined])[] = [
  ["It must be Mars.", "A"],
  ["Venus is hot. It must be Mars.", "A"],
  ["Mars.\nNo, Venus!", "B"],
  ["Mars or Venus", undefined],
  ["It is not Mars", undefined],
  ["They are X rays.", "C"],
  ["We solve for x here", undefined],
  ["There are 42 eggs", undefined],
  ["Marsupials", undefined],
  ["Saturn", undefined],
];

describe("declaredLetters finds declared", () => {
  for (const [answer, letters] of DECLARED) {
    it(`${letters ?? "none"} in ${JSON.stringify(answer)}`, () => expect(declaredLetters(answer)).to.equal(letters));
  }
});

describe("goldLetters reads", () => {
  for (const [gold, letters] of GOLD) it(`${letters ?? "no letters"} in ${JSON.stringify(gold)}`, () => expect(goldLetters(gold)).to.equal(letters));
});

describe("mentionedOption finds named", () => {
  for (const [answer, letter] of MENTIONED) {
    it(`${letter ?? "none"} in ${JSON.stringify(answer)}`, () => expect(mentionedOption(answer, PLANETS)).to.equal(letter));
  }
});

describe("lettersInOrder", () => {
  it("takes letters written as one", () => expect(lettersInOrder("BD")).to.equal("BD"));
  it("takes no word, no single letter and none out of order", () => {
    expect(["CAB", "D", "DB", "BDx", "ABBA", ""].map(lettersInOrder)).to.deep.equal(Array(6).fill(undefined));
  });
});
