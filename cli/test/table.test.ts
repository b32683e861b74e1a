import { expect } from "chai";
import { table } from "../src/display/table.ts";

describe("a table", () => {
  it("stands in columns whatever is written in it", () => {
    const rows = [
      ["数学", 12, "two columns a sign"],
      ["🧮👩‍👩‍👧", 3, "emoji, also joined ones"],
      ["e\u0301te\u0301", 1, "marks take none"],
      ["ﾊﾝｶｸ", 40, "half width"],
      ["plain", 500, "one each"],
    ];
    expect(table(["task", "rows", "what"], rows).split("\n")).to.deep.equal([
      "task   rows  what",
      "─────  ────  ───────────────────────",
      "数学     12  two columns a sign",
      "🧮👩‍👩‍👧      3  emoji, also joined ones",
      "e\u0301te\u0301       1  marks take none",
      "ﾊﾝｶｸ     40  half width",
      "plain   500  one each",
    ]);
  });

  it("puts numbers to the right, with shares and blanks among them, and texts to the left", () => {
    const rows = [
      ["a", "1,204", "7%", "–"],
      ["b", "3", "", "0.5"],
    ];
    expect(table(["what", "count", "share", "mean"], rows).split("\n")).to.deep.equal([
      "what  count  share  mean",
      "────  ─────  ─────  ────",
      "a     1,204     7%     –",
      "b         3          0.5",
    ]);
  });

  it("keeps each row in its line, and lets nothing in it act", () => {
    const lines = table(["task\u001b[2J"], [["a\nb\tc"], ["\u202Ed"]]).split("\n");
    expect(lines).to.deep.equal(["task\\u001b[2J", "─────────────", "a b c", "\\u202ed"]);
  });
});
