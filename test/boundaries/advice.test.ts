/** Commands that people are told to type stand in backticks, by which the command line finds them and says them as it was started itself: `npx autotraj …`. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { root } from "./workspaces.ts";

const SOURCES = ["core/src/**/*.ts", "cli/src/**/*.ts", "cli/*/src/**/*.ts", "plugins/*/*/src/**/*.ts"];
/** A text's mention of a command, without the comments, which nobody is told. */
const NAKED =
  /(?<![`\w@/.-]|npx )autotraj (?:init|run|resume|train|eval|study|plan|preset|import|export|runs|watch|stats|report|explain|diff|compare|curate|config|schema|plugin|doctor|model|env|cache|sandbox|serve|view)\b/;

describe("advice to type a command", () => {
  it("stands in backticks wherever it is worded", () => {
    const naked = globSync(SOURCES, { cwd: root }).flatMap((file) =>
      withoutComments(readFileSync(join(root, file), "utf8"))
        .split("\n")
        .flatMap((line) => (NAKED.test(line) ? [`${file}: ${line.trim()}`] : [])),
    );
    expect(naked).to.deep.equal([]);
  });
});

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}
