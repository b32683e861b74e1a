import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Progress, readSummary } from "@autotraj/core";
import { expect } from "chai";
import { generateRun } from "../../../test/generated-run.ts";
import { type Command, startUntilEndOfTest } from "../../../test/integration/command.ts";
import { writeDemo } from "../../../test/integration/demo.ts";
import { inThisProcess } from "../../../test/integration/in-this-process.ts";
import { fixture, until } from "../../../test/integration/sums.ts";
import { RunLog } from "../src/run-log.ts";
import { watchRun } from "../src/watch-run.ts";

function newFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "autotraj-watching-")));
}

const hashOf = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

describe("autotraj watch", function () {
  this.timeout(180_000);
  let folder: string;
  const start = startUntilEndOfTest();
  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A run whose loop stands still while a file is there, and whose trainer waits for one. */
  function writeWaiting(): string {
    const [hold, go] = [join(folder, "hold"), join(folder, "go")];
    writeFileSync(hold, "");
    writeDemo(folder, { hangsWhile: hold, hangsFor: "What is 5 +" });
    const preset = JSON.parse(readFileSync(join(folder, "demo.json"), "utf8"));
    preset.plugins.trainer = { use: fixture("pretend-trainer") };
    preset.stages = { sft: { model: "base", steps: 5, waitFor: go } };
    writeFileSync(join(folder, "demo.json"), JSON.stringify(preset));
    return join(folder, "out");
  }

  /** `autotraj watch out`, with all it has printed so far. */
  function watching(): { readonly command: Command; readonly seen: () => string } {
    const command = start(["watch", "out", "--show", "100"], folder);
    let seen = "";
    command.child.stdout?.on("data", (chunk) => {
      seen += chunk;
    });
    return { command, seen: () => seen };
  }

  it("shows what a run of another process does, and ends with it, or by Ctrl-C alone", async () => {
    const runDir = writeWaiting();
    const run = start(["run", "demo.json", "--out", "out"], folder);
    await until(() => existsSync(join(runDir, "log.jsonl")) && readFileSync(join(runDir, "log.jsonl"), "utf8").includes('"start"'));
    const [first, second] = [watching(), watching()];
    await until(() => first.seen().includes(" q-") && second.seen().includes(" q-"));
    rmSync(join(folder, "hold"));
    await until(() => first.seen().includes("stage sft begins"));
    first.command.child.kill("SIGINT");
    const left = await first.command.ended;
    expect([left.code, left.stdout.trimEnd().split("\n").at(-1)]).to.deep.equal([0, "The run goes on; nobody watches it here any more."]);
    writeFileSync(join(folder, "go"), "");
    const { code, stdout, stderr } = await second.command.ended;
    expect([code, stderr]).to.deep.equal([0, ""]);
    expect(stdout).to.match(/^(kept|poor) +q-\d: What is \d \+ \d+\? │ .* │ answer \d+/m);
    expect(stdout).to.match(/^stage sft is done: \d+ rows, steps 5/m);
    expect(stdout.trimEnd().split("\n").at(-1)).to.equal("The run is finished. `autotraj stats out` shows its tables.");
    expect(stdout, "piped").to.not.contain("\r").and.not.to.contain("\u001b");
    expect((await run.ended).code).to.equal(0);
  });

  it("says so where the process is killed", async () => {
    const runDir = writeWaiting();
    rmSync(join(folder, "hold"));
    const run = start(["run", "demo.json", "--out", "out"], folder);
    await until(() => existsSync(join(runDir, "models/sft/job.json")));
    const { command, seen } = watching();
    await until(() => seen().includes("stage sft begins"));
    run.child.kill("SIGKILL");
    const { code, stdout } = await command.ended;
    writeFileSync(join(folder, "go"), "");
    expect(code).to.equal(1);
    expect(stdout).to.contain("Nobody works on this run any more, and it is not finished. `autotraj resume out` goes on with it.");
  });

  it("of a run that has ended says so at once, and changes nothing of it", async () => {
    generateRun({ runDir: join(folder, "out"), trajectories: 60 });
    const log = join(folder, "out/log.jsonl");
    writeFileSync(log, '{"event":"start","queries":20}\n{"event":"finish"}\n');
    const state = () => ["run.db", "log.jsonl"].map((file) => [statSync(join(folder, "out", file)).mtimeMs, hashOf(join(folder, "out", file))]);
    const before = state();
    const ended = await inThisProcess(["watch", "out"], folder);
    expect(ended.stdout).to.match(
      /^\d+\/20 questions · \d+ candidates: \d+ kept.* s\nThe run is finished\. `autotraj stats out` shows its tables\.\n$/,
    );
    expect([ended.code, state()]).to.deep.equal([0, before]);
    writeFileSync(log, '{"event":"start","queries":20}\n{"event":"end","error":"[ATRAJ_INTERRUPTED] run: stopped as asked."}\n');
    const stopped = await inThisProcess(["watch", "out", "--json"], folder);
    expect(stopped.code).to.equal(1);
    expect(JSON.parse(stopped.stdout)).to.deep.equal({ run: "out", ended: "failed", error: "[ATRAJ_INTERRUPTED] run: stopped as asked." });
    expect((await inThisProcess(["watch", "out"], folder)).stdout).to.contain(
      "The run has ended: [ATRAJ_INTERRUPTED] run: stopped as asked.\n`autotraj resume out`",
    );
  });

  it("of a folder that nobody here works on waits while it changes, and no longer", async () => {
    // As another machine's is seen here: no lock, and no end so far.
    generateRun({ runDir: join(folder, "out"), trajectories: 60 });
    const log = join(folder, "out/log.jsonl");
    writeFileSync(log, '{"event":"start","queries":20}\n');
    const watched = inThisProcess(["watch", "out"], folder);
    setTimeout(() => appendFileSync(log, '{"event":"info","message":"from afar"}\n{"event":"finish"}\n'), 500);
    const { code, stdout } = await watched;
    expect(code).to.equal(0);
    expect(stdout).to.contain("from afar\n").and.to.contain("The run is finished.");
    writeFileSync(log, '{"event":"start","queries":20}\n');
    const longAgo = Date.now() / 1000 - 3600;
    for (const file of ["run.db", "run.db-wal", "log.jsonl"])
      if (existsSync(join(folder, "out", file))) utimesSync(join(folder, "out", file), longAgo, longAgo);
    const left = await inThisProcess(["watch", "out"], folder);
    expect([left.code, left.stdout.includes("Nobody works on this run any more")]).to.deep.equal([1, true]);
  });

  it("needs a run", async () => {
    const { code, stderr } = await inThisProcess(["watch", "nowhere"], folder);
    expect(code).to.equal(2);
    expect(stderr).to.contain("[ATRAJ_RUN_NOT_FOUND] nowhere");
  });
});

describe("what is told of a run that is followed", () => {
  let folder: string;
  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("are the counts of its tables", async () => {
    generateRun({ runDir: folder, trajectories: 600 });
    writeFileSync(join(folder, "log.jsonl"), '{"event":"start","queries":192}\n{"event":"finish"}\n');
    let told: Progress | undefined;
    const observer = {
      started: (progress: Progress) => {
        told = progress;
      },
    };
    expect(await watchRun({ runDir: folder, observer, show: 0, signal: new AbortController().signal })).to.deep.equal({ ended: "finished" });
    const { funnel } = readSummary(folder);
    const { queries, done, candidates, kept, toRepair, repaired, hard, discarded, refused } = told as Progress;
    expect({ candidates, kept, toRepair, repaired, hard, discarded, refused }).to.deep.equal({
      ...{ candidates: funnel.candidates, kept: funnel.kept, toRepair: funnel.toRepair, repaired: funnel.repaired },
      ...{ hard: funnel.hard, discarded: funnel.discarded, refused: funnel.refused },
    });
    expect([queries, done]).to.deep.equal([192, funnel.queries]);
  });

  it("are whole lines of its log, from the last start on", () => {
    const file = join(folder, "log.jsonl");
    const line = (entry: object) => `${JSON.stringify(entry)}\n`;
    writeFileSync(
      file,
      `${line({ event: "start", queries: 1 })}no JSON\n${line({ event: "end" })}${line({ event: "start", queries: 2 })}{"event":"inf`,
    );
    const log = new RunLog(file);
    expect(log.read()).to.deep.equal([{ event: "start", queries: 2 }]);
    appendFileSync(file, 'o","message":"é');
    expect(log.read()).to.deep.equal([]);
    appendFileSync(file, `"}\n${line({ event: "start", queries: 3 })}`);
    expect(log.read()).to.deep.equal([
      { event: "info", message: "é" },
      { event: "start", queries: 3 },
    ]);
    writeFileSync(file, line({ event: "finish" }));
    expect(log.read(), "another file").to.deep.equal([{ event: "finish" }]);
  });
});
