/** `readOptions` by itself: which options a question shows, or its query lists. */
import { expect } from "chai";
import { readOptions } from "../../src/shown-options.ts";

/** `A=Paris B=London`. */
function read(question: string, meta?: Readonly<Record<string, unknown>>): string {
  return readOptions(question, meta)
    .map(({ letter, text }) => `${letter}=${text}`)
    .join(" ");
}

const QUESTIONS: readonly (readonly [what: string, question: string, options: string])[] = [
  ["a line for each", "Capital?\nA) London\nB) Paris\nC) Rome", "A=London B=Paris C=Rome"],
  ["letters with points", "Capital?\nA. London\nB. Paris", "A=London B=Paris"],
  ["letters with points from the start", "A. London\nB. Paris", "A=London B=Paris"],
  ["letters with colons", "A: London\nB: Paris", "A=London B=Paris"],
  ["two in parentheses in one line", "Is it (A) London (B) Paris", "A=London B=Paris"],
  ["three with points in one line", "Is it A. London B. Paris C. Rome", "A=London B=Paris C=Rome"],
  ["no two initials", "Did A. Smith and B. Jones meet?", ""],
  ["a second initial at the start of a line only", "A. Smith met\nB. Jones", "A=Smith met B=Jones"],
  ["no list without its first letter", "B) London\nC) Paris\nD) Rome", ""],
  ["no list with a gap", "A) London\nC) Paris\nD) Rome", ""],
  ["no single option", "A) London", ""],
  ["the longer of two lists", "A) London\nB) Paris\nC) Rome\n\nChoose A) or B).", "A=London B=Paris C=Rome"],
  ["the later of two lists of one length", "Example:\nA) one\nB) two\nNow:\nA) three\nB) four", "A=three B=four"],
  ["the last one up to an empty line", "A) London\nB) Paris\n\nThink step by step.", "A=London B=Paris"],
  ["the last one up to a blank line", "A) London\nB) Paris\n  \nThink step by step.", "A=London B=Paris"],
  ["LaTeX in one formula", "$(A) 1 \\quad (B) 2 \\qquad (C) 3$", "A=1 B=2 C=3"],
  ["a formula for each", "(A) $x^2$ (B) $x^3$", "A=x^2 B=x^3"],
  ["a formula with words", "(A) $x$ and $y$ (B) only $x$", "A=$x$ and $y$ B=only $x$"],
  ["a price for each", "(A) $5 (B) $6", "A=$5 B=$6"],
  ["LaTeX's line ends", "(A) 1 \\\\ \n(B) 2\\\\\n(C) 3 \\\\\\\\ in all", "A=1 B=2 C=3 \\\\\\\\ in all"],
  ["bold letters", "**A)** London\n**B)** Paris", "A=London B=Paris"],
  ["letters in \\textbf", "\\textbf{(A)}\\ 1 \\qquad \\textbf{(B)}\\ 2", "A=1 B=2"],
];

const QUESTION = "A) from the\nB) question";
const FALLBACK = "A=from the B=question";
const METAS: readonly (readonly [what: string, meta: Readonly<Record<string, unknown>>, options: string])[] = [
  ["a list", { choices: ["London", "Paris"] }, "A=London B=Paris"],
  ["a list under `options`", { options: ["London", "Paris"] }, "A=London B=Paris"],
  ["numbers", { choices: [1, 2] }, "A=1 B=2"],
  ["a list with its letters", { choices: ["A) London", "(B) Paris"] }, "A=London B=Paris"],
  ["a list of one, which is none", { choices: ["London"] }, FALLBACK],
  ["ten", { choices: [..."0123456789"] }, "A=0 B=1 C=2 D=3 E=4 F=5 G=6 H=7 I=8 J=9"],
  ["eleven, for which there are no letters", { choices: [..."0123456789x"] }, FALLBACK],
  ["letters and texts", { choices: { A: "London", b: "Paris" } }, "A=London B=Paris"],
  ["letters among other keys", { choices: { A: "London", B: "Paris", answer: "A", note: "easy", x: 1 } }, "A=London B=Paris"],
  ["one letter, which is no choice", { choices: { A: "London" } }, FALLBACK],
  ["labels and texts", { choices: { label: ["C", "d"], text: ["London", "Paris"] } }, "C=London D=Paris"],
  ["fewer labels than texts", { choices: { label: ["A"], text: ["London", "Paris"] } }, "A=London B=Paris"],
  ["texts without labels", { choices: { text: ["London", "Paris"] } }, FALLBACK],
  ["labels without texts", { choices: { label: ["A", "B"] } }, FALLBACK],
  ["nothing", { choices: null }, FALLBACK],
  ["a text", { choices: "London, Paris" }, FALLBACK],
];

describe("readOptions reads from a question", () => {
  for (const [what, question, options] of QUESTIONS) it(what, () => expect(read(question)).to.equal(options));

  it("of up to 50,000 letters", () => {
    const longest = `${"x".repeat(50_000 - QUESTION.length - 1)}\n${QUESTION}`;
    expect(read(longest)).to.equal(FALLBACK);
    expect(read(`x${longest}`)).to.equal("");
  });
});

describe("readOptions reads from what the query lists", () => {
  for (const [what, meta, options] of METAS) it(what, () => expect(read(QUESTION, meta)).to.equal(options));
});
