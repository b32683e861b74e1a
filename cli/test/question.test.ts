/** The question before something is removed, answered by keys. */
import { PassThrough } from "node:stream";
import { expect } from "chai";
import { type Answer, yesOrNo } from "../src/display/question.ts";

const [CTRL_C, CTRL_D, ENTER] = ["\u0003", "\u0004", "\r"];

/** What comes of these keys, typed as soon as the question is there; null: the terminal closes. */
async function answered(keys: string | null): Promise<{ readonly answer: Answer; readonly shown: string }> {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input });
  const output = new PassThrough();
  let shown = "";
  output.on("data", (chunk: Buffer) => {
    if (!shown.includes("[y/N]") && String(chunk).includes("[y/N]")) setImmediate(() => (keys === null ? input.end() : input.write(keys)));
    shown += String(chunk);
  });
  return { answer: await yesOrNo("Remove it?", { input, output }), shown };
}

describe("a question before something is removed", () => {
  for (const [what, keys, answer] of [
    ["y", `y${ENTER}`, "yes"],
    ["Yes", ` Yes ${ENTER}`, "yes"],
    ["n", `n${ENTER}`, "no"],
    ["nothing", ENTER, "no"],
    ["another word", `yeah${ENTER}`, "no"],
    ["Ctrl-C", CTRL_C, "broken off"],
    ["Ctrl-D", CTRL_D, "broken off"],
    ["a terminal that closes", null, "broken off"],
  ] as const) {
    it(`takes ${what} for: ${answer}`, async () => {
      expect((await answered(keys)).answer).to.equal(answer);
    });
  }

  it("ends its line where it is broken off, so that what is said then stands on one of its own", async () => {
    expect((await answered(CTRL_C)).shown).to.match(/\[y\/N\][^\n]*\n$/);
  });
});
