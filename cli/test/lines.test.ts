import { expect } from "chai";
import { folded, paragraph } from "../src/display/lines.ts";

describe("text that is folded", () => {
  it("is broken between words, every line with its indent, and is as it was where it fits", () => {
    expect(folded("one two three four\n  five six seven\nshort", 12)).to.equal("one two\nthree four\n  five six\n  seven\nshort");
    expect(folded("a  b   c", 80)).to.equal("a  b   c");
    expect(folded("one two three four", Number.POSITIVE_INFINITY)).to.equal("one two three four");
  });

  it("goes on to the right of its mark", () => {
    expect(folded("kept     one two three", 17, 9)).to.equal("kept     one two\n         three");
  });

  it("keeps whole what is copied, paths and commands in backticks, even where it is longer than a line", () => {
    expect(folded("Type `autotraj run quickstart` now.", 24)).to.equal("Type\n`autotraj run quickstart`\nnow.");
    expect(folded("  in /a/very/long/path/to/a/preset.yaml:12 here", 20)).to.equal("  in\n  /a/very/long/path/to/a/preset.yaml:12\n  here");
  });

  it("counts columns as a terminal does", () => {
    expect(folded("数学 数学 数学", 9)).to.equal("数学 数学\n数学");
  });
});

describe("a paragraph", () => {
  it("is broken by words, every line with its indent", () => {
    expect(paragraph("one two three four", 2, 11)).to.equal("  one two\n  three\n  four");
    expect(paragraph("数学数学数学", 1, 5)).to.equal(" 数学\n 数学\n 数学");
  });
});
