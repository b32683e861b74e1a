/** Formulas, sets, pairs and quantities that a reader of mathematics would (not) take for each other. */
import { judges } from "./judging.ts";

describe("the answer scorer takes as the same mathematics", () => {
  judges("right", [
    ["10 km", "10 kilometers"],
    ["5 m 20 cm", "5.2 m", "520 cm"],
    ["$5 million", "5 million dollars", "$5,000,000"],
    ["1/3", "0.333333"],
    ["2/3", "0.6666667"],
    ["1,234", "1234.0"],
    ["3.14", "3.140"],
    ["100 000", "100000"],
    ["x = 3", "3"],
    ["(2, 3)", "(2,3)"],
    ["{1, 2}", "{2, 1}"],
    ["[1, 2)", "[1,2)"],
    ["x^2+1", "1 + x^2"],
    ["3\\sqrt{2}", "\\sqrt{18}"],
    ["2+3i", "3i+2"],
    ["\\ln 4", "2\\ln 2"],
    ["\\frac{1}{2}", "0.5"],
    ["\\pm 3", "3, -3"],
    ["\\text{east}", "east", "\\boxed{\\text{East}}"],
    ["\\text{Evelyn}", "The answer is Evelyn."],
    ["18+2\\pi", "2\\pi + 18"],
    ["5x - 7y + 11z + 4 = 0", "5x-7y+11z+4=0"],
    ["\\dfrac{17}{50}", "0.34"],
    ["-\\frac{35}{9}", "-35/9"],
    ["11\\sqrt2", "11\\sqrt{2}"],
    ["\\{1\\pm\\sqrt{5},-2\\}", "\\{-2, 1+\\sqrt{5}, 1-\\sqrt{5}\\}"],
    ["(-\\infty, 0]", "(-∞, 0]"],
    ["\\frac{\\sqrt{3}}{3}", "\\frac{1}{\\sqrt{3}}"],
    ["1 \\pm \\sqrt{19}", "1±√19"],
    ["\\cot x", "\\frac{\\cos x}{\\sin x}"],
    ["90^\\circ", "90°", "90 degrees"],
    ["120^\\circ", "120"],
    ["3R^2", "3R²"],
    ["6\\sqrt{2}", "6√2"],
    ["12\\pi", "12π", "\\boxed{12\\pi}"],
  ]);
});

describe("the answer scorer does not take as the same mathematics", () => {
  judges("wrong", [
    ["10 km", "between 9 and 10 km", "10 km or 12 km", "not 10 km", "10 km, 12 km", "10 km/h is the speed", "about 10 km", "at least 10 km"],
    ["5 kg", "5 kg 200 g"],
    ["5 m", "5 m 20 cm"],
    ["1 h", "1 h 1 min"],
    ["3 apples", "3 apples and 2 oranges"],
    ["$5", "$5 and $6", "$5.50", "$5,000", "5k"],
    ["$5 million", "$5", "$5 billion"],
    ["5 million", "5"],
    ["1.5 million", "1500"],
    ["50%", "5%"],
    ["3/4", "3/5", "3 4"],
    ["0.75", "7.5"],
    ["1/3", "0.34"],
    ["2/3", "0.6"],
    ["1,234", "1.234"],
    ["1.234", "1,234"],
    ["12,34", "1234"],
    ["3.14", "314"],
    ["100", "1 00"],
    ["1 000", "1000 000"],
    ["100 000", "100"],
    ["5 - 3", "5 + 3"],
    ["2^3", "2^4"],
    ["x = 3", "x = -3", "y = 3"],
    ["(2, 3)", "(3, 2)"],
    ["{1, 2}", "{1, 3}"],
    ["[1, 2)", "[1, 2]"],
    ["sin(x)", "cos(x)"],
    ["x^2+1", "x^2-1"],
    ["a/b", "b/a"],
    ["\\sqrt{3}", "\\sqrt{5}"],
    ["3\\sqrt{2}", "2\\sqrt{3}"],
    ["2+3i", "2-3i"],
    ["e^2", "e^3"],
    ["\\ln 2", "\\ln 3"],
    ["\\frac{1}{2}", "2"],
    ["\\pm 3", "3"],
    ["3", "\\pm 3"],
    ["y = 2x + 3", "y = 2x - 3"],
    ["x \\in [-2,7]", "x \\in [-2,8]"],
    ["\\text{east}", "west"],
    ["\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "\\begin{pmatrix} 2 \\\\ 1 \\end{pmatrix}"],
  ]);
});

describe("the answer scorer takes letters at a formula's end for variables, and takes as equal", () => {
  judges("right", [
    ["2t", "t*2", "2\\cdot t"],
    ["\\frac{1}{2}t", "t/2", "0.5t"],
    ["a+2d", "2d+a"],
    ["$4s$", "4\\cdot s"],
    ["2ab", "2ba", "2*a*b", "2 a b"],
    ["v = 3t", "3t"],
    ["5d-3c", "-3c+5d"],
    ["3i", "3*i", "i*3", "3\\cdot i"],
    ["2+3i", "2+3\\cdot i"],
    ["-1", "i^2"],
    ["\\emptyset", "\\varnothing", "∅"],
    ["|x|", "\\left|x\\right|"],
    ["5\\pi\\text{ m}", "5\\pi m", "5\\pi"],
    ["infinity", "∞", "Infinity"],
    ["x \\equiv 3 \\pmod 7", "x \\equiv 3 \\pmod{7}"],
    ["10 \\text{ cm} \\times 5 \\text{ cm}", "10\\text{ cm} \\times 5\\text{ cm}"],
    ["3\\sqrt{2} cm", "3\\sqrt{2}\\text{ cm}", "3\\sqrt{2}"],
    ["x = 3", "x=3, not 4"],
  ]);
});

describe("the answer scorer takes letters at a formula's end for variables, and does not take as equal", () => {
  judges("wrong", [
    ["2t", "2", "2s", "3t"],
    ["\\frac{1}{2}t", "1/2", "\\frac{1}{2}s"],
    ["a+2d", "a+2", "a+2c"],
    ["x^{2}t", "x^2", "x^{2}s"],
    ["$4s$", "4", "$4t$"],
    ["3+2c", "5", "3+2d"],
    ["3x+2t", "3x+2", "3x+2s"],
    ["2ab", "2", "2a", "2b"],
    ["v = 3t", "v=3", "3", "v=3s"],
    ["7", "7t", "7c", "7d", "$7t$"],
    ["\\sqrt{2}", "\\sqrt{2}t", "\\sqrt{2}\\ d"],
    ["2x+3", "2x+3t", "The answer is $2x+3t$."],
    ["|x|", "x"],
    ["n!", "n"],
    ["x = 3", "x is not 3", "x = 4, not 3"],
    ["\\pi r^2 h", "\\pi r^2"],
    ["3\\sqrt{2} cm", "3\\sqrt{2} m"],
  ]);
});

describe("the answer scorer tells kinds of things apart, and does not take as equal", () => {
  judges("wrong", [
    ["(2, 5)", "{2, 5}", "\\{2, 5\\}"],
    ["(3, -4)", "\\{3,-4\\}"],
    ["\\{2,5\\}", "(2, 5)"],
    ["1 < x < 4", "1, 4"],
    ["10 \\text{ cm} \\times 5 \\text{ cm}", "10 \\text{ cm}", "10"],
    ["2\\text{ apples and } 3\\text{ pears}", "2", "2\\text{ apples}"],
    ["2 1/3", "\\frac{\\sqrt{4}}{3}", "\\sqrt{1}", "\\sqrt{9}/3"],
    ["3 million", "\\sqrt{9}"],
  ]);
});

describe("the answer scorer reads a formula out of a sentence, and takes as equal", () => {
  judges("right", [
    ["(3, -4)", "The point is (3, -4).", "Therefore the coordinates are (3, -4).", "Point P = (3, -4)", "So **(3, -4)**"],
    ["[0, 1)", "The domain is [0,1)"],
    ["\\{1, 2, 3\\}", "The set is {1, 2, 3}."],
    ["1, 2, 3", "The answers are 1, 2, and 3.", "x is 1, 2 or 3", "Solutions: 1, 2, 3", "The roots are 1, 2, 3."],
    ["x = 2 or x = 5", "The solutions are x = 2 and x = 5."],
    ["2x+3", "The expression is 2x+3.", "It simplifies to 2x+3", "So y = 2x + 3.", "The answer is 2x+3. The slope is 2."],
    ["\\frac{\\pi}{4}", "The angle is π/4.", "It equals \\frac{\\pi}{4}."],
    ["\\sqrt{2}", "The length is √2."],
    ["2 1/3", "2+1/3", "2+\\frac13", "7\\cdot 3^{-1}"],
  ]);
});

describe("the answer scorer reads a formula out of a sentence, and does not take as equal", () => {
  judges("wrong", [
    ["(3, -4)", "The point is (-4, 3).", "(3, -4) or (4, -3)", "The point is not (3,-4).", "The point is neither (3,-4)."],
    ["1, 2, 3", "The answers are 1, 2 and 4.", "The roots are not 1, 2, 3"],
    ["2x+3", "The answer is 2x+4.", "It simplifies to 3.", "The derivative of 2x+3", "If y = 2x+3"],
    ["\\sqrt{2}", "The length is √3.", "It is about √2"],
  ]);
});
