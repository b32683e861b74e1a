import { expect } from "chai";
import type { MessagePart, MessageView, TrajectoryView } from "../src/api.ts";
import { aligned, stepsOf, textChanges } from "../web/src/repair/aligned.ts";
import { shown } from "../web/src/shown-text.ts";
import { marksIn, piecesOf } from "../web/src/trajectory/marks.ts";

const part = (kind: MessagePart["kind"], text: string): MessagePart => ({ kind, text, length: text.length });

/** Turns of one part each. */
function trajectory(...parts: readonly MessagePart[]): TrajectoryView {
  const messages = parts.map(
    (one, index): MessageView => ({
      index,
      role: one.kind === "result" ? "tool" : "assistant",
      parts: [one],
      raw: one,
      train: true,
      seen: { ...one, train: true },
    }),
  );
  return { messages } as unknown as TrajectoryView;
}

const alignment = (before: TrajectoryView, after: TrajectoryView) =>
  aligned(stepsOf(before), stepsOf(after)).map(({ change, original, repair }) => [change, original?.part.text ?? null, repair?.part.text ?? null]);

describe("a repair beside its original", () => {
  it("has equal steps beside each other, and changed ones beside those of their kind", () => {
    const before = trajectory(part("thinking", "a"), part("call", "print(1)"), part("result", "1"), part("answer", "1"));
    const after = trajectory(part("thinking", "a"), part("call", "print(2)"), part("result", "2"), part("answer", "2"));
    expect(alignment(before, after)).to.deep.equal([
      ["same", "a", "a"],
      ["changed", "print(1)", "print(2)"],
      ["changed", "1", "2"],
      ["changed", "1", "2"],
    ]);
  });

  it("has steps that one side lacks where they belong", () => {
    const before = trajectory(part("call", "x"), part("result", "NameError"), part("thinking", "b"), part("answer", "3"));
    const after = trajectory(part("thinking", "b"), part("call", "y"), part("result", "4"), part("answer", "3"));
    expect(alignment(before, after)).to.deep.equal([
      ["removed", "x", null],
      ["removed", "NameError", null],
      ["same", "b", "b"],
      ["added", null, "y"],
      ["added", null, "4"],
      ["same", "3", "3"],
    ]);
    expect(alignment(before, trajectory()).map(([change]) => change)).to.deep.equal(["removed", "removed", "removed", "removed"]);
  });

  it("gives both texts whole, whatever of them differs", () => {
    for (const [before, after] of [
      ["a b c", "a x c"],
      ["", "new"],
      ["gone", ""],
      ["x".repeat(20_000), "y"],
    ] as const) {
      const changes = textChanges(before, after);
      const side = (without: string) => changes.flatMap(({ text, change }) => (change === without ? [] : [text])).join("");
      expect(side("added")).to.equal(before);
      expect(side("removed")).to.equal(after);
    }
  });
});

describe("what changed in a text", () => {
  it("goes on over the spaces between words that changed, and ends at a word that did not, or a line", () => {
    expect(textChanges("I start with it.", "The sum is right.")).to.deep.equal([
      { text: "I start with it", change: "removed" },
      { text: "The sum is right", change: "added" },
      { text: ".", change: "same" },
    ]);
    expect(textChanges("for d in range(9)", "for n in range(9)").map(({ text }) => text)).to.deep.equal(["for ", "d", "n", " in range(9)"]);
    expect(textChanges("a\nb", "x\ny").map(({ change }) => change)).to.deep.equal(["removed", "added", "same", "removed", "added"]);
  });
});

describe("the marks of a score", () => {
  const raw = "<think>so 27</think>\n<answer>27</answer>";
  const message: MessageView = {
    index: 3,
    role: "assistant",
    train: true,
    raw: { text: raw, length: raw.length },
    seen: null,
    parts: [part("thinking", "so 27"), part("answer", "27 apples")],
  };
  const score = (start: number, end: number, at = 3) => [{ dimension: "d", value: 0, spans: [{ message: at, start, end, note: "why" }] }];

  it("lie where the part stands in the raw text, and nowhere where it does not", () => {
    const [start, end] = [raw.indexOf("27"), raw.indexOf("27") + 2];
    expect(marksIn(message, 0, score(start, end))).to.deep.equal([{ start: 3, end: 5, label: "d 0: why" }]);
    expect(marksIn(message, "raw", score(start, end))).to.deep.equal([{ start, end, label: "d 0: why" }]);
    expect(marksIn(message, 1, score(start, end)), "this part is not in the raw text").to.deep.equal([]);
    expect(marksIn(message, 0, score(start, end, 4)), "another message").to.deep.equal([]);
  });

  it("may overlap and reach beyond the text, and no letter is lost or doubled", () => {
    const marks = [...marksIn(message, "raw", score(-5, 10)), ...marksIn(message, "raw", score(5, 1e9))];
    const pieces = piecesOf(raw, marks);
    expect(pieces.map(({ text }) => text).join("")).to.equal(raw);
    expect(pieces.map(({ labels }) => labels.length)).to.deep.equal([1, 2, 1]);
    expect(piecesOf("", marks)).to.deep.equal([]);
  });
});

describe("foreign text", () => {
  it("has what cannot be seen, or turns other text around, spelled out", () => {
    expect(shown("a\u001b[31m \u0000 \u009b")).to.equal("a␛[31m ␀ \\u009b");
    expect(shown("x\u202ey\u2066z\u200f")).to.equal("x\\u202ey\\u2066z\\u200f");
    expect(shown("\ud800 and \udc00")).to.equal("\\ud800 and \\udc00");
  });

  it("is left alone where it is only foreign", () => {
    for (const text of ["שלום العربية 漢字 é\u0301 ไทย", "👩‍👩‍👧‍👦", "tab\there\nline", "<script>&amp;"]) expect(shown(text)).to.equal(text);
  });
});
