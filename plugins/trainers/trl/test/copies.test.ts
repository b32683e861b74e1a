import { readFileSync } from "node:fs";
import { expect } from "chai";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

describe("the code that decides what is trained on, and its Python", () => {
  for (const file of ["python/autotraj_masks.py", "python/autotraj_tokens.py", "src/turns.ts"])
    it(`is the same in every trainer package: ${file}`, () => expect(read(`verl/${file}`)).to.equal(read(`trl/${file}`)));

  it("tokenises alike where a reward model scores", () => {
    expect(read("../reward-models/local/python/autotraj_tokens.py")).to.equal(read("trl/python/autotraj_tokens.py"));
  });
});
