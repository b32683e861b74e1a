/** A stranger's way: an empty folder, packages as they would be published, and the commands that `init` itself says. */
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { parse } from "yaml";
import { type FakeServer, startFakeOpenAI } from "../../../test/fake-openai/server.ts";
import { LocalRegistry } from "../../../test/third-party/registry.ts";
import { LANGUAGES, type PluginTemplate, STARTS } from "../src/index.ts";
import { answerTo } from "./answering.ts";

/** Ends what hangs. On two cores that others use too, packing and installing takes a quarter of an hour. */
const STEP_MS = 1_800_000;
const KINDS = ["scorer", "tool", "stage", "trainer"] as const satisfies readonly PluginTemplate[];
/** Only what a user's shell has: npm hands its own settings to what it starts. */
const SHELL = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith("npm_"))),
  PATH: `${dirname(process.execPath)}${delimiter}${process.env["PATH"]}`,
};
/** What a trainer's Python would leave, without PyTorch. */
const STAND_IN = `#!/bin/sh
echo '{"step": 1, "total": 1, "metrics": {"loss": 0.5}}' >> progress.jsonl
mkdir -p model && echo '{}' > model/config.json
`;

describe("from packed tarballs, in an empty folder,", function () {
  this.timeout(STEP_MS);
  const registry = new LocalRegistry();
  let project: string;
  let server: FakeServer | undefined;
  /** The tool that the scripted model calls. */
  let tool: { name: string; arguments: string } | undefined;

  before(async () => {
    await registry.open();
    project = mkdtempSync(join(tmpdir(), "autotraj-from-tarballs-"));
    // Nothing else is in it.
    writeFileSync(join(project, ".npmrc"), registry.npmrc);
    await shell(project, "npm install @autotraj/cli");
    server = await startFakeOpenAI({ answer: ({ body }) => answerTo(body.messages, tool) });
  });
  after(async () => {
    await server?.close();
    await registry.close();
    rmSync(project, { recursive: true, force: true });
  });

  /** As typed into a shell. @returns what was printed @throws with it where a command fails */
  async function shell(folder: string, ...lines: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)("bash", ["-c", ["set -e", ...lines].join("\n")], { cwd: folder, env: SHELL, maxBuffer: 1 << 26 });
    return stdout;
  }

  const summaryIn = (run: string) => JSON.parse(readFileSync(join(run, "summary.json"), "utf8"));
  const asking = (start: string) => (["logs", "scorer", "local"].includes(start) ? "" : `--endpoint ${server?.baseURL} --model m`);

  for (const start of Object.keys(STARTS))
    it(`--start ${start} gives a preset that is planned, run to its end, explained and exported`, async () => {
      const { next } = JSON.parse(await shell(project, `npx autotraj init ${start} --start ${start} ${asking(start)} --json`)) as Written;
      await shell(project, ...next);
      const { funnel, finished } = summaryIn(join(project, start, "runs", start));
      expect(finished).to.equal(true);
      expect(funnel.kept).to.be.greaterThan(0);
      const readme = readFileSync(join(project, start, "README.md"), "utf8");
      const others = readme.split("\n").filter((line) => /^ {4}npx autotraj (?!plan|run )/.test(line));
      expect(others).to.have.length(2);
      await shell(join(project, start), ...others);
      expect(readFileSync(join(project, start, "data/sft.jsonl"), "utf8")).to.match(/^\{.*\}\n/);
    });

  describe("a plugin that init writes", () => {
    before(async () => {
      const { next } = JSON.parse(await shell(project, `npx autotraj init base --start vllm ${asking("vllm")} --json`)) as Written;
      await shell(project, ...next.slice(0, -2));
      writeFileSync(join(project, "python"), STAND_IN);
      chmodSync(join(project, "python"), 0o755);
    });

    for (const language of ["ts", "js"] as const)
      for (const kind of KINDS) {
        const name = `${language}-${kind}`;
        const packageName = `autotraj-${kind}-${name}`;

        it(`of kind ${kind} in ${LANGUAGES[language]} is built, conforms, is packed and used from a preset`, async () => {
          const { next } = JSON.parse(await shell(project, `npx autotraj init plugin ${kind} ${name} --language ${language} --json`));
          const own = join(project, packageName);
          // npm reads this file beside a package.json only.
          writeFileSync(join(own, ".npmrc"), registry.npmrc);
          await shell(project, ...next);
          const [packed] = Object.values(JSON.parse(await shell(own, "npm pack --json --silent --pack-destination ..")) as Record<string, Packed>);
          expect(packed?.files.map(({ path }) => path).filter((path) => !/^(?:README\.md|LICENSE|package\.json)$/.test(path))).to.satisfy(
            (files: readonly string[]) =>
              files.every((path) => (language === "ts" ? /^dist\/[a-z]+(?:\.js|\.d\.ts)$/ : /^src\/[a-z]+\.js$/).test(path)),
          );
          // From the folder above: a plugin does not depend on the command line.
          expect(await shell(project, `npx autotraj plugin test ./${packageName}`)).to.contain("It conforms: ");
          // As somebody else has it: the tarball, and nothing of the folder that it was made in.
          rmSync(own, { recursive: true });
          const [, snippet = ""] = /```yaml\n(.*?)```/s.exec(await shell(project, `tar -xOf ${packed?.filename} package/README.md`)) ?? [];
          await shell(project, `npm install ./${packed?.filename} ${kind === "trainer" ? "@autotraj/stage-sft" : ""}`);
          writeFileSync(join(project, `${name}.yaml`), `extends: ./base/preset.yaml\n${snippet}`);
          tool = kind === "tool" ? { name, arguments: '{"text":"six"}' } : undefined;
          const set = kind === "trainer" ? `--set plugins.${name}.options.python=${join(project, "python")}` : "";
          await shell(project, `npx autotraj plan ${name}.yaml ${set}`, `npx autotraj run ${name}.yaml ${set} --out runs/${name}`);
          check(kind, join(project, "runs", name), parse(snippet));
        });
      }

    function check(kind: (typeof KINDS)[number], run: string, { plugins }: { plugins: object }): void {
      const [id = ""] = Object.keys(plugins);
      const { dimensions, toolCalls, finished } = summaryIn(run);
      expect(finished).to.equal(true);
      if (kind === "scorer") expect(dimensions).to.have.property(id);
      if (kind === "tool") expect(toolCalls[id]).to.be.greaterThan(0);
      if (kind === "stage") expect(existsSync(join(run, "stages", id, "review.md"))).to.equal(true);
      if (kind === "trainer") expect(JSON.parse(readFileSync(join(run, "models/sft/artifact.json"), "utf8")).metrics).to.include({ loss: 0.5 });
    }
  });
});

interface Written {
  readonly next: readonly string[];
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}
