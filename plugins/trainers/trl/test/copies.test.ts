import { readFileSync } from "node:fs";
import { expect } from "chai";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

describe("the code that decides what is trained on, and its Python", () => {
  for (const file of ["python/autotraj_masks.py", "src/turns.ts"])
    it(`is the same in every trainer package: ${file}`, () => expect(read(`verl/${file}`)).to.equal(read(`trl/${file}`)));
});
