/** `unwrap` by itself: an answer without dollars, emphasis, quotes, list marks, and what introduces it. */
import { expect } from "chai";
import { declaredAnswer, unwrap, withoutMarkup } from "../../src/unwrap.ts";

const WRAPPED: readonly (readonly [text: string, answer: string])[] = [
  [" 5 ", "5"],
  ["$5$", "5"],
  ["$$5$$", "5"],
  ["\\(5\\)", "5"],
  ["\\[\n5\n\\]", "5"],
  ["\\text{Paris}", "Paris"],
  ["\\textbf {Paris}", "Paris"],
  ["{5}", "5"],
  ["{1,2}", "{1,2}"],
  ["(Paris)", "Paris"],
  ["(1,2)", "(1,2)"],
  ['"Paris"', "Paris"],
  ["'Paris'", "Paris"],
  ["“Paris”", "Paris"],
  ["‘Paris’", "Paris"],
  ["#### 5", "5"],
  ["**5**", "5"],
  ["***5***", "5"],
  ["*Paris*", "Paris"],
  ["__Paris__", "Paris"],
  ["_Paris_", "Paris"],
  ["`5`", "5"],
  ["```\n5\n```", "5"],
  ["<b>5</b>", "5"],
  ["**Answer:** 5", "5"],
  ["The answer is 5.", "5"],
  ["So, the final answer is: 5", "5"],
  ["My answer = 5", "5"],
  ["the correct result is 5", "5"],
  ["- 5", "- 5"],
  ["- Paris", "Paris"],
  ["- **5**", "5"],
  ["• Paris", "Paris"],
  ["> Paris", "Paris"],
  ["> 5", "> 5"],
  ["## Paris", "Paris"],
  ["$\\boxed{5}$", "\\boxed{5}"],
  ["5.", "5"],
  ["5,", "5"],
  ["5...", "5..."],
  ["5\\,", "5"],
  ["5 ✓", "5"],
  ["Paris 🎉", "Paris"],
  ["5!", "5!"],
  ["Paris!", "Paris"],
  ["**5**!", "5"],
  ["The answer is 5!", "5"],
  ["2**3**4", "2**3**4"],
  ["x*y*z", "x*y*z"],
  ["a_1 + b_1", "a_1 + b_1"],
  ['**"($Paris$)"**', "Paris"],
];
const MARKED: readonly (readonly [text: string, plain: string])[] = [
  ["plain", "plain"],
  ["a **b** c", "a b c"],
  ["a *b* c", "a b c"],
  ["a ***b*** c", "a b c"],
  ["a __b__ c", "a b c"],
  ["a _b_ c", "a b c"],
  ["a `b` c", "a b c"],
  ["```python\nb```", "b"],
  ["a<br>b<br />c", "a\nb\nc"],
  ["<strong>a</strong> <EM>b</EM> <x>c</x>", "a b <x>c</x>"],
  ["2 * 3 * 4", "2 * 3 * 4"],
  ["2*3*4", "2*3*4"],
  ["f(x)**2**", "f(x)**2**"],
  ["snake_case_name", "snake_case_name"],
  ["x_{1}_", "x_{1}_"],
  ["a * b*", "a * b*"],
];
const DECLARED: readonly (readonly [text: string, answer: string | undefined])[] = [
  ["So the answer is 5.", "5"],
  ["We think. The answer is 5. Or so we think.", "5"],
  ["Answer: 4\nAnswer: 5", "5"],
  ["6 * 7 = 42\n#### 42\nDone", "42"],
  ["Therefore, my final answer = **5**!", "5"],
  ["Answer: 3.5 apples", "3.5 apples"],
  ["I answer 5", undefined],
  ["The answer is", undefined],
  ["The answer is .\nNo", undefined],
  ["5", undefined],
];

describe("unwrap takes", () => {
  for (const [text, answer] of WRAPPED) it(`${JSON.stringify(answer)} out of ${JSON.stringify(text)}`, () => expect(unwrap(text)).to.equal(answer));
});

describe("withoutMarkup leaves", () => {
  for (const [text, plain] of MARKED) it(`${JSON.stringify(plain)} of ${JSON.stringify(text)}`, () => expect(withoutMarkup(text)).to.equal(plain));
});

describe("declaredAnswer finds", () => {
  for (const [text, answer] of DECLARED) it(`${answer ?? "none"} in ${JSON.stringify(text)}`, () => expect(declaredAnswer(text)).to.equal(answer));
});
