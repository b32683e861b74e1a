/** `finalAnswer` by itself: where in a reply the answer stands. */
import { expect } from "chai";
import { finalAnswer, goldAnswer } from "../../src/final-answer.ts";

/** The answer, or why there is none in brackets. */
function read(reply: string): string {
  const found = finalAnswer(reply);
  return "none" in found ? `[${found.none}]` : found.text;
}

const REPLIES: readonly (readonly [reply: string, answer: string])[] = [
  ["", ""],
  ["5", "5"],
  ["<answer> 5 </answer>", "5"],
  ["<answer>4</answer> no, <answer>5</answer>", "5"],
  ["so <final_answer>5", "5"],
  ["5</answer>", "5"],
  ["<answer></answer>", "[the last <answer> is empty]"],
  ["<think>hm</think>5", "5"],
  ["5 <think>hm", "5"],
  ["<think>hm 5", "[the thinking is never closed]"],
  ["  \n<think>hm 5", "[the thinking is never closed]"],
  ["<|im_start|>assistant\n5<|im_end|>", "5"],
  ["5<|im_end|>\n<|im_start|>user\nthanks", "5"],
  ["<|channel|>analysis<|message|>4<|end|><|start|>assistant<|channel|>final<|message|>5<|return|>", "5"],
  ["<|channel|>final<|message|>4<|end|><|channel|>final<|message|>5", "5"],
  ["\\boxed{5}", "5"],
  ["<｜Assistant｜>5<｜end▁of▁sentence｜>", "5"],
  ["<s>5</s>", "5"],
  ["5[INST] more", "5"],
  ["5 [/INST] more", "5"],
  ["<finalanswer>5</finalanswer>", "5"],
  ["<final answer>5</final answer>", "5"],
  ["5</final answer> more", "5"],
  ["\\boxed{1} \\quad \\boxed{2}", "1, 2"],
  ["\\boxed{1}, \\; \\boxed{2}", "1, 2"],
  ["\\boxed{1}\\text{ and }\\boxed{2}", "1, 2"],
  ["$x_1 = \\boxed{1}, x_{2} = \\boxed{2}$", "1, 2"],
  ["x=\\boxed{1}, y  = \\boxed{2}", "1, 2"],
  ["x=\\boxed{1}, y=\\boxed{2}", "1, 2"],
  ["\\boxed{1} \\alpha \\boxed{2}", "2"],
  ["\\boxed {5}", "5"],
  ["\\boxed{4}, no: \\boxed{5}", "5"],
  ["\\boxed{1} and \\boxed{2}", "1, 2"],
  ["$x = \\boxed{1}$, $y = \\boxed{2}$", "1, 2"],
  ["\\boxed{5}\\text{ cm}", "5 \\text{ cm}"],
  ["\\boxed{5}  km.", "5 km"],
  ["\\(\\boxed{5}\\text{ cm}\\).", "5 \\text{ cm}"],
  ["\\[\\boxed{5} \\text{ cm}\\]", "5 \\text{ cm}"],
  ["$\\boxed{5}$ eggs", "5"],
  ["\\boxed{\\{1, 2\\}}", "\\{1, 2\\}"],
  ["\\boxed{a \\} b}", "a \\} b"],
  ["\\boxed{\\frac{1}{2}}", "\\frac{1}{2}"],
  // What is declared behind a box is left whole.
  ["\\boxed{5}\n\nFinal answer: 6", "\n\nFinal answer: 6"],
  ["\\boxed{5} so the final answer is 6", " so the final answer is 6"],
  ["\\boxed{5} is final, answer me", "5"],
  ["\\boxed{}", "[the last \\boxed{} is empty]"],
  ["\\boxed{5", "[the last \\boxed{ is never closed]"],
  ["\\boxed{4 and \\boxed{5}", "5"],
];

describe("finalAnswer finds", () => {
  for (const [reply, answer] of REPLIES) {
    it(`${JSON.stringify(answer)} in ${JSON.stringify(reply)}`, () => expect(read(reply)).to.equal(answer));
  }
  it("the box that math-verify may search", () => expect(finalAnswer("so \\boxed{5}  km.")).to.deep.equal({ text: "5 km", source: "\\boxed{5 km}" }));
  it("a reply without a box as it is", () => expect(finalAnswer(" 5 $km$ ")).to.deep.equal({ text: "5 $km$", source: "5 $km$" }));
});

describe("goldAnswer finds", () => {
  it("the boxes of one sentence", () => expect(goldAnswer("\\boxed{1} paper and \\boxed{2} bins").text).to.equal("1, 2"));
  it("the last box of a solution", () => expect(goldAnswer("First \\boxed{1}. That is what we need to go on. Then \\boxed{2}.").text).to.equal("2"));
  it("the last box of a sentence without a list", () => expect(goldAnswer("\\boxed{1} is not what we look for \\boxed{2}").text).to.equal("2"));
  it("boxes with little between them", () => expect(goldAnswer("\\boxed{1} apples \\boxed{2}").text).to.equal("1, 2"));
  it("boxes with a decimal between them", () => expect(goldAnswer("\\boxed{1} of all 3.5 and \\boxed{2}").text).to.equal("1, 2"));
  it("any other text", () => expect(goldAnswer(" 5 ")).to.deep.equal({ text: "5", source: "5" }));
});
