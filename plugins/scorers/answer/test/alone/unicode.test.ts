/** `plainCharacters` by itself: one spelling for what Unicode spells in many ways. */
import { expect } from "chai";
import { plainCharacters } from "../../src/unicode.ts";

const SPELLINGS: readonly (readonly [what: string, text: string, plain: string])[] = [
  ["ASCII", "as it is: -5^2", "as it is: -5^2"],
  ["signs", "−5 – 3 ＋ 2 × 4 ⋅ 7 ∕ 9", "-5 - 3 + 2 × 4 · 7 / 9"],
  ["full-width digits", "１２．５", "12.5"],
  ["Arabic digits", "٣٫١٤", "3.14"],
  ["Devanagari digits", "९०", "90"],
  ["bold digits", "𝟒𝟐", "42"],
  ["spaces that do not break", "1\u00A0000\u2009000", "1 000 000"],
  ["what nobody sees", "4\u200B2\uFEFF", "42"],
  ["composed accents", "Malmo\u0308", "Malmö"],
  ["ligatures", "ﬁve", "five"],
  ["square units", "5 ㎡, 6 ㎞, 7 ㎧, 8 ㎨, 9 ㎥", "5 m^2, 6 km, 7 m/s, 8 m/s^2, 9 m^3"],
  ["ohms, kelvin, degrees", "5 Ω, 6 K, 7 ℃, 8 º", "5 Ω, 6 K, 7 °C, 8 °"],
  ["a fraction", "½", "1/2"],
  ["a mixed number", "2½", "2 1/2"],
  ["a fraction of a variable", "½x", "1/2 x"],
  ["a fraction of many signs", "¹²/₃₄", "12/34"],
  ["a fraction with its own stroke", "²⁄₃", "2/3"],
  ["a mixed number of many signs", "2¹/₂", "2 1/2"],
  ["a power", "x²", "x^2"],
  ["a power of many signs", "10⁻¹²", "10^{-12}"],
  ["a power that is a letter", "2ⁿ", "2^n"],
  ["an index", "1010₂", "1010_2"],
  ["an index of many signs", "1F₁₆", "1F_{16}"],
  ["a root", "√2", "sqrt(2)"],
  ["a root of a decimal", "√ 12.25", "sqrt(12.25)"],
  ["a root of a letter", "√xy", "sqrt(x)y"],
  ["a root of a group", "√{x+1}", "sqrt(x+1)"],
  ["a root of parentheses", "√(x+1)", "sqrt(x+1)"],
  ["a root of nothing", "√", "√"],
  ["a cube root", "∛27", "\\sqrt[3]{27}"],
  ["a cube root of a decimal", "∛ 15.625", "\\sqrt[3]{15.625}"],
  ["a cube root of a letter", "∛x", "\\sqrt[3]{x}"],
  ["a fourth root of parentheses", "∜(x+1)", "\\sqrt[4]{x+1}"],
  ["a fourth root of a group", "∜{x+1}", "\\sqrt[4]{x+1}"],
  ["relations", "x ⩾ 5 ≦ y", "x ≥ 5 ≤ y"],
  ["CJK punctuation", "是５。", "是5."],
  ["other letters", "café Ωmega", "café Ωmega"],
];

describe("plainCharacters writes", () => {
  for (const [what, text, plain] of SPELLINGS) it(`${what}: ${text}`, () => expect(plainCharacters(text)).to.equal(plain));
});
