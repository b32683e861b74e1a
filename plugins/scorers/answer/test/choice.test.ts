/** Multiple choice: letters, option texts, and what is declared last. */
import { expect } from "chai";
import { readOptions } from "../src/shown-options.ts";
import { judges } from "./judging.ts";

describe("the answer scorer takes as a lone letter, where no options are shown", () => {
  judges("right", [
    [
      "C",
      "C",
      "(C)",
      "C)",
      "C.",
      "**C**",
      "(c)",
      "c",
      "\\boxed{C}",
      "\\boxed{\\text{C}}",
      "Option C",
      "The answer is C.",
      "the answer is (C).",
      "C. Paris",
      "C) Paris",
      "(C) Paris",
      "C: Paris",
      "Answer: C",
      "**Answer: C**",
      "I first thought A, but the answer is C.",
      "The correct option is C",
      "The correct answer is option C.",
      "$C$",
      "\\text{(C)}",
      "Choice C",
      "A is wrong, B is wrong, so the answer is C",
      "C is correct.",
      "<answer>C</answer>",
      "The answer is **(C)**",
      "Final Answer: (C)",
      "The best choice is C.",
    ],
    ["\\text{(C)}", "C"],
    ["(C)", "C", "The answer is C"],
    ["A", "A"],
    ["B", "b"],
  ]);
});

describe("the answer scorer does not take for a lone letter, where no options are shown", () => {
  judges("wrong", [
    [
      "C",
      "B",
      "(B)",
      "A",
      "C++",
      "C#",
      "B. C",
      "The answer is B.",
      "I first thought C, but the answer is B.",
      "B or C",
      "The answer is B, not C.",
      "Not C",
      "B) C is wrong",
      "Cat",
      "The answer is not C",
      "A, C",
      "B and C",
    ],
  ]);
});

describe("asked for the capital of France, the answer scorer finds right", () => {
  judges(
    "right",
    [
      [
        "B",
        "B",
        "Paris",
        "B) Paris",
        "The answer is B) Paris.",
        "The answer is Paris.",
        "I first thought A, but the answer is B.",
        "**B**",
        "paris",
        "\\boxed{\\text{B}}",
        "\\boxed{B}",
        "A is London, C is Rome. So the answer is B.",
        "The capital is Paris.\n\nAnswer: B",
        "Option B is correct",
        "It can't be A. B",
      ],
      ["Paris", "B", "(B)", "Paris", "B. Paris", "The answer is (B) Paris"],
      ["(B)", "B"],
      ["B) Paris", "B"],
    ],
    { question: "What is the capital of France?\nA) London\nB) Paris\nC) Rome\nD) Berlin" },
  );
});

describe("asked for the capital of France, the answer scorer finds wrong", () => {
  judges(
    "wrong",
    [
      [
        "B",
        "A",
        "London",
        "C",
        "B or C",
        "B) London",
        "I first thought B, but the answer is A.",
        "The answer is not B.",
        "Rome (B)",
        "anything but B",
        "A) Paris",
        "Not Paris",
        "E",
        "London, not Paris",
      ],
      ["Paris", "A", "London", "A) London"],
    ],
    { question: "What is the capital of France?\nA) London\nB) Paris\nC) Rome\nD) Berlin" },
  );
});

describe("asked for a product, the answer scorer finds right", () => {
  judges(
    "right",
    [
      ["B", "42", "The answer is 42.", "\\boxed{42}"],
      ["42", "B", "42", "(B) 42", "**B**"],
    ],
    { question: "How much is 6*7?\n(A) 41 (B) 42 (C) 43 (D) 44" },
  );
});

describe("asked for a product, the answer scorer finds wrong", () => {
  judges(
    "wrong",
    [
      ["B", "41", "at least 42"],
      ["42", "C", "43", "D"],
    ],
    { question: "How much is 6*7?\n(A) 41 (B) 42 (C) 43 (D) 44" },
  );
});

describe("asked for fractions in LaTeX, the answer scorer finds right", () => {
  judges(
    "right",
    [
      ["A", "\\frac{1}{2}", "0.5", "A", "\\textbf{(A)}"],
      ["\\frac{1}{2}", "A"],
      ["C", "\\frac{1}{4}"],
    ],
    { question: "Which one? $\\textbf{(A)}\\ \\frac{1}{2} \\qquad \\textbf{(B)}\\ \\frac{1}{3} \\qquad \\textbf{(C)}\\ \\frac14$" },
  );
});

describe("asked for fractions in LaTeX, the answer scorer finds wrong", () => {
  judges(
    "wrong",
    [
      ["A", "\\frac{1}{3}", "B"],
      ["\\frac{1}{2}", "B"],
    ],
    { question: "Which one? $\\textbf{(A)}\\ \\frac{1}{2} \\qquad \\textbf{(B)}\\ \\frac{1}{3} \\qquad \\textbf{(C)}\\ \\frac14$" },
  );
});

describe("asked for lengths, the answer scorer finds right", () => {
  judges(
    "right",
    [
      ["A", "5 km", "5000 m"],
      ["B", "5 m"],
      ["5 m", "B"],
    ],
    { question: "Pick.\n\nA. 5 km\nB. 5 m\nC. 5 cm" },
  );
});

describe("asked for lengths, the answer scorer finds wrong", () => {
  judges(
    "wrong",
    [
      ["A", "5 m", "5 cm"],
      ["5 km", "B"],
    ],
    { question: "Pick.\n\nA. 5 km\nB. 5 m\nC. 5 cm" },
  );
});

describe("asked for primes, the answer scorer finds right", () => {
  judges(
    "right",
    [
      ["A, C", "A, C", "C and A", "The answers are A and C."],
      ["A,C", "A and C"],
      ["A and C", "(A), (C)"],
      ["AC", "A, C"],
    ],
    { question: "Which are primes?\nA) 2\nB) 4\nC) 5\nD) 6" },
  );
});

describe("asked for primes, the answer scorer finds wrong", () => {
  judges(
    "wrong",
    [
      ["A, C", "A", "A, B", "A, B, C"],
      ["A", "A, C"],
    ],
    { question: "Which are primes?\nA) 2\nB) 4\nC) 5\nD) 6" },
  );
});

describe("asked for choices in the query, the answer scorer finds right", () => {
  judges(
    "right",
    [
      ["B", "Paris"],
      ["Paris", "B"],
    ],
    { question: "Capital?", meta: { choices: ["London", "Paris"] } },
  );
});

describe("asked for choices in the query, the answer scorer finds wrong", () => {
  judges(
    "wrong",
    [
      ["B", "London"],
      ["Paris", "A"],
    ],
    { question: "Capital?", meta: { choices: ["London", "Paris"] } },
  );
});

describe("asked for options by letter, the answer scorer finds right", () => {
  judges(
    "right",
    [
      ["B", "Paris"],
      ["Paris", "B"],
    ],
    { question: "Capital?", meta: { options: { A: "London", B: "Paris" } } },
  );
});

describe("asked for labelled choices, the answer scorer finds right", () => {
  judges("right", [["B", "Paris"]], { question: "Capital?", meta: { choices: { text: ["London", "Paris"], label: ["A", "B"] } } });
});

describe("asked for initials, which are no options, the answer scorer finds right", () => {
  judges("right", [["yes", "Yes"]], { question: "Did J. A. Smith write to W. B. Yeats?" });
});

describe("asked for the capital of Italy, the answer scorer finds right", () => {
  judges(
    "right",
    [
      [
        "C",
        "Rome",
        "C",
        "(c)",
        "c.",
        "Answer: C) Rome",
        "The capital of Italy is Rome.",
        "C. Rome",
        "**C. Rome**",
        "The answer is **C. Rome**.",
        "Let's see. A is in England, B is in France. C is in Italy. Answer: C",
        "Final answer: \\boxed{C}",
        "<think>A? B?</think>C",
        "<answer>C</answer>",
        "I would choose C.",
        "Option (C)",
        "The correct choice is (C) Rome.",
        "`C`",
        '"C"',
        "C</s>",
        "[C]",
        "C - Rome",
        "Ｃ",
        "ROME",
        "Rome (C)",
        "The answer is option C: Rome",
        "Therefore C is correct.",
        "A and B are wrong. The answer is C.",
        "I'd go with C",
        "$\\boxed{\\text{(C)}}$",
        "$\\text{C}$",
        "\\textbf{(C)}",
        "\\boxed{C. \\text{ Rome}}",
      ],
      ["Rome", "C."],
      ["D", "All of the above", "D"],
    ],
    { question: "Which city is the capital of Italy?\nA. London\nB. Paris\nC. Rome\nD. All of the above" },
  );
});

describe("asked for the capital of Italy, the answer scorer finds wrong", () => {
  judges(
    "wrong",
    [
      [
        "C",
        "A",
        "A. London",
        "Paris",
        "D",
        "C or D",
        "A. Rome",
        "The answer is A. Rome is in Italy.",
        "Rome or Paris",
        "I first thought C, but the answer is A.",
        "The answer is not C",
        "",
        "None",
        "A, C",
        "Neither",
        "C is wrong",
        "C is incorrect; B",
        "E",
      ],
      ["Rome", "D", "Paris"],
      ["D", "C"],
    ],
    { question: "Which city is the capital of Italy?\nA. London\nB. Paris\nC. Rome\nD. All of the above" },
  );
});

describe("asked for a temperature, the answer scorer finds right", () => {
  judges(
    "right",
    [
      ["A", "100 °C", "212 °F", "(A) 100 °C", "100 degrees Celsius", "The answer is (A) 100 °C.", "A) 100°C"],
      ["100 °C", "A"],
    ],
    { question: "What is the boiling point of water?\n(A) 100 °C\n(B) 100 °F\n(C) 0 °C\n(D) 50 °C" },
  );
});

describe("asked for a temperature, the answer scorer finds wrong", () => {
  judges(
    "wrong",
    [
      ["A", "100 °F", "B", "0 °C", "(B) 100 °F", "(A) 100 °F"],
      ["100 °C", "B"],
    ],
    { question: "What is the boiling point of water?\n(A) 100 °C\n(B) 100 °F\n(C) 0 °C\n(D) 50 °C" },
  );
});

describe("asked for all even numbers, the answer scorer finds right", () => {
  judges(
    "right",
    [
      ["B, D", "B, D", "B and D", "D, B", "\\boxed{B, D}", "(B), (D)", "B & D", "BD"],
      ["BD", "B, D"],
      ["B,D", "The correct answers are B and D."],
      ["B and D", "**B, D**"],
    ],
    { question: "Select all even numbers: A. 1 B. 2 C. 3 D. 4" },
  );
});

describe("asked for all even numbers, the answer scorer finds wrong", () => {
  judges(
    "wrong",
    [
      ["B, D", "B", "B, C, D", "A and D", "B or D"],
      ["B", "B, D"],
      ["BD", "B"],
    ],
    { question: "Select all even numbers: A. 1 B. 2 C. 3 D. 4" },
  );
});

describe("asked for yes or no, the answer scorer finds right", () => {
  judges(
    "right",
    [
      ["A", "Yes", "yes.", "A", "Yes, it is"],
      ["Yes", "A"],
    ],
    { question: "Is the sky blue?\nA) Yes\nB) No" },
  );
});

describe("asked for yes or no, the answer scorer finds wrong", () => {
  judges(
    "wrong",
    [
      ["A", "No", "B"],
      ["Yes", "B"],
    ],
    { question: "Is the sky blue?\nA) Yes\nB) No" },
  );
});

describe("asked for an author, the answer scorer finds right", () => {
  judges(
    "right",
    [
      [
        "B",
        "Shakespeare",
        "William Shakespeare",
        "It was written by Shakespeare.",
        "The play was written by Shakespeare, so the answer is B.",
        "Answer: (B)",
        "answer is b",
        "The answer is b) Shakespeare",
        "correct answer: B",
        "My answer: B",
        "Ans: B",
        "Final answer — B",
        "B is the answer",
        "I choose option B",
        "option b",
        "Choice (B)",
        "B,",
        "**Answer: B) Shakespeare**",
        "B\n\nExplanation: Shakespeare wrote it.",
        "B. Because Marlowe (A) died early.",
        "The answer is B because A is false.",
        "The answer is B; A is wrong.",
        "Not A. The answer is B",
        "> B",
        "- B",
        "1. B",
      ],
      ["D", "D", "Both A and B"],
    ],
    { question: "Who wrote Hamlet?\nA) Marlowe\nB) Shakespeare\nC) Jonson\nD) Both A and B" },
  );
});

describe("asked for an author, the answer scorer finds wrong", () => {
  judges(
    "wrong",
    [
      [
        "B",
        "Marlowe",
        "A",
        "Marlowe or Shakespeare",
        "D",
        "Both A and B",
        "The answer is A because B is false.",
        "The answer is A; B is wrong.",
        "Not B. The answer is A",
        "I thought B at first; final answer: C",
        "not Shakespeare",
        "A) Shakespeare or B) Marlowe",
        "The answer isn't B",
        "B cannot be correct, so C",
      ],
      ["D", "B"],
    ],
    { question: "Who wrote Hamlet?\nA) Marlowe\nB) Shakespeare\nC) Jonson\nD) Both A and B" },
  );
});

describe("asked for one of ten foods, the answer scorer finds right", () => {
  judges(
    "right",
    [
      ["I", "I", "The answer is I.", "ice"],
      ["J", "J"],
      ["A", "I think the answer is A"],
      ["B", "I believe it is B"],
      ["G", "grape"],
    ],
    { question: "Choose.\nA. apple\nB. banana\nC. carrot\nD. date\nE. eggplant\nF. fig\nG. grape\nH. ham\nI. ice\nJ. jam" },
  );
});

describe("asked for one of ten foods, the answer scorer finds wrong", () => {
  judges(
    "wrong",
    [
      ["I", "I think it is B"],
      ["A", "I think a banana", "A banana"],
    ],
    { question: "Choose.\nA. apple\nB. banana\nC. carrot\nD. date\nE. eggplant\nF. fig\nG. grape\nH. ham\nI. ice\nJ. jam" },
  );
});

describe("for a letter alone, the answer scorer finds right", () => {
  judges("right", [
    ["B", "The answer is B"],
    ["D", "d", "\\boxed{D}", "\\boxed{\\textbf{(D)}}", "\\boxed{\\textbf{(D) } 12}"],
    ["E", "e"],
    ["A", "a", "A", "Answer is A and not B"],
    ["K", "K"],
    ["x", "x"],
    ["C", "\\text{C}"],
    ["(B)", "\\text{(B)}"],
    ["\\text{(E)}", "E", "(E) 5"],
  ]);
});

describe("for a letter alone, the answer scorer finds wrong", () => {
  judges("wrong", [
    ["A", "an apple", "A dog", "Answer is B and not A"],
    ["I", "I think so"],
    ["B", "B minor", "B+", "B-"],
    ["F", "F#"],
    ["C", "C major"],
    ["K", "L"],
    ["D", "\\boxed{E}"],
    ["(B)", "\\text{(C)}"],
  ]);
});

describe("the options of a question", () => {
  const letters = (question: string, meta = {}) => readOptions(question, meta).map(({ letter, text }) => `${letter}=${text}`);

  for (const [what, question] of Object.entries({
    "lines with parentheses": "Pick.\nA) one\nB) two",
    "lines with full stops": "Pick.\nA. one\nB. two",
    "letters in parentheses": "Pick. (A) one (B) two",
    "lines in bold": "Pick.\n**A)** one\n**B)** two",
    LaTeX: "Pick. $\\textbf{(A)}\\ one \\qquad \\textbf{(B)}\\ two$",
  }))
    it(`are read from ${what}`, () => expect(letters(question)).to.deep.equal(["A=one", "B=two"]));

  it("end where the list ends", () => expect(letters("Pick.\nA) one\nB) two\n\nSay which.")).to.deep.equal(["A=one", "B=two"]));
  it("are three at least where they stand in a line with full stops", () => {
    expect(letters("Pick: A. one B. two C. three")).to.deep.equal(["A=one", "B=two", "C=three"]);
    expect(letters("Did J. A. Smith meet W. B. Yeats?")).to.deep.equal([]);
  });
  it("begin with A and leave no letter out", () => {
    expect(letters("Pick.\nB) one\nC) two")).to.deep.equal([]);
    expect(letters("Pick.\nA) one\nC) two")).to.deep.equal([]);
  });
  it("are the query's own where it carries them", () => {
    expect(letters("Pick.\nA) x\nB) y", { choices: ["one", "two"] })).to.deep.equal(["A=one", "B=two"]);
    expect(letters("Pick.", { options: ["A) one", "B) two"] })).to.deep.equal(["A=one", "B=two"]);
    expect(letters("Pick.", { options: { a: "one", b: "two" } })).to.deep.equal(["A=one", "B=two"]);
    expect(letters("Pick.", { choices: { label: ["A", "B"], text: ["one", "two"] } })).to.deep.equal(["A=one", "B=two"]);
    expect(letters("Pick.", { choices: ["one"], options: { max: 3 } })).to.deep.equal([]);
  });
});

describe("the method choice, asked for by name", () => {
  judges(
    "right",
    [
      ["B", "The answer is B", "(b)"],
      ["A, C", "C and A"],
    ],
    {},
    { method: "choice" },
  );
});

describe("the method choice, asked for by name, finds wrong", () => {
  judges(
    "wrong",
    [
      ["B", "A or B", "A", "banana"],
      ["A, C", "A"],
    ],
    {},
    { method: "choice" },
  );
});
