/** What a run would spend, beside what it then spends. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { RunSummary } from "@autotraj/core";
import type { Plan } from "@autotraj/planning";
import { expect } from "chai";
import { type FakeServer, startFakeOpenAI } from "../fake-openai/server.ts";
import { inThisProcess } from "./in-this-process.ts";
import { addUp, newFolder, writeRun } from "./sums.ts";

const QUESTIONS = 24;
const PROBED = 8;

describe("a plan with probes", function () {
  this.timeout(300_000);
  let folder: string;
  let server: FakeServer;

  before(async () => {
    folder = newFolder();
    server = await startFakeOpenAI({ answer: addUp });
    writeRun(folder, server.baseURL, QUESTIONS);
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  async function document<T>(args: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await inThisProcess([...args, "--json"], folder);
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout) as T;
  }

  it("asks so many questions, estimates from them what a run then spends, and the run asks nothing of it again", async () => {
    const before = await inThisProcess(["plan", "demo.json"], folder);
    expect(before.stdout).to.contain("Not known before anything is asked").and.contain("autotraj plan demo.json --probe 3");
    expect(server.calls).to.have.length(0);

    const { estimate } = await document<Plan>(["plan", "demo.json", "--probe", String(PROBED)]);
    const probed = server.calls.length;
    expect(estimate?.from).to.deep.equal({ runDir: join("runs", "demo", "probe", `${PROBED}-questions`), questions: PROBED });
    expect(estimate?.spending.map(({ part }) => part)).to.deep.equal(["candidates", "repairs"]);

    const { usage } = await document<RunSummary>(["run", "demo.json"]);
    const spent = usage["student"];
    if (estimate === null || spent === undefined) throw new Error("nothing was estimated or spent");
    const hashes = server.calls.map(({ hash }) => hash);
    expect(new Set(hashes).size, "requests that were made twice").to.equal(hashes.length);
    expect(probed).to.be.greaterThan(PROBED);
    expect(server.calls.length).to.equal(probed + spent.calls);
    // Questions of sums are much alike; repairs depend on which are wrong.
    expect(estimate.total.calls / server.calls.length).to.be.within(0.7, 1.4);
    const { estimate: after } = await document<Plan>(["plan", "demo.json"]);
    // Of the questions that the run itself asked: the others' calls are the probe's, but where a longer run shows a repair another example.
    expect(after?.from?.runDir).to.equal(join("runs", "demo"));
    expect(after?.from?.questions).to.be.within(QUESTIONS - PROBED, QUESTIONS - 1);
    expect((after?.total.calls ?? 0) / server.calls.length).to.be.within(0.8, 1.2);
  });

  it("asks nothing where the preset is wrong", async () => {
    const asked = server.calls.length;
    const { code, stderr } = await inThisProcess(["plan", "demo.json", "--probe", "2", "--out", "other", "--set", "rollout.candidates=many"], folder);
    expect(code).to.equal(2);
    expect(stderr).to.contain("rollout.candidates must be an integer");
    expect(server.calls).to.have.length(asked);
  });
});
