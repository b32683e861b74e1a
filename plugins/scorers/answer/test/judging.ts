/** Tables of answers, each row a gold answer and what is said for it. */
import { expect } from "chai";
import { type AnswerCase, outcome } from "./scoring.ts";
import { score } from "./warm.ts";

type Row = readonly [gold: string, ...answers: readonly string[]];

/** One `it` per answer, all scored together. */
export function judges(expected: "right" | "wrong", table: readonly Row[], shared: Partial<AnswerCase> = {}, options: object = {}): void {
  const cases = table.flatMap(([gold, ...answers]) => answers.map((pred) => ({ ...shared, gold, pred })));
  let outcomes: string[] = [];
  before(async () => {
    outcomes = (await score(cases, options)).map((found) => outcome(found["correctness"]));
  });
  for (const [index, { gold, pred }] of cases.entries()) {
    it(`${JSON.stringify(pred)} for ${JSON.stringify(gold)}`, () => expect(outcomes[index]).to.equal(expected));
  }
}
