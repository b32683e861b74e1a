import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { launch } from "../src/host/launcher.ts";
import { ProcessGroups } from "../src/host/process-groups.ts";
import type { LaunchPlan, TrainProgress } from "../src/kernel/plugin.ts";
import { keepSecret } from "../src/kernel/redaction.ts";
import { StopSwitch } from "../src/loop/stop-switch.ts";
import { failureOf } from "./support/failures.ts";
import { isAlive } from "./support/processes.ts";
import { until } from "./support/runs.ts";

/** Real processes: Node programs in the place of trainers. */
describe("a training process", function () {
  this.timeout(30_000);
  let dir: string;
  beforeEach(() => {
    dir = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-launch-")));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const plan = (program: string, more: Partial<LaunchPlan> = {}): LaunchPlan => ({
    files: { "train.mjs": `import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";\n${program}` },
    argv: [process.execPath, "train.mjs"],
    env: {},
    progressFile: "progress.jsonl",
    progress: (line) => (line.startsWith("{") ? (JSON.parse(line) as TrainProgress) : undefined),
    exclusive: false,
    ...more,
  });
  const context = (more: Partial<Parameters<typeof launch>[1]> = {}) => ({
    who: 'stage "sft"',
    dir,
    cacheDir: join(dir, "cache"),
    stop: new StopSwitch(),
    onProgress: () => {},
    onInfo: () => {},
    ...more,
  });
  const step = (n: number) => `appendFileSync("progress.jsonl", JSON.stringify({ step: ${n}, total: 3, metrics: { loss: ${4 - n} } }) + "\\n");`;

  it("is given what trainers commonly need of the environment, and what its plan and its preset add", async () => {
    const set = { NCCL_DEBUG: "INFO", LAUNCHED_BY_PLAN: "1", LAUNCHED_BY_PRESET: "2", LAUNCHED_BY_NOBODY: "3" };
    Object.assign(process.env, set);
    try {
      const program = `writeFileSync("env.json", JSON.stringify(process.env));`;
      await launch(plan(program, { inherit: ["LAUNCHED_BY_PLAN"], env: { OWN: "4" } }), context({ environment: ["LAUNCHED_BY_PRE*"] }));
    } finally {
      for (const name of Object.keys(set)) delete process.env[name];
    }
    const given = JSON.parse(readFileSync(join(dir, "env.json"), "utf8"));
    expect(given).to.include({ NCCL_DEBUG: "INFO", LAUNCHED_BY_PLAN: "1", LAUNCHED_BY_PRESET: "2", OWN: "4" });
    expect(given).not.to.have.property("LAUNCHED_BY_NOBODY");
  });

  it("is given its files and environment, reports from its own log, and nothing of this process's secrets", async () => {
    process.env["AUTOTRAJ_TEST_SECRET"] = "not for children";
    const seen: number[] = [];
    try {
      await launch(
        plan(
          `${step(1)}${step(2)} appendFileSync("progress.jsonl", "no progress\\n"); ${step(3)} writeFileSync("env.json", JSON.stringify(process.env)); console.log("said");`,
          {
            env: { MARK: "given" },
          },
        ),
        context({ onProgress: ({ step: n }) => seen.push(n) }),
      );
    } finally {
      delete process.env["AUTOTRAJ_TEST_SECRET"];
    }
    expect(seen).to.deep.equal([1, 2, 3]);
    const env = JSON.parse(readFileSync(join(dir, "env.json"), "utf8"));
    expect(env).to.include({ MARK: "given", PATH: process.env["PATH"] });
    expect(env).not.to.have.property("AUTOTRAJ_TEST_SECRET");
    expect(readFileSync(join(dir, "process.log"), "utf8")).to.equal("said\n");
  });

  it("reports what it has written before anybody looked, as on a busy machine", async () => {
    const written = () => existsSync(join(dir, "progress.jsonl")) && readFileSync(join(dir, "progress.jsonl"), "utf8").endsWith("\n");
    class Late extends ProcessGroups {
      override record(...child: Parameters<ProcessGroups["record"]>): () => void {
        while (!written()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
        return super.record(...child);
      }
    }
    const seen: number[] = [];
    await launch(plan(step(1)), context({ groups: new Late(join(dir, "processes")), onProgress: (progress) => seen.push(progress.step) }));
    expect(seen).to.deep.equal([1]);
  });

  it("keeps no secret in its log, and is given none in a file", async () => {
    keepSecret("launched-secret-1");
    await launch(plan("console.log('as', process.env.KEY, encodeURIComponent(process.env.KEY));", { env: { KEY: "launched-secret-1" } }), context());
    expect(readFileSync(join(dir, "process.log"), "utf8")).to.equal("as <redacted> <redacted>\n");
    const failing = launch(plan("throw new Error(process.env.KEY);", { env: { KEY: "launched-secret-1" } }), context());
    expect((await failureOf(failing)).message).not.to.contain("launched-secret-1");
    const written = await failureOf(launch(plan("", { files: { "config.json": '{"key":"launched-secret-1"}' } }), context()));
    expect(written.message).to.contain(`its plan writes a secret into ${join(dir, "config.json")}.`);
    expect(existsSync(join(dir, "config.json"))).to.equal(false);
  });

  it("that fails is reported with the error and its last frame, not with the whole traceback", async () => {
    const traceback = [
      "  0%|          | 0/10 [00:00<?, ?it/s]",
      "Traceback (most recent call last):",
      '  File "/x/train.py", line 3, in <module>',
      "    main()",
      '  File "/x/train.py", line 2, in main',
      "    raise ValueError('3 rows are too long')",
      "ValueError: 3 rows are too long",
      "  50%|#####     | 5/10 [00:00<?, ?it/s]",
    ].join("\n");
    const error = await failureOf(
      launch(plan(`console.error(${JSON.stringify("noise")}); console.error(${JSON.stringify(traceback)}); process.exit(3);`), context()),
    );
    expect(error.message.replaceAll(dir, "")).to.equal(
      [
        '[ATRAJ_TRAINER_FAILED] stage "sft": its process ended with code 3.',
        '    File "/x/train.py", line 2, in main',
        "      raise ValueError('3 rows are too long')",
        "  ValueError: 3 rows are too long",
        "  in /process.log",
        "  Correct what it says, then `autotraj resume` goes on from its last checkpoint.",
      ].join("\n"),
    );
    const missing = await failureOf(launch({ ...plan(""), argv: ["no-such-program"] }, context()));
    expect(missing.message).to.contain("could not be started: spawn no-such-program ENOENT");
  });

  it("is asked to stop with SIGTERM, has time for its checkpoint, and is an interruption whatever its exit code", async () => {
    const stop = new StopSwitch();
    const program = `process.on("SIGTERM", () => { writeFileSync("checkpoint", "saved"); process.exit(0); }); ${step(1)} setInterval(() => {}, 1000);`;
    const error = await failureOf(launch(plan(program), context({ stop, onProgress: () => stop.softly() })));
    expect(error.code).to.equal("ATRAJ_INTERRUPTED");
    expect(readFileSync(join(dir, "checkpoint"), "utf8")).to.equal("saved");
  });

  it("that does not listen is killed after its grace, with all that it started", async () => {
    const stop = new StopSwitch();
    const program = `import { spawn } from "node:child_process"; process.on("SIGTERM", () => {});
      const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" }); writeFileSync("pid", String(child.pid)); ${step(1)} setInterval(() => {}, 1000);`;
    const error = await failureOf(launch(plan(program, { graceMs: 300 }), context({ stop, onProgress: () => stop.softly() })));
    expect(error.code).to.equal("ATRAJ_INTERRUPTED");
    const pid = Number(readFileSync(join(dir, "pid"), "utf8"));
    await until(() => !isAlive(pid));
  });

  it("goes on where it was: only what is new in its log is reported", async () => {
    const seen: number[] = [];
    await launch(plan(`${step(1)}`), context({ onProgress: ({ step: n }) => seen.push(n) }));
    await launch(plan(`${step(2)}`), context({ onProgress: ({ step: n }) => seen.push(n) }));
    expect(seen).to.deep.equal([1, 2]);
  });

  it("that wants the machine for itself waits for the other one", async () => {
    const said: string[] = [];
    const order: number[] = [];
    const slow = plan(`setTimeout(() => { ${step(1)} }, 700);`, { exclusive: true });
    const other = join(dir, "other");
    const first = launch(slow, context({ onProgress: () => order.push(1) }));
    await sleep(100);
    await launch(
      { ...slow, files: { ...slow.files } },
      { ...context({ onInfo: (text) => said.push(text), onProgress: () => order.push(2) }), dir: other },
    );
    await first;
    expect(order).to.deep.equal([1, 2]);
    expect(said).to.deep.equal(["Another training is under way on this machine; waiting for it."]);
  });

  it("may write nowhere but in its folder", async () => {
    expect((await failureOf(launch(plan("", { files: { "../outside": "x" } }), context()))).message).to.contain("outside the job's folder");
  });

  for (const name of ["job.json", "./artifact.json", "x/../process.log", "data/train.jsonl", "Job.json", "job.json/x"]) {
    it(`may not write ${name}, which is the kernel's`, async () => {
      writeFileSync(join(dir, "job.json"), "the claim");
      const error = await failureOf(launch(plan("", { files: { [name]: "x" } }), context()));
      expect(error.code).to.equal("ATRAJ_TRAINER_FAILED");
      expect(error.message).to.contain(`its plan writes the file "${name}", which is the kernel's own.`);
      expect(readFileSync(join(dir, "job.json"), "utf8")).to.equal("the claim");
    });
  }

  it("is written down while it runs", async () => {
    const groups = new ProcessGroups(join(dir, "processes"));
    const during: string[][] = [];
    const look = () => during.push(readdirSync(join(dir, "processes")));
    await launch(plan(`${step(1)} setTimeout(() => {}, 400);`), context({ groups, onProgress: look }));
    expect(during).to.have.length(1);
    expect(during[0]).to.have.length(1);
    expect(readdirSync(join(dir, "processes"))).to.deep.equal([]);
  });
});
