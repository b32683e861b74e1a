import { readdirSync } from "node:fs";
import { join } from "node:path";
import { StopSwitch } from "@autotraj/core";
import { expect } from "chai";
import fc from "fast-check";
import { TrackedRuns } from "../../../../test/tracked-run.ts";
import { crc32c } from "../src/crc32c.ts";
import { Histogram } from "../src/histogram.ts";
import plugin from "../src/index.ts";
import { bitByBit, type ReadEvent, readFolder } from "./reader.ts";

describe("TensorBoard's event files", () => {
  let runs: TrackedRuns;
  beforeEach(() => {
    runs = new TrackedRuns();
  });
  afterEach(() => runs.remove());
  const start = (options: object = {}, settings: Parameters<TrackedRuns["start"]>[2] = {}) => runs.start(plugin as never, options, settings);
  const events = () => readFolder(join(runs.at, "tensorboard"));
  const curve = (tag: string, read: readonly ReadEvent[] = events()) =>
    read.filter((event) => event.tag === tag && event.value !== undefined).map(({ step, value }) => [step, value]);

  it("begin with their version, and have right lengths and checksums", async () => {
    await start();
    const read = events();
    expect(read[0]).to.include({ version: "brain.Event:2", step: 0 });
    expect(read.filter(({ version }) => version !== undefined)).to.have.length(1);
    for (const { wallTime } of read) expect(Math.abs(wallTime - Date.now() / 1000)).to.be.below(120);
    expect(runs.incidents).to.deep.equal([]);
  });

  it("hold the curves of the loop over its questions, and the funnel", async () => {
    const { summary } = await start({}, { questions: 8 });
    const { kept, candidates, repaired } = summary.funnel;
    const student = summary.usage["student"];
    expect(curve("funnel/kept")).to.deep.equal([[8, kept]]);
    expect(curve("loop/candidates").at(-1)).to.deep.equal([8, candidates]);
    expect(curve("loop/kept").at(-1)).to.deep.equal([8, kept]);
    expect(curve("loop/repaired").at(-1)).to.deep.equal([8, repaired]);
    expect(curve("calls/student").at(-1)).to.deep.equal([8, student?.calls]);
    expect(curve("tokens/student/completion").at(-1)).to.deep.equal([8, student?.completionTokens]);
    expect(curve("usd").at(-1)?.[1]).to.be.closeTo(student?.usd ?? 0, 1e-7);
    expect(curve("mean/correctness").at(-1)?.[1]).to.be.closeTo(kept / candidates, 1e-6);
    expect(curve("seconds/student")).not.to.be.empty;
  });

  it("hold each step of a training under its stage, and what it left", async () => {
    await start({}, { trains: "sft" });
    expect(curve("sft/loss").map(([step, value]) => [step, value?.toFixed(4)])).to.deep.equal([
      [1, "1.0000"],
      [2, "0.5000"],
      [3, "0.3333"],
    ]);
    expect(curve("sft/tokensPerSecond").at(-1)).to.deep.equal([3, 30]);
    expect(curve("sft/result/loss")).to.deep.equal([[0, 0.25]]);
  });

  it("hold histograms of scores, unless told not to", async () => {
    const { summary } = await start();
    const { candidates, toRepair } = summary.funnel;
    const found = events().find(({ tag }) => tag === "scores/correctness")?.histogram;
    expect(found).to.include({ least: 0, most: 1, count: candidates + toRepair });
    expect(found?.counts.reduce((sum, count) => sum + count, 0)).to.equal(candidates + toRepair);
    expect(found?.limits).to.deep.equal(found?.limits.toSorted((a, b) => a - b));
    runs.remove();
    await start({ histograms: false });
    expect(events().filter(({ histogram }) => histogram !== undefined)).to.deep.equal([]);
    expect(events()).not.to.be.empty;
  });

  it("go on where an earlier process of the run has stopped", async () => {
    const stop = new StopSwitch();
    const failed = await start({}, { questions: 12, stop, observer: { trajectory: () => stop.softly() } }).catch(({ code }) => code);
    expect(failed).to.equal("ATRAJ_INTERRUPTED");
    const { summary } = await start({}, { questions: 12 });
    expect(readdirSync(join(runs.at, "tensorboard")).filter((name) => name.startsWith("events"))).to.have.length(2);
    expect(curve("loop/kept").at(-1)).to.deep.equal([12, summary.funnel.kept]);
    expect(curve("calls/student").at(-1)).to.deep.equal([12, summary.usage["student"]?.calls]);
  });

  it("lie beside those of other runs, where a folder is named", async () => {
    await start({ folder: join(runs.folder, "boards") });
    expect(curve("funnel/queries", readFolder(join(runs.folder, "boards", "run")))).to.deep.equal([[6, 6]]);
  });
});

describe("the parts of an event file", () => {
  it("have checksums as CRC-32C's definition says", () => {
    expect(crc32c(Buffer.from("123456789"))).to.equal(0xe3069283);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => crc32c(bytes) === bitByBit(Buffer.from(bytes))));
  });

  it("count every value of a histogram in the bucket that it lies in", () => {
    const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(values, (list) => {
        const histogram = new Histogram();
        for (const value of list) histogram.add(value);
        const buckets = histogram.buckets();
        let below = Number.NEGATIVE_INFINITY;
        for (const { limit, count } of buckets) {
          expect(limit).to.be.above(below);
          expect(count).to.equal(list.filter((value) => value >= below && value < limit).length);
          below = limit;
        }
        expect(buckets.reduce((sum, { count }) => sum + count, 0)).to.equal(list.length);
      }),
    );
  });
});
