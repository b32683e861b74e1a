/** The published logs, written as ATIF and read again: nothing is lost. */
import { trajectoryId } from "@autotraj/core";
import type { JsonObject, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { PUBLISHED_RUNS, publishedRuns } from "../../steps/test/recorded.ts";
import { harborRefuses } from "./harbor-rules.ts";
import { atif, readWith } from "./support.ts";

describe("the published logs as ATIF", () => {
  let runs: Trajectory[];
  before(async () => {
    runs = await publishedRuns();
  });

  it("are documents that Harbor's rules accept, and come back the same, id and all", async () => {
    const format = await atif();
    for (const run of runs) {
      const document = JSON.parse(JSON.stringify(format.sft!(run))) as JsonObject;
      expect(harborRefuses(document)).to.equal(undefined);
      const again = readWith(format, document);
      expect(again).to.deep.equal({ ...run, usage: again.usage });
      expect(again.id).to.equal(trajectoryId(run));
    }
    expect(runs).to.have.length(PUBLISHED_RUNS);
  });
});
