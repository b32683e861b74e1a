/** What a formula is, and how math-verify wants it, by themselves. */
import { expect } from "chai";
import { asFormula, closingFormula, hasRelation, isSymbolic } from "../../src/formula.ts";

const SYMBOLIC = [
  "4a-2",
  "x+y",
  "2x+3s",
  "3s+2t",
  "\\sqrt{2}",
  "[0,1)",
  "7π",
  "\\infty",
  "$Paris$",
  "x = (y)",
  "1.2 + x",
  "sin(2)",
  "asin(1)",
  "sinh(1)",
  "arcsin(1)",
  "AB+4",
  "2dx",
  "2xy",
  "2\\text{ apples}",
  "2\\textbf {apples}",
  "\\begin{pmatrix}1\\end{pmatrix}",
  "2\\operatorname {foo}(x)",
];
const WORDS = [
  "2-1",
  "12/25/2020",
  "4:30",
  "10:30 pm",
  "10:30:15 pm",
  "U2",
  "F-16",
  "1920s",
  "5s",
  "A+",
  "AB+",
  "C++",
  "1.2.3",
  "10.0.1",
  "v1.10",
  "v 2",
  "V.12",
  "v12.1.3",
  "CO2",
  "H3O+",
  "NaCl",
  "Paris",
  "30 teams",
  "AC/DC",
  "who?",
  "2cousin",
  "2 sinus",
  "2 eggs",
  "2 me",
];
const CLOSING: readonly (readonly [text: string, formula: string])[] = [
  ["so $x$ is $5+a$.", "5+a"],
  ["$$x > 42$$", "x > 42"],
  ["it is \\(2x\\)", "2x"],
  ["it is \\[ x\n+ y \\] ", " x\n+ y "],
  ["**$12$**", "12"],
  ["$12$ eggs", ""],
  ["12", ""],
];
const LATEX: readonly (readonly [text: string, formula: string])[] = [
  ["4a-2", "$4a-2$"],
  ["sqrt(2)/2", "$\\sqrt{2}/2$"],
  ["sqrt (2)", "$\\sqrt{2}$"],
  ["x**-12", "$x^{-12}$"],
  ["2*pi", "$2\\cdot \\pi$"],
  ["-1.5e+10", "$-1.5 \\times 10^{10}$"],
  ["infinity", "$\\infty$"],
  ["2π ≤ $x$", "$2\\pi  \\le  x$"],
  ["\\pi", "$\\pi$"],
];

describe("isSymbolic", () => {
  for (const gold of SYMBOLIC) it(`takes ${JSON.stringify(gold)} for mathematics`, () => expect(isSymbolic(gold)).to.equal(true));
  for (const gold of WORDS) it(`takes ${JSON.stringify(gold)} for text`, () => expect(isSymbolic(gold)).to.equal(false));
});

describe("hasRelation", () => {
  for (const text of ["x > 5", "x ≠ 5", "x \\geq 5", "x \\ge 5", "x \\leqslant 5", "x \\lt 5", "x \\ne 5", "x \\neq 5", "x\\gg5"])
    it(`sees one in ${JSON.stringify(text)}`, () => expect(hasRelation(text)).to.equal(true));
  for (const text of ["x = 5", "\\left(5\\right)", "\\negthinspace 5"])
    it(`sees none in ${JSON.stringify(text)}`, () => expect(hasRelation(text)).to.equal(false));
});

describe("closingFormula", () => {
  for (const [text, formula] of CLOSING)
    it(`finds ${JSON.stringify(formula)} at the end of ${JSON.stringify(text)}`, () => expect(closingFormula(text)).to.equal(formula));
});

describe("asFormula", () => {
  for (const [text, formula] of LATEX)
    it(`writes ${JSON.stringify(text)} as ${JSON.stringify(formula)}`, () => expect(asFormula(text)).to.equal(formula));
});
