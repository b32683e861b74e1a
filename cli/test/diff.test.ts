import type { StoredTrajectory } from "@autotraj/core";
import { expect } from "chai";
import { renderDiff } from "../src/commands/diff.ts";
import { widthOf } from "../src/display/lines.ts";

const COLUMNS = 60;
const LONG = "The tool has added what I gave it, so that nothing is left to be done but to say what it says, which is";

function stored(id: string, fate: StoredTrajectory["fate"], answer: string, thoughts: string): StoredTrajectory {
  const trajectory = {
    ...{ id, dialect: "tags", answer, provenance: { repairer: "fix" } },
    query: { id: "q", question: "What is 1 + 1?", answers: ["2"] },
    messages: [{ role: "assistant", content: "", text: `${thoughts}\n    indented: ${LONG} ${answer}` }],
  };
  return { trajectory, fate, scores: {}, verdict: { decision: "keep", reason: "right" } } as unknown as StoredTrajectory;
}

describe("an original and its repair", () => {
  const { isTTY, columns } = process.stdout;
  afterEach(() => void Object.assign(process.stdout, { isTTY, columns }));

  const onTerminal = (width: number | undefined, colored: boolean) => {
    Object.assign(process.stdout, { isTTY: width !== undefined, columns: width });
    const [before, after] = [stored("t-1", "repaired", "3", LONG), stored("t-2", "accepted", "2", LONG)];
    return renderDiff(before, after, colored).split("\n");
  };

  for (const colored of [false, true])
    it(`go on below the marks of their lines where a terminal is narrow${colored ? ", in colours" : ""}`, () => {
      const lines = onTerminal(COLUMNS, colored);
      expect(lines.filter((line) => widthOf(line) > COLUMNS)).to.deep.equal([]);
      expect(lines.join("\n")).to.match(/^~ The tool has added.*\n {2}\S/m);
    });

  it("are lines of any length in a pipe", () => {
    const lines = onTerminal(undefined, false);
    expect(lines).to.include(`~ ${LONG}`);
    expect(lines).to.include(`~     indented: ${LONG} [-3-]{+2+}`);
  });
});
