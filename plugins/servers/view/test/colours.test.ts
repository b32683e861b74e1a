import { readFileSync } from "node:fs";
import { expect } from "chai";

/** What text is written in, and what it may stand on: a mark of a score lies over changes, code and folded text alike. */
const TEXT = ["ink", "quiet", "link", "good", "changed", "warn", "bad", "code-keyword", "code-string", "code-number", "code-comment", "code-name"];
const GROUNDS = ["paper", "shade", "chosen", "added", "removed", "mark", "learnt"];
/** WCAG 2.2, 1.4.3 (AA). */
const LEAST = 4.5;

describe("the viewer's colours", () => {
  const css = readFileSync(new URL("../web/src/app.css", import.meta.url), "utf8");
  const [light = "", dark = ""] = [...css.matchAll(/^:root[^{]*\{([^}]*)\}/gm)].map(([, block = ""]) => block);
  for (const [scheme, block] of [
    ["light", light],
    ["dark", dark],
  ] as const) {
    it(`can be read on each other, ${scheme}`, () => {
      const colour = (name: string) => new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(block)?.[1] ?? expect.fail(`there is no --${name}`);
      const faint = TEXT.flatMap((text) =>
        GROUNDS.map((ground) => ({ pair: `${text} on ${ground}`, contrast: contrast(colour(text), colour(ground)) })),
      ).filter((found) => found.contrast < LEAST);
      expect(faint).to.deep.equal([]);
    });
  }
});

/** WCAG 2.2, "contrast ratio". */
function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
