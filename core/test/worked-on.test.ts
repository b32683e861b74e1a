import { mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { RunStore } from "../src/loop/store/run-store.ts";
import { isWorkedOn, lastChange, lastEvent } from "../src/results/worked-on.ts";

describe("a run seen from outside", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-worked-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const open = () => RunStore.open(folder, { runId: "a-0", preset: "a", presetHash: "0", queriesHash: "0" });
  const log = (text: string) => writeFileSync(join(folder, "log.jsonl"), text);

  it("is worked on while its store is open for writing, and asking refuses nobody", () => {
    expect(isWorkedOn(folder)).to.equal(false);
    const store = open();
    expect(isWorkedOn(folder)).to.equal(true);
    store.close();
    expect(isWorkedOn(folder)).to.equal(false);
    open().close();
  });

  it("says what happened last, of a log of any size, whose last line may be cut off", () => {
    expect(lastEvent(folder)).to.equal(undefined);
    log("");
    expect(lastEvent(folder)).to.equal(undefined);
    log(`{"event":"start"}\n{"event":"finish"}\n`);
    expect(lastEvent(folder)).to.equal("finish");
    log(`{"event":"start"}\n{"event":"fin`);
    expect(lastEvent(folder)).to.equal(undefined);
    log(`${`{"event":"info","message":"${"é".repeat(100)}"}\n`.repeat(2000)}{"event":"end"}\n`);
    expect(lastEvent(folder)).to.equal("end");
  });

  it("changed when the newest of its files did", () => {
    expect(lastChange(folder)).to.equal(0);
    open().close();
    log("");
    utimesSync(join(folder, "run.db"), 1_000, 1_000);
    utimesSync(join(folder, "log.jsonl"), 2_000, 2_000);
    expect(lastChange(folder)).to.equal(2_000_000);
  });
});
