import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { generateRun } from "../generated-run.ts";
import { autotraj, startUntilEndOfTest } from "../integration/command.ts";
import { newFolder } from "../integration/sums.ts";

describe("autotraj view", () => {
  const start = startUntilEndOfTest();
  let folder: string;
  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, maxRetries: 5 }));

  it("prints a link that opens all runs below runs/, and ends when it is told to", async () => {
    for (const name of ["one", "two"]) generateRun({ runDir: join(folder, "runs", name), trajectories: 10 });
    const { child, ended } = start(["view", "--port", "0", "--json"], folder);
    const printed = await new Promise<string>((resolve) => child.stdout?.once("data", (chunk) => resolve(String(chunk))));
    const { url } = JSON.parse(printed) as { url: string };
    const entered = await fetch(url, { redirect: "manual" });
    const cookie = entered.headers.get("set-cookie")?.split(";")[0] ?? "";
    const answer = await fetch(`${new URL(url).origin}/api/runs`, { headers: { cookie } });
    expect(((await answer.json()) as { runs: { key: string }[] }).runs.map(({ key }) => key)).to.deep.equal(["one", "two"]);
    child.kill("SIGINT");
    expect((await ended).code).to.equal(0);
  });

  it("opens all runs in a folder that is named and is none itself", async () => {
    for (const name of ["first", "second"]) generateRun({ runDir: join(folder, "some", name), trajectories: 10 });
    const { child, ended } = start(["view", "some", "--port", "0", "--json"], folder);
    const printed = await new Promise<string>((resolve) => child.stdout?.once("data", (chunk) => resolve(String(chunk))));
    expect((JSON.parse(printed) as { runs: string[] }).runs).to.deep.equal([join("some", "first"), join("some", "second")]);
    child.kill("SIGINT");
    expect((await ended).code).to.equal(0);
  });

  it("says what to do where there is no run, or the port is another's", async () => {
    const none = await autotraj(["view"], folder);
    expect(none.code).to.equal(2);
    expect(none.stderr).to.include("none below runs/").and.to.include("`autotraj runs list`");
    mkdirSync(join(folder, "empty"));
    const empty = await autotraj(["view", "empty"], folder);
    expect(empty.code).to.equal(2);
    expect(empty.stderr).to.include("holds no run (no run.db)");
    generateRun({ runDir: join(folder, "run"), trajectories: 10 });
    const { child } = start(["view", "run", "--port", "0", "--json"], folder);
    const printed = await new Promise<string>((resolve) => child.stdout?.once("data", (chunk) => resolve(String(chunk))));
    const { port } = new URL((JSON.parse(printed) as { url: string }).url);
    const taken = await autotraj(["view", "run", "--port", port], folder);
    expect(taken.code).to.equal(2);
    expect(taken.stderr).to.include("EADDRINUSE").and.to.include("--port");
  });
});
