/** All templates at once in one preset, outside this repository: what each of them leaves in the run. */

import { execFile } from "node:child_process";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { expect } from "chai";
import { autotraj } from "../../../test/integration/command.ts";
import { LANGUAGES, PLUGIN_TEMPLATES, writePlugin } from "../src/index.ts";
import { link, newProject, removeProject } from "./project.ts";

const run = promisify(execFile);
const TSC = join(import.meta.dirname, "../../../node_modules/.bin/tsc");
/** Namespaces in place of a container, so that the sandbox's promises are put to the test where no container can be started. */
const CONTAINED = ["bwrap", "--ro-bind", "/", "/", "--tmpfs", "/tmp", "--dev", "/dev", "--proc", "/proc", "--unshare-all", "--die-with-parent"];
const COMMAND = [...CONTAINED, "timeout", "-s", "KILL", "{seconds}", "python3", "-"];
/** What a trainer's Python would leave, without PyTorch. */
const STAND_IN = `#!/bin/sh
grep -q epochs settings.json && grep -q AutoModelForCausalLM train.py || exit 1
echo '{"step": 1, "total": 1, "metrics": {"loss": 0.5}}' >> progress.jsonl
mkdir -p model && echo '{}' > model/config.json
`;

for (const language of ["ts", "js"] as const)
  describe(`a preset of plugins that init wrote in ${LANGUAGES[language]}`, function () {
    this.timeout(300_000);
    let project: string;
    let server: Server;
    const prompts: string[] = [];

    before(async () => {
      project = newProject();
      server = createServer(async (request, response) => {
        const { prompt } = JSON.parse(await text(request)) as { prompt: string };
        prompts.push(prompt);
        response.end(JSON.stringify(completionOf(prompt)));
      });
      await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
      for (const kind of PLUGIN_TEMPLATES) await install(kind);
      writeFileSync(join(project, "questions.jsonl"), QUESTIONS.map((row) => `${JSON.stringify(row)}\n`).join(""));
      writeFileSync(join(project, "python"), STAND_IN);
      chmodSync(join(project, "python"), 0o755);
      writeFileSync(join(project, "mine.json"), JSON.stringify(preset((server.address() as AddressInfo).port, project)));
      const { code, stderr } = await autotraj(["run", "mine.json", "--out", "out"], project);
      expect(code, stderr).to.equal(0);
    });
    after(() => {
      server.close();
      removeProject(project);
    });

    /** The plugin where npm would put it, and its README's preset as a file. */
    async function install(kind: (typeof PLUGIN_TEMPLATES)[number]): Promise<void> {
      const { folder, package: name } = writePlugin({ kind, name: `own-${kind}`, language, cwd: project });
      link(folder, join(project, "node_modules", name));
      if (language === "ts") await run(TSC, ["-p", "tsconfig.build.json"], { cwd: folder });
      const [, snippet = ""] = /```yaml\n(.*?)```/s.exec(readFileSync(join(folder, "README.md"), "utf8")) ?? [];
      writeFileSync(join(project, `${kind}.yaml`), snippet);
    }

    const json = (path: string) => JSON.parse(readFileSync(join(project, path), "utf8"));
    const rows = (path: string) =>
      readFileSync(join(project, path), "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));

    it("is rolled out by the policy with the tool and the sandbox", () => {
      const asked = prompts.join("\n");
      expect(asked).to.contain("<result>\n10 characters, 1 words\n</result>").and.to.contain("<result>\n42\n</result>");
      expect(json("out/summary.json").funnel).to.include({ queries: 4, dropped: 1, failedQueries: 0 });
    });

    it("is prepared: a note for the model, and a long question dropped", () => {
      expect(prompts[0]).to.contain("Give the final answer without its unit.<|im_end|>");
      expect(prompts.filter((prompt) => prompt.includes("long long"))).to.deep.equal([]);
    });

    it("is scored, kept by the gate, and repaired where it was wrong", () => {
      const { dimensions, funnel } = json("out/summary.json");
      expect(dimensions).to.have.property("own-scorer");
      expect(funnel).to.include({ kept: 2, repaired: 1 });
      expect(rows("out/datasets/preferences.jsonl")[0].chosen.provenance.repairer).to.equal("own-repairer");
    });

    it("is trained by the trainer, and reviewed by the stage", () => {
      expect(json("out/models/sft/artifact.json").metrics).to.include({ steps: 1, loss: 0.5 });
      expect(readFileSync(join(project, "out/stages/own-stage/review.md"), "utf8")).to.contain("## How many letters has strawberry?");
    });

    it("is exported in the format by its source, and read again", async () => {
      const format = `./autotraj-format-own-format/src/index.${language}`;
      const written = await autotraj(["export", "out", "--to", format, "--out", "data"], project);
      expect(written.code, written.stderr).to.equal(0);
      expect(rows("data/sft.jsonl")).to.deep.equal([{ prompt: "What is 1 + 1?", completion: "<think>so</think><answer>\\boxed{2}</answer>" }]);
      expect(written.stdout).to.contain("a row has no place for a tool's result");
      const read = await autotraj(["import", "data/sft.jsonl", "--format", format, "--out", "read"], project);
      expect(read.code, read.stderr).to.equal(0);
    });

    it("has a sandbox that does what every sandbox must, with something around it", async () => {
      const options = JSON.stringify({ command: COMMAND });
      const tested = await autotraj(["plugin", "test", "./autotraj-sandbox-own-sandbox", "--options", options, "--json"], project);
      expect(tested.code, tested.stderr + tested.stdout).to.equal(0);
      const { results } = JSON.parse(tested.stdout) as { results: readonly { name: string; outcome: string; reason?: string }[] };
      expect(results.find(({ name }) => name === "proves itself")?.outcome).to.equal("passed");
      const skipped = new Set(results.filter(({ outcome }) => outcome !== "passed").map(({ reason }) => reason));
      expect([...skipped]).to.have.members(["it says that it has no sessions", "it says that it is not deterministic"]);
    });

    it("refuses a sandbox that keeps nothing apart", async () => {
      const bare = JSON.stringify(COMMAND.slice(CONTAINED.length));
      const set = `plugins.own-sandbox.options.command=${bare}`;
      const { code, stderr } = await autotraj(["run", "mine.json", "--out", "bare", "--set", set], project);
      expect(code).to.equal(1);
      expect(stderr).to.contain("code in it can read this machine's files");
      expect(existsSync(join(project, "bare", "summary.json"))).to.equal(false);
    });
  });

const QUESTIONS = [
  { id: "letters", question: "How many letters has strawberry?", answer: "10" },
  { id: "code", question: "What does Python say to 6 * 7?", answer: "42" },
  { id: "plain", question: "What is 1 + 1?", answer: "2" },
  { id: "long", question: `What is ${"long ".repeat(900)}?`, answer: "?" },
];

/** Wrong about 1 + 1 until it is told so. */
function completionOf(prompt: string) {
  const asked = prompt.slice(prompt.indexOf("<|im_start|>user"));
  const answer = (text: string) => ({ content: `<think>so</think><answer>\\boxed{${text}}`, stopping_word: "</answer>" });
  const call = (tag: string, text: string) => ({ content: `<think>so</think><${tag}>${text}`, stopping_word: `</${tag}>` });
  const turn = asked.includes("strawberry")
    ? asked.includes("<result>")
      ? answer("10")
      : call("own-tool", "strawberry")
    : asked.includes("Python")
      ? asked.includes("<result>")
        ? answer("42")
        : call("code", "print(6 * 7)")
      : answer(asked.includes("An earlier attempt answered 3") ? "2" : "3");
  return { ...turn, stop_type: "word", tokens_evaluated: 10, tokens_predicted: 5 };
}

/** The presets of all READMEs, and over them what is this machine's. */
function preset(port: number, project: string): object {
  const own = (kind: string, options: object) => ({ [`own-${kind}`]: { options } });
  return {
    extends: PLUGIN_TEMPLATES.map((kind) => `./${kind}.yaml`),
    queries: { train: "questions.jsonl" },
    plugins: {
      answer: { use: "@autotraj/scorer-answer" },
      sft: { use: "@autotraj/stage-sft" },
      ...own("policy", { url: `http://127.0.0.1:${port}` }),
      ...own("repairer", { policy: "own-policy" }),
      ...own("sandbox", { command: COMMAND }),
      ...own("trainer", { python: join(project, "python") }),
    },
    rollout: { candidates: 1 },
    stages: { sft: { model: "tiny" } },
  };
}
