import { expect } from "chai";
import { saysFailed } from "../../src/data/recorded/failed-results.ts";

describe("a result under a label that its agent puts before every result", () => {
  it("fails where the text behind the label does", () => {
    for (const text of [
      "OBSERVATION:\nERROR:\nNo replacement was performed.",
      "Observation: NameError: x",
      "Tool output: command not found: x\nexit code: 127",
    ]) {
      expect(saysFailed(text), text).to.equal(true);
    }
    for (const text of ["OBSERVATION:\n12 files", "Observation: no error was found", "Output: errors.py", "Observation:\n\n"]) {
      expect(saysFailed(text), text).to.equal(false);
    }
  });
});
