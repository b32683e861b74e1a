import { expect } from "chai";
import { startedBy } from "../../test/npm-command.ts";
import { asTyped, commandLine, continued } from "../src/command-line.ts";

describe("a command line that is advised", () => {
  it("begins as the program was started, and can be copied into a shell", () => {
    const line = () => commandLine(["explain", "runs/it's mine", "#1"]);
    expect(startedBy(undefined, line)).to.equal("autotraj explain 'runs/it'\\''s mine' '#1'");
    expect(startedBy("exec", line)).to.equal("npx autotraj explain 'runs/it'\\''s mine' '#1'");
    // `npm run` finds it by its own name, in a script of package.json.
    expect(startedBy("run-script", line)).to.equal("autotraj explain 'runs/it'\\''s mine' '#1'");
  });

  it("is found in what others advise, and nothing else is", () => {
    const advice =
      "`autotraj` alone says how to begin, `autotraj run x` runs; autotraj is its name, `autotraj-x` another, `npx autotraj y` is said already.";
    expect(startedBy("exec", () => asTyped(advice))).to.equal(
      "`npx autotraj` alone says how to begin, `npx autotraj run x` runs; autotraj is its name, `autotraj-x` another, `npx autotraj y` is said already.",
    );
    expect(startedBy(undefined, () => asTyped(advice))).to.equal(advice);
  });

  it("goes on in further lines where it is too long for one, which a shell reads as one", () => {
    const line = "npm install @autotraj/format-chat @autotraj/scorer-answer @autotraj/gate-threshold";
    expect(continued(line, 200)).to.equal(line);
    expect(continued(line, 60)).to.equal("npm install @autotraj/format-chat @autotraj/scorer-answer \\\n  @autotraj/gate-threshold");
    for (const columns of [1, 20, 40, 60, 82]) {
      const lines = continued(line, columns).split("\n");
      expect(lines.join("\n").replaceAll(" \\\n  ", " ")).to.equal(line);
      if (columns >= 40) for (const one of lines) expect(one.length).to.be.at.most(columns);
    }
  });
});
