/** A run.db that was damaged, as whoever runs a command sees it: one message, no stack. */
import { cpSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { writeDemo } from "./demo.ts";
import { inThisProcess } from "./in-this-process.ts";
import { datasetsOf, newFolder } from "./sums.ts";

describe("a damaged run", function () {
  this.timeout(120_000);
  let folder: string;
  before(async () => {
    folder = newFolder();
    writeDemo(folder);
    const { code, stderr } = await inThisProcess(["run", "demo.json", "--out", "sound"], folder);
    expect(code, stderr).to.equal(0);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  beforeEach(() => cpSync(join(folder, "sound"), join(folder, "out"), { recursive: true }));
  afterEach(() => rmSync(join(folder, "out"), { recursive: true, force: true }));

  function sql(text: string): void {
    const database = new DatabaseSync(join(folder, "out", "run.db"));
    database.exec(text);
    database.close();
  }

  const COMMANDS = {
    run: ["run", "demo.json", "--out", "out"],
    resume: ["resume", "out"],
    stats: ["stats", "out"],
    explain: ["explain", "out", "#1", "--calls"],
    export: ["export", "out", "--to", "chat", "--out", "exported"],
  };

  for (const [what, damage, commands] of [
    ["is cut off", () => truncateSync(join(folder, "out", "run.db"), 20_000), ["run", "resume", "stats", "explain", "export"]],
    ["has lost its trajectories", () => sql("DROP TABLE trajectories"), ["run", "resume", "stats", "explain", "export"]],
    [
      "has half a trajectory",
      () => sql("UPDATE trajectories SET body = substr(body, 1, 99) WHERE fate = 'kept'"),
      // Tables are remembered from before.
      ["run", "resume", "export"],
    ],
    ["has half a call", () => sql("UPDATE calls SET response = '{'"), ["stats", "explain"]],
    ["has a changed answer", () => sql("UPDATE trajectories SET body = replace(body, 'boxed{', 'boxed{9')"), ["run", "resume", "export"]],
  ] as const) {
    it(`whose store ${what} is named by ${commands.join(", ")}`, async () => {
      damage();
      for (const command of commands) {
        const { code, stdout, stderr } = await inThisProcess(COMMANDS[command], folder);
        expect(code, `${command}: ${stderr}${stdout}`).to.equal(1);
        expect(stderr, command)
          .to.contain("[ATRAJ_STORE_FAILED]")
          .and.to.contain("run.db")
          .and.to.match(/Put a copy|Have it made again/);
        expect(stderr, command).not.to.match(/^ {4}at /m);
      }
    });
  }

  it("is made whole by what the message says, from the calls that are stored", async () => {
    sql(
      "UPDATE trajectories SET body = replace(body, 'boxed{', 'boxed{9') WHERE position = (SELECT min(position) FROM trajectories WHERE fate = 'kept')",
    );
    const { stderr } = await inThisProcess(COMMANDS.resume, folder);
    sql(/"(DELETE FROM queries WHERE position = \d+)"/.exec(stderr)?.[1] ?? "");
    const again = await inThisProcess([...COMMANDS.resume, "--json"], folder);
    expect(again.code, again.stderr).to.equal(0);
    expect(datasetsOf(join(folder, "out"))).to.deep.equal(datasetsOf(join(folder, "sound")));
    expect(JSON.parse(again.stdout).usage).to.deep.equal(JSON.parse((await inThisProcess(["stats", "sound", "--json"], folder)).stdout).usage);
  });
});
