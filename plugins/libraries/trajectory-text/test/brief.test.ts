import { brief, cutOff } from "@autotraj/trajectory-text/brief";
import { expect } from "chai";

describe("foreign text in a message", () => {
  it("is one line, cut where it is longer than asked, also where only blanks are", () => {
    expect(brief(" two\n\n  lines\t", 20)).to.equal("two lines");
    expect(brief("123456", 6)).to.equal("123456");
    expect(brief("1234567", 6)).to.equal("123456…");
    expect(brief(`a${" ".repeat(100)}b`, 6)).to.equal("a …");
  });

  it("is never cut inside a character", () => {
    for (const shortened of [brief, cutOff]) {
      expect(shortened("12345😀789", 6)).to.equal("12345…");
      expect(shortened("1234😀789", 6)).to.equal("1234😀…");
    }
    expect(brief(`${" ".repeat(23)}😀`, 6)).to.equal("…");
  });

  it("keeps its lines and blanks where it is only cut off", () => {
    expect(cutOff(" a\n  b", 6)).to.equal(" a\n  b");
    expect(cutOff(" a\n  bc", 5)).to.equal(" a\n  …");
  });
});
