import { expect } from "chai";
import { isShell } from "./command-lines.ts";
import { blocks, titleOf } from "./pages.ts";

/** What the tests beside this one check or run; `text` shows what something prints. */
const CHECKED = ["bash", "js", "json", "jsonl", "sh", "ts", "yaml"];
/** Blocks that say why they are not run. More of them is a decision. */
const MOST_NOT_RUN = 10;

describe("the blocks of code on pages", () => {
  it("are of a language that is tested, or say why they are not run", () => {
    const strange = blocks.filter(
      ({ language, notRun }) => language !== "" && language !== "text" && !CHECKED.includes(language) && notRun === undefined,
    );
    expect(strange.map(titleOf)).to.deep.equal([]);
  });

  it(`are run or checked but for ${MOST_NOT_RUN} at most`, () => {
    const notRun = blocks.filter((block) => block.notRun !== undefined).map((block) => `${titleOf(block)}: ${block.notRun}`);
    expect(notRun, notRun.join("\n")).to.have.length.within(1, MOST_NOT_RUN);
  });

  it("without a language show commands, formulas or what is printed", () => {
    const plain = blocks.filter(({ language }) => language === "");
    expect(plain.filter(isShell)).to.have.length.above(20);
    // What looks like code must say what it is.
    const code = plain.filter(({ code: text }) => /^(?:import|export default|const|plugins:|stages:|extends:) ?/m.test(text));
    expect(code.map(titleOf)).to.deep.equal([]);
  });
});
