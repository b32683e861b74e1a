/** What each command prints with --json: one document with the fields that the reference names, no more and no fewer. */
import { globSync, rmSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { expect } from "chai";
import { writeStages } from "../../cli/report/test/runs.ts";
import { inThisProcess } from "./in-this-process.ts";
import { newFolder } from "./sums.ts";

interface Answer {
  readonly when?: string;
  readonly isList?: true;
  readonly fields: Readonly<Record<string, string>>;
  readonly others?: string;
}

async function declaredAnswers(): Promise<ReadonlyMap<string, readonly Answer[]>> {
  const dist = resolve(import.meta.dirname, "../../cli/dist/commands");
  const modules = (await Promise.all(globSync(`${dist}/*.js`).map((file) => import(file)))) as readonly Record<string, unknown>[];
  const commands = modules.flatMap((module) => Object.values(module)).filter((value) => typeof value === "object" && value !== null);
  return new Map(
    (commands as readonly { readonly command?: string; readonly answers?: readonly Answer[] }[]).flatMap(({ command, answers }) =>
      command === undefined || answers === undefined ? [] : [[command.split(" ")[0] ?? "", answers] as const],
    ),
  );
}

describe("the answers of commands in JSON", function () {
  this.timeout(120_000);
  let folder: string;
  let cacheBefore: string | undefined;
  let declared: ReadonlyMap<string, readonly Answer[]>;

  before(async () => {
    folder = newFolder();
    cacheBefore = process.env["AUTOTRAJ_CACHE"];
    process.env["AUTOTRAJ_CACHE"] = join(folder, "cache");
    declared = await declaredAnswers();
    writeStages(folder);
  });
  after(() => {
    if (cacheBefore === undefined) delete process.env["AUTOTRAJ_CACHE"];
    else process.env["AUTOTRAJ_CACHE"] = cacheBefore;
    rmSync(folder, { recursive: true, force: true });
  });

  const answer = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await inThisProcess([...args, "--json"], folder);
    expect(stdout, stderr).to.match(/^[^\n]+\n$/);
    return { code, document: JSON.parse(stdout) };
  };

  // In this order: what one leaves, others read.
  for (const [when, ...args] of [
    [undefined, "run", "demo.json", "--out", "first"],
    [undefined, "resume", "first"],
    [undefined, "eval", "first"],
    [undefined, "stats", "first"],
    [undefined, "runs", "list"],
    [undefined, "watch", "first"],
    [undefined, "report", "first"],
    ["runs", "compare", "first", "first"],
    [undefined, "explain", "first", "#1"],
    [undefined, "explain", "first", "preferences:1"],
    [undefined, "diff", "first", "preferences:1"],
    [undefined, "curate", "first", "sft:1", "--tag", "good"],
    [undefined, "curate", "first"],
    [undefined, "export", "first", "--to", "trl", "--out", "trl"],
    [undefined, "export", "first", "--to", "chat", "--out", "chat", "--curated"],
    [undefined, "import", "chat/sft.jsonl", "--out", "imported"],
    [undefined, "plan", "demo.json"],
    ["check", "config", "check", "demo.json"],
    ["--out", "schema", "--out", "schema.json"],
    [undefined, "preset", "list"],
    ["list", "plugin", "list"],
    ["info", "plugin", "info", "scorer-answer"],
    ["info", "plugin", "info", "trainer-trl"],
    ["list", "model", "list"],
    ["list", "cache", "list"],
    ["clean", "cache", "clean", "--yes"],
    [undefined, "init", "begun", "--start", "logs"],
  ] as const) {
    it(`${args.join(" ")}: has the fields that the reference names`, async () => {
      const known = declared.get(args[0])?.find((one) => one.when === when);
      const { code, document } = await answer(...args);
      expect(code).to.equal(0);
      expect(Array.isArray(document)).to.equal(known?.isList ?? false);
      for (const one of known?.isList === true ? document : [document]) {
        const names = Object.keys(known?.fields ?? {});
        if (known?.others === undefined) expect(Object.keys(one)).to.have.members(names);
        else expect(Object.keys(one)).to.include.members(names);
      }
    });
  }

  it("name the run's folder and files as whole paths, in `run` and in nothing that was there before", async () => {
    const { folder: at, files, report, ...summary } = (await answer("resume", "first")).document;
    expect([at, report]).to.deep.equal([join(folder, "first"), join(folder, "first", "report.html")]);
    expect(Object.values(files).every((file) => isAbsolute(String(file)))).to.equal(true);
    expect((await answer("stats", "first")).document).to.have.all.keys(Object.keys(summary));
  });

  it("are none where a command fails: a code on standard error, and an exit code", async () => {
    for (const args of [
      ["stats", "nowhere"],
      ["run", "nothing.yaml"],
      ["explain", "first", "#99"],
      ["export", "first", "--to", "nothing", "--out", "x"],
      ["study", "nothing.yaml"],
      ["cache", "list", "nothing"],
      ["nothing"],
    ]) {
      const { code, stdout, stderr } = await inThisProcess([...args, "--json"], folder);
      expect([code, stdout], args.join(" ")).to.deep.equal([2, ""]);
      expect(stderr, args.join(" ")).to.match(/^\[ATRAJ_[A-Z_]+\] /);
    }
  });
});
