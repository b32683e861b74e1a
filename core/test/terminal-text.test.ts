import { expect } from "chai";
import { visible, visibleJson, visibleLine } from "../src/data/terminal-text.ts";

describe("text for a terminal", () => {
  it("shows what would act on it: control characters, sequences, titles, C1, overrides of direction", () => {
    expect(visible("\x1b[2J\x1b]0;title\x07\x1b]52;c;aGk=\x1b\\\u009b31m\x7f\b\r\0")).to.equal(
      "\\u001b[2J\\u001b]0;title\\u0007\\u001b]52;c;aGk=\\u001b\\\\u009b31m\\u007f\\u0008\\u000d\\u0000",
    );
    expect(visible("\u202ecod\u202c \u2066x\u2069 \u200f\u061c\u2028")).to.equal("\\u202ecod\\u202c \\u2066x\\u2069 \\u200f\\u061c\\u2028");
  });

  it("keeps line ends, tabs and every script", () => {
    const text = "a\n\tb: ö, שלום, 日本, 👩‍🚀\n";
    expect(visible(text)).to.equal(text);
    expect(visible("a\r\nb")).to.equal("a\nb");
    expect(visibleLine("a\n\tb\r\nc")).to.equal("a b c");
  });

  it("does nothing to what it made already", () => {
    expect(visible(visible("\x1b[2J"))).to.equal(visible("\x1b[2J"));
  });

  it("in JSON is the same document", () => {
    const value = { "\u202ekey": "\x1b\u009b\x7f\u2066\n" };
    const text = visibleJson(value);
    expect(JSON.parse(text)).to.deep.equal(value);
    expect(text).to.match(/^[\x20-\x7e]*$/);
  });
});
