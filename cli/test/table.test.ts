import { expect } from "chai";
import { bytes, table } from "../src/display/table.ts";

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

  it("fits a terminal: the widest columns are broken into lines, by words, and no number is", () => {
    const rows = [
      ["correctness", "12,345,678,901,234", "1: the final answer matches one of the gold answers; 0: it does not"],
      ["  indented words here", "7", "short"],
    ];
    expect(table(["dimension", "count", "what"], rows, 56).split("\n")).to.deep.equal([
      "dimension                       count  what",
      "─────────────────  ──────────────────  ─────────────────",
      "correctness        12,345,678,901,234  1: the final",
      "                                       answer matches",
      "                                       one of the gold",
      "                                       answers; 0: it",
      "                                       does not",
      "  indented words                    7  short",
      "  here",
    ]);
  });

  it("breaks a word only where it is long or nothing else fits, never a number, and is wider than the terminal then", () => {
    expect(
      table(["a"], [["x".repeat(100)]], 50)
        .split("\n")
        .slice(2),
    ).to.deep.equal(["x".repeat(50), "x".repeat(50)]);
    const name = "plugins.student.options.endpoint";
    const lines = table(["setting that differs", "A", "B"], [[name, name, name]], 80).split("\n");
    expect(Math.max(...lines.map(({ length }) => length))).to.equal(80);
    expect(table(["setting that differs", "A", "B"], [[name, name, name]], 100)).to.contain(name + "  ".concat(name));
    const long = table(["setting", "A"], [[name, "/".repeat(50)]], 60).split("\n");
    expect(long[2], "the long word gives way").to.equal(`${name}  ${"/".repeat(26)}`);
    expect(table(["a"], [["1".repeat(30)]], 20).split("\n")[2]).to.equal("1".repeat(30));
  });

  it("gives each row lines of its own where nothing else fits", () => {
    const header = ["run", "state", "preset", "last worked on"];
    const rows = [
      ["runs/one-of-a-long-name", "done", "a-preset-of-a-long-name", "2026-12-01 12:47"],
      ["runs/two", "done", "short", "2026-12-01 12:49"],
    ];
    expect(table(header, rows, 50).split("\n")).to.deep.equal([
      "runs/one-of-a-long-name",
      "  state           done",
      "  preset          a-preset-of-a-long-name",
      "  last worked on  2026-12-01 12:47",
      "runs/two",
      "  state           done",
      "  preset          short",
      "  last worked on  2026-12-01 12:49",
    ]);
    expect(table(header, rows, 100).split("\n")).to.have.length(4);
  });
});

describe("bytes", () => {
  it("are told in the unit that leaves the fewest digits", () => {
    expect([0, 1023, 1024, 150 * 2 ** 10, 1.44 * 2 ** 30, 2 ** 60].map(bytes)).to.deep.equal([
      "0 B",
      "1023 B",
      "1.0 KiB",
      "150 KiB",
      "1.4 GiB",
      "1048576 TiB",
    ]);
  });
});
