import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { isAlive, pidsIn } from "../../core/test/support/processes.ts";
import { autotraj, MAIN, startUntilEndOfTest } from "./command.ts";
import { writeDemo } from "./demo.ts";
import { inThisProcess } from "./in-this-process.ts";
import { fixture, newFolder, until } from "./sums.ts";

describe("a command ends when it is told to, and when it is done:", function () {
  this.timeout(60_000);
  let folder: string;
  let journal: string;
  const start = startUntilEndOfTest();
  beforeEach(() => {
    folder = newFolder();
    journal = join(folder, "journal");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function write(options: object, more: (preset: { plugins: Record<string, object>; stages?: object }) => void = () => {}): void {
    writeDemo(folder);
    const preset = JSON.parse(readFileSync(join(folder, "demo.json"), "utf8"));
    preset.plugins.stubborn = { use: fixture("stubborn"), options: { journal, unless: join(folder, "tame"), ...options } };
    more(preset);
    writeFileSync(join(folder, "demo.json"), JSON.stringify(preset));
  }

  /** Two signals, the second when the first was heard. */
  async function twice(signal: NodeJS.Signals, args: readonly string[], hangs: () => boolean) {
    const command = start(args, folder);
    let stderr = "";
    command.child.stderr?.on("data", (chunk) => {
      stderr += chunk;
    });
    await until(hangs);
    command.child.kill(signal);
    await until(() => stderr.includes("Interrupt again"));
    command.child.kill(signal);
    return command.ended;
  }

  for (const [place, signal] of [
    ["setup", "SIGINT"],
    ["start", "SIGTERM"],
    ["prepare", "SIGHUP"],
  ] as const) {
    it(`a second ${signal} ends a run that hangs in a plugin's ${place}`, async () => {
      write({ hangs: place });
      const { code, stderr, stdout } = await twice(signal, ["run", "demo.json", "--out", "out"], () => existsSync(journal));
      expect(code, stderr).to.equal(130);
      expect(stdout).to.equal("");
      const again = place === "setup" ? "run demo.json --out out" : "resume out";
      expect(stderr).to.contain(`\`autotraj ${again}\` goes on from here.`);
      writeFileSync(join(folder, "tame"), "");
      const resumed = await inThisProcess(again.split(" "), folder);
      expect(resumed.code, resumed.stderr).to.equal(0);
    });
  }

  it("a second SIGINT ends a run that hangs in a trainer, and the trainer's process with it", async () => {
    const pids = join(folder, "pids");
    write({}, (preset) => {
      preset.plugins["trainer"] = { use: fixture("pretend-trainer"), options: { holdsWith: pids } };
      preset.stages = { sft: { model: "base" } };
    });
    const { code, stderr } = await twice("SIGINT", ["run", "demo.json", "--out", "out"], () => pidsIn(pids).length === 1);
    expect(code, stderr).to.equal(130);
    const [pid = 0] = pidsIn(pids);
    await until(() => !isAlive(pid));
    expect(stderr).to.contain("`autotraj resume out` goes on from here.");
  });

  it("a second SIGINT ends a run whose plugin does not let go", async () => {
    write({ hangs: "dispose" });
    const { code, stderr } = await twice("SIGINT", ["run", "demo.json", "--out", "out"], () => existsSync(journal));
    expect(code, stderr).to.equal(130);
  });

  it("a run whose plugin does not let go ends all the same, and says who that was", async () => {
    write({ hangs: "dispose" });
    const { code, stdout, stderr } = await autotraj(["run", "demo.json", "--out", "out"], folder);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/candidates +16/);
    expect(stderr).to.match(/plugin: "stubborn" failed to let go: it did not come back within \d+ s/);
  });

  it("a timer that a plugin leaves behind keeps no command alive", async () => {
    write({ leaks: true });
    for (const args of [
      ["plan", "demo.json"],
      ["run", "demo.json", "--out", "out"],
    ]) {
      const { code, stderr } = await autotraj(args, folder);
      expect(code, stderr).to.equal(0);
    }
  });

  it("a reader that takes its time gets all that was printed", async () => {
    write({});
    const question = `What is 1 + 1? ${"x".repeat(2_000_000)}`;
    writeFileSync(join(folder, "questions.jsonl"), `${JSON.stringify({ id: "long", question, answer: 2 })}\n`);
    expect((await inThisProcess(["run", "demo.json", "--out", "out"], folder)).code).to.equal(0);
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, "explain", "out", "#1", "--json"], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise<number | null>((done) => child.once("exit", done));
    await new Promise((done) => setTimeout(done, 1500));
    let printed = "";
    for await (const chunk of child.stdout) printed += chunk;
    expect(await ended).to.equal(0);
    expect(JSON.parse(printed).trajectories[0].trajectory.query.question).to.equal(question);
  });
});
