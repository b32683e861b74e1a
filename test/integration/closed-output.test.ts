/** Who reads what a command prints may stop reading, as `| head` does, or its terminal may be closed: what is being done is done. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { startUntilEndOfTest } from "./command.ts";
import { writeDemo } from "./demo.ts";
import { newFolder } from "./sums.ts";

describe("a command whose output nobody reads any more", function () {
  this.timeout(120_000);
  let folder: string;
  const start = startUntilEndOfTest();
  beforeEach(() => {
    folder = newFolder();
    writeDemo(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("ends as it would, without a word about it", async () => {
    const { child, ended } = start(["preset", "list"], folder);
    child.stdout?.destroy();
    expect(await ended).to.deep.equal({ code: 0, signal: null, stdout: "", stderr: "" });
  });

  it("keeps the code by which it says that something is wrong", async () => {
    const { child, ended } = start(["stats", "nowhere"], folder);
    child.stderr?.destroy();
    expect((await ended).code).to.equal(2);
  });

  it("does a run to its end, with both of its streams closed", async () => {
    const { child, ended } = start(["run", "demo.json", "--out", "out"], folder);
    child.stdout?.destroy();
    child.stderr?.destroy();
    expect((await ended).code).to.equal(0);
    const { finished, funnel } = JSON.parse(readFileSync(join(folder, "out/summary.json"), "utf8"));
    expect([finished, funnel.queries]).to.deep.equal([true, 8]);
  });
});
