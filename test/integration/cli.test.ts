import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { autotraj, type Ended, MAIN } from "./command.ts";
import { writeDemo } from "./demo.ts";
import { inThisProcess, type Said } from "./in-this-process.ts";
import { fixture, newFolder } from "./sums.ts";

// Most commands run in this process. What only a process of its own shows is asked of one: its exit codes, its two streams, what it finds from where it lies.
describe("autotraj", function () {
  this.timeout(60_000);
  let folder: string;
  /** A folder with a finished run in `out`, made once. */
  let finished: string;

  before(async () => {
    finished = newFolder();
    writeDemo(finished);
    const { code, stderr } = await inThisProcess(["run", "demo.json", "--out", "out"], finished);
    expect(code, stderr).to.equal(0);
  });
  after(() => rmSync(finished, { recursive: true, force: true }));
  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A policy that leaves a trace if it is ever asked. */
  function writeTrap(): string {
    const trap = join(folder, "asked.jsonl");
    writeDemo(folder, { journal: trap, brokenWhile: folder });
    return trap;
  }

  /** Standard output holds one JSON document and nothing else. */
  function document({ code, stdout, stderr }: Said | Ended) {
    expect(code, stderr).to.equal(0);
    expect(stdout.trim().split("\n"), stdout).to.have.length(1);
    return JSON.parse(stdout);
  }

  function refused({ code, stdout, stderr }: Said | Ended): string {
    expect(code, stderr).to.equal(2);
    expect(stdout).to.equal("");
    expect(stderr).not.to.contain("    at ");
    return stderr.trimEnd();
  }

  describe("eval", () => {
    it("takes a model's folder with a preset that samples and scores it, and compares it with the preset's own", async () => {
      writeDemo(folder);
      const model = join(folder, "somewhere", "mine");
      mkdirSync(model, { recursive: true });
      writeFileSync(join(model, "config.json"), "{}");
      const args = ["eval", model, "--preset", "demo.json", "--queries", "questions.jsonl", "--limit", "5", "--out", "out", "--json"];
      const { evaluation, funnel } = document(await inThisProcess(args, folder));
      expect(funnel.candidates).to.equal(0);
      expect(evaluation.models.map(({ model: name, questions }: { model: string; questions: number }) => [name, questions])).to.deep.equal([
        ["base", 5],
        ["mine", 5],
      ]);
      // The fixture's other weights are always right.
      expect(evaluation.models[1].greedy.value).to.equal(1);
      expect(evaluation.comparisons[0]).to.include({ model: "mine", against: "base", worse: 0 });
    });

    it("says what it needs for a folder that holds no run", async () => {
      expect(refused(await inThisProcess(["eval", folder], folder))).to.contain("Name a run's folder, or a model's folder together with --preset.");
    });
  });

  describe("run", () => {
    it("refuses to stop at a stage that the preset does not have", async () => {
      writeDemo(folder);
      expect(refused(await autotraj(["run", "demo.json", "--until", "rl"], folder))).to.contain(
        '--until is "rl", but the preset demo has no such stage.',
      );
    });

    it("prints its tables on stdout and what happens on stderr", async () => {
      writeDemo(folder);
      const { code, stdout, stderr } = await autotraj(["run", "demo.json", "--out", "out"], folder);
      expect(code).to.equal(0);
      expect(stdout)
        .to.match(/candidates +16/)
        .and.to.contain(join("out", "datasets", "sft.jsonl"));
      expect(stderr)
        .to.match(/^(kept|poor|repaired|refused)/m)
        .and.not.to.contain("SFT data set");
    });

    it("--json prints the summary as one document, the same as in the folder", async () => {
      writeDemo(folder);
      const { folder: _, files, report, ...summary } = document(await autotraj(["run", "demo.json", "--out", "out", "--json"], folder));
      expect([files.summary, report]).to.deep.equal([join(folder, "out", "summary.json"), null]);
      expect(summary).to.include({ preset: "demo", finished: true });
      expect(summary.funnel).to.include({ queries: 8, candidates: 16 });
      expect(JSON.parse(readFileSync(join(folder, "out", "summary.json"), "utf8"))).to.deep.equal(summary);
    });

    it("takes settings and a limit from the command line", async () => {
      writeDemo(folder);
      const summary = document(
        await inThisProcess(["run", "demo.json", "--out", "out", "--json", "--set", "rollout.candidates=3", "--limit", "2"], folder),
      );
      expect(summary.funnel).to.include({ queries: 2, candidates: 6 });
    });

    it("goes to runs/<preset> where it is told nothing", async () => {
      writeDemo(folder);
      await inThisProcess(["run", "demo.json"], folder);
      expect(existsSync(join(folder, "runs", "demo", "summary.json"))).to.equal(true);
    });

    it("exits with 1 where every question failed", async () => {
      writeDemo(folder, { brokenWhile: folder });
      const { code, stdout } = await autotraj(["run", "demo.json", "--out", "out", "--json", "--set", "rollout.candidates=1"], folder);
      expect(code).to.equal(1);
      expect(JSON.parse(stdout).funnel).to.include({ failedQueries: 8 });
    });

    it("refuses a folder with a run of other settings", async () => {
      writeDemo(folder);
      await inThisProcess(["run", "demo.json", "--out", "out"], folder);
      expect(refused(await inThisProcess(["run", "demo.json", "--out", "out", "--set", "run.seed=9"], folder))).to.contain("[ATRAJ_RUN_MISMATCH]");
    });

    it("says what is missing where the preset names no questions", async () => {
      writeDemo(folder, {}, { queries: {} });
      expect(refused(await inThisProcess(["run", "demo.json"], folder))).to.equal(
        `[ATRAJ_PRESET_INVALID] demo: it names no questions.
  Set queries.train to a JSONL file of {question, answer} rows, or queries.recorded to logs; in the preset or with --set queries.train=FILE.`,
      );
    });
  });

  describe("resume", () => {
    it("goes on with the settings the run was started with, from any folder", async () => {
      writeDemo(folder);
      document(await inThisProcess(["run", "demo.json", "--out", "out", "--json", "--set", "rollout.candidates=3", "--limit", "2"], folder));
      mkdirSync(join(folder, "elsewhere"));
      const summary = document(await autotraj(["resume", join(folder, "out"), "--json"], join(folder, "elsewhere")));
      expect(summary.funnel).to.include({ queries: 2, candidates: 6 });
    });

    it("says of a finished run that it is finished, and shows its tables", async () => {
      const { code, stdout, stderr } = await inThisProcess(["resume", "out"], finished);
      expect(code, stderr).to.equal(0);
      expect(stderr).to.equal("This run is finished: nothing was left to do.\n");
      expect(stdout).to.match(/candidates +16/);
    });

    it("says where there is no run", async () => {
      mkdirSync(join(folder, "empty"));
      for (const [name, what] of [
        ["empty", "this folder holds no run (no run.db)."],
        ["nowhere", "there is no such folder."],
      ] as const) {
        expect(refused(await inThisProcess(["resume", name], folder))).to.equal(
          `[ATRAJ_RUN_NOT_FOUND] ${name}: ${what}
  Name a run's folder: \`autotraj runs list\` shows those below this one.`,
        );
      }
    });
  });

  describe("stats", () => {
    it("shows a run that is not finished", async () => {
      const down = join(folder, "down");
      writeFileSync(down, "");
      writeDemo(folder, { brokenWhile: down });
      const failed = await inThisProcess(["run", "demo.json", "--out", "out"], folder);
      expect(failed.code).to.equal(1);
      const shown = await inThisProcess(["stats", "out"], folder);
      expect(shown.code, shown.stderr).to.equal(0);
      expect(shown.stdout).to.match(/^demo-[0-9a-f]{8} \(not finished\)\n/);
      expect(document(await inThisProcess(["stats", "out", "--json"], folder))).to.include({ finished: false });
    });

    it("shows a finished run as its summary has it", async () => {
      const summary = document(await inThisProcess(["stats", "out", "--json"], finished));
      const written = JSON.parse(readFileSync(join(finished, "out", "summary.json"), "utf8"));
      expect(summary).to.deep.equal(written);
    });
  });

  describe("plan", () => {
    it("says what a run would do, and asks nobody", async () => {
      const trap = writeTrap();
      const plan = document(await inThisProcess(["plan", "demo.json", "--json"], folder));
      expect(plan.plugins.map(({ id, kind }: { id: string; kind: string }) => `${id} (${kind})`)).to.deep.equal([
        "prepare (preparer)",
        "plus (tool)",
        "student (policy)",
        "exact (scorer)",
        "gate (gate)",
        "fix (repairer)",
      ]);
      expect(plan.scoreLevels).to.deep.equal([["exact"], ["exact:brevity"]]);
      expect(plan).to.deep.include({ questions: 8, rolloutCalls: { atLeast: 16, atMost: 64 }, repairCallsAtMost: 128 });
      const shown = await inThisProcess(["plan", "demo.json", "--limit", "3"], folder);
      expect(shown.stdout).to.contain("3 questions: 6 to 24 model calls for rollouts; on top come repairs, at most 4 per question: 48 model calls");
      const again = await inThisProcess(["plan", "demo.json", "--limit", "3", "--set", "repair.repeats=2"], folder);
      expect(again.stdout).to.contain("at most 4 per question, each of which may be written again (8 in all): 144 model calls");
      const none = await inThisProcess(["plan", "demo.json", "--limit", "3", "--set", "repair.enabled=false"], folder);
      expect(none.stdout).to.contain("model calls for rollouts; nothing is repaired.");
      expect(existsSync(trap)).to.equal(false);
      expect(existsSync(join(folder, "runs"))).to.equal(false);
    });
  });

  describe("config", () => {
    it("check passes a good preset without asking anybody", async () => {
      const trap = writeTrap();
      expect(document(await inThisProcess(["config", "check", "demo.json", "--json"], folder))).to.deep.equal({
        ...{ valid: true, preset: "demo", plugins: 6, notices: [] },
        ...{ missing: [], lacks: [] },
      });
      expect(existsSync(trap)).to.equal(false);
    });

    it("print shows the resolved preset as one document, or with the origin of every value", async () => {
      writeDemo(folder);
      expect(document(await inThisProcess(["config", "print", "demo.json", "--json"], folder))).to.have.nested.property("rollout.candidates", 2);
      const { stdout } = await inThisProcess(["config", "print", "demo.json", "--set", "rollout.candidates=5"], folder);
      expect(stdout).to.match(/candidates: 5\s+#.*--set/);
    });

    for (const [what, change, code] of [
      ["a misspelt setting", { rollot: {} }, "ATRAJ_PRESET_INVALID"],
      ["a plugin that is not there", { plugins: { student: { use: "autotraj-policy-nowhere" } } }, "ATRAJ_PLUGIN_NOT_FOUND"],
      [
        "an option that does not exist",
        { plugins: { student: { use: fixture("scripted-policy"), options: { rigthPercent: 1 } } } },
        "ATRAJ_OPTIONS_INVALID",
      ],
      ["a policy that no plugin is", { rollout: { policy: "studnet" } }, "ATRAJ_PRESET_INVALID"],
      ["a plugin that is none", { plugins: { student: { use: fixture("broken/webpack") } } }, "ATRAJ_PLUGIN_INVALID"],
      ["a plugin for another contract", { plugins: { student: { use: fixture("broken/next-api") } } }, "ATRAJ_API_VERSION"],
    ] as const) {
      it(`check refuses ${what} with exit code 2, on stderr`, async () => {
        writeDemo(folder, {}, change);
        expect(refused(await inThisProcess(["config", "check", "demo.json"], folder))).to.match(new RegExp(`^\\[${code}\\] `));
      });
    }

    it("check refuses a file that is no JSON, and one that is not there", async () => {
      writeFileSync(join(folder, "demo.json"), "{ plugins: ");
      expect(refused(await inThisProcess(["config", "check", "demo.json"], folder))).to.match(/^\[ATRAJ_PRESET_SYNTAX\] /);
      expect(refused(await inThisProcess(["config", "check", "./nowhere.yaml"], folder))).to.match(/^\[ATRAJ_PRESET_NOT_FOUND\] /);
    });
  });

  describe("plugin", () => {
    it("list shows the installed plugins as one document", async () => {
      const plugins = document(await autotraj(["plugin", "list", "--json"], folder));
      expect(plugins.find((row: { package: string }) => row.package === "@autotraj/policy-openai")).to.include({ kind: "policy", version: "0.1.0" });
    });

    it("list and info mark what its author gives up, and by what it is replaced", async () => {
      const own = join(folder, "node_modules", "autotraj-format-old");
      mkdirSync(own, { recursive: true });
      writeFileSync(
        join(own, "package.json"),
        JSON.stringify({ name: "autotraj-format-old", version: "2.1.0", keywords: ["autotraj-plugin"], type: "module", exports: "./index.js" }),
      );
      writeFileSync(
        join(own, "index.js"),
        `export default {
          meta: { name: "autotraj-format-old", apiVersion: 1, kind: "format", description: "Rows", deprecated: { since: "2.0", replacedBy: "@x/new" },
            options: { type: "object", additionalProperties: false, properties: {} } },
          setup() {},
        };`,
      );
      const told = "[ATRAJ_DEPRECATED_PACKAGE] autotraj-format-old is deprecated since 2.0; use @x/new.";
      const plugins = document(await inThisProcess(["plugin", "list", "--json"], folder));
      const row = plugins.find(({ deprecated }: { deprecated: string | null }) => deprecated !== null);
      expect(row).to.include({ package: "autotraj-format-old", description: "Rows", deprecated: told });
      expect((await inThisProcess(["plugin", "list"], folder)).stdout.replaceAll(/\s+/g, " ")).to.contain(`Rows. ${told}`);
      expect((await inThisProcess(["plugin", "info", "autotraj-format-old"], folder)).stdout).to.contain(`(format)\nRows\n${told}\n`);
    });

    it("info shows a plugin's options, also of a file", async () => {
      const { stdout } = await inThisProcess(["plugin", "info", fixture("adder")], folder);
      expect(stdout)
        .to.match(/^adder \S+ \(tool\)\nAdds two numbers\n/)
        .and.to.match(/^ {2}journal: string/m);
      expect(document(await inThisProcess(["plugin", "info", "@autotraj/policy-openai", "--json"], folder))).to.have.nested.property(
        "options.required",
      );
    });

    it("info shows the settings of the stages that a plugin offers", async () => {
      const { stdout } = await inThisProcess(["plugin", "info", "@autotraj/stage-sft"], folder);
      expect(stdout)
        .to.contain("stages.sft, beside the settings of its trainer:\n")
        .and.to.match(/^ {2}heldOut: number, ≥ 0, < 1 \(default 0\)\n {6}Share of the questions/m);
      const [stage] = document(await inThisProcess(["plugin", "info", "@autotraj/stage-evaluate", "--json"], folder)).stages;
      expect(stage).to.have.property("name", "evaluate");
      expect(stage.settings.properties.samples).to.include({ type: "integer", default: 0 });
      expect(stage).not.to.have.property("trains");
    });

    it("info shows what a trainer reads of each stage that it trains, at all depths", async () => {
      const { stdout } = await inThisProcess(["plugin", "info", "@autotraj/trainer-trl"], folder);
      expect(stdout.match(/^stages\.\S+(?=, beside the stage's own settings:$)/gm)).to.deep.equal(["stages.sft", "stages.reward-model", "stages.rl"]);
      expect(stdout)
        .to.match(/^ {2}python: string \(default ""\)$/m)
        .and.to.match(/^ {2}lora\.rank: integer, ≥ 1 \(default 16\)\n {6}Rank/m)
        .and.to.match(/^ {2}method: "grpo" \| "dpo" \(default "grpo"\)$/m);
      const { stages } = document(await inThisProcess(["plugin", "info", "@autotraj/trainer-verl", "--json"], folder));
      expect(stages.map(({ name }: { name: string }) => name)).to.deep.equal(["sft", "rl"]);
    });

    it("info shows the options of a trainer that cannot be asked for its settings without them", async () => {
      writeFileSync(
        join(folder, "trainer.mjs"),
        `export default {
          meta: { name: "demanding", apiVersion: 1, kind: "trainer", description: "d", options: {
            type: "object", additionalProperties: false, required: ["cluster"], properties: { cluster: { type: "string", description: "Where." } } } },
          setup() {},
        };`,
      );
      const { stdout } = await inThisProcess(["plugin", "info", "./trainer.mjs"], folder);
      expect(stdout).to.match(/^ {2}cluster: string \(required\)\n {6}Where\.$/m);
      expect(stdout).to.contain(
        "The settings of its stages cannot be shown: [ATRAJ_OPTIONS_INVALID] ./trainer.mjs: it cannot be used without options.",
      );
      expect(document(await inThisProcess(["plugin", "info", "./trainer.mjs", "--json"], folder))).to.have.property("problem");
    });

    it("info of nothing, and of something unknown, is refused", async () => {
      expect(refused(await inThisProcess(["plugin", "info"], folder))).to.equal(
        "[ATRAJ_USAGE] plugin info: no plugin is named.\n  `autotraj plugin list` shows the installed ones.",
      );
      expect(refused(await inThisProcess(["plugin", "info", "autotraj-nowhere"], folder))).to.match(/^\[ATRAJ_PLUGIN_NOT_FOUND\]/);
    });
  });

  describe("export", () => {
    const rowsOf = (file: string) =>
      readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));

    it("writes conversations with a loss mask on what the model wrote", async () => {
      const written = document(await inThisProcess(["export", "out", "--to", "chat", "--out", "chat", "--json"], finished));
      const rows = rowsOf(join(finished, "chat", "sft.jsonl"));
      const datasets = rowsOf(join(finished, "out", "datasets", "sft.jsonl"));
      expect(written.sft).to.deep.equal({ file: join("chat", "sft.jsonl"), rows: datasets.length, skipped: 0, turnsCut: 0, leftOut: {} });
      expect(rows.map(({ id }) => id)).to.deep.equal(datasets.map(({ id }) => id));
      for (const { messages, segments } of rows) {
        expect(messages.map(({ role }: { role: string }) => role)).to.deep.equal(["system", "user", "assistant"]);
        expect(segments.map(({ text }: { text: string }) => text).join("")).to.equal(messages[2].content);
        expect(segments.map(({ train }: { train: boolean }) => train)).to.deep.equal([true, false, true]);
        expect(segments[1].text).to.match(/^\n<result>\n\d+\n<\/result>\n$/);
      }
      const pairs = rowsOf(join(finished, "chat", "preferences.jsonl"));
      expect(pairs).to.have.length(written.preferences.rows);
      for (const { chosen, rejected } of pairs) expect(chosen[0].content).not.to.equal(rejected[0].content);
    });

    it("writes the paper's rows", async () => {
      const { code, stdout } = await inThisProcess(["export", "out", "--to", "chat/alpaca", "--out", "alpaca"], finished);
      expect(code).to.equal(0);
      expect(stdout).to.match(/^sft: \d+ rows in alpaca\/sft\.jsonl\npreferences: \d+ rows in alpaca\/preferences\.jsonl\n$/);
      for (const row of rowsOf(join(finished, "alpaca", "sft.jsonl"))) {
        expect(row).to.have.all.keys("instruction", "input", "output");
        expect(row.instruction).to.equal("Add the two numbers.");
        expect(row.output).to.match(/^<think>.*<\/think>\n<add>\d+ \d+<\/add>\n<result>\n\d+\n<\/result>\n<think>/);
      }
    });

    it("ends quietly when nobody reads what it prints", async () => {
      const command = `'${process.execPath}' '${MAIN}' export out --to chat --out piped; echo "code $?" >&2`;
      const { status, stderr } = spawnSync("bash", ["-c", `{ ${command} ; } | true`], { cwd: finished, encoding: "utf8" });
      expect(stderr.replace(/\(node:\d+\) ExperimentalWarning.*\n.*\n/g, "")).to.equal("code 0\n");
      expect(status).to.equal(0);
      expect(rowsOf(join(finished, "piped", "sft.jsonl"))).not.to.be.empty;
    });

    it("refuses a format and a variant that do not exist", async () => {
      expect(refused(await inThisProcess(["export", "out", "--to", "chat/alpacca", "--out", "x"], finished))).to.equal(
        `[ATRAJ_USAGE] export: the format "chat" has no variant "alpacca".
  Variants: openai, alpaca, alpaca-masked.`,
      );
      expect(refused(await inThisProcess(["export", "out", "--to", "parquet", "--out", "x"], finished))).to.match(
        /^\[ATRAJ_PLUGIN_NOT_FOUND\] .*parquet/s,
      );
    });
  });

  describe("import", () => {
    const good = {
      messages: [
        { role: "user", content: "What is 3 + 4?" },
        { role: "assistant", content: "\\boxed{7}" },
      ],
      answer: "7",
    };
    const lines = [JSON.stringify(good), "{ not json", "", JSON.stringify({ messages: "none" }), JSON.stringify({ ...good, id: "mine" })];

    it("lists bad rows with file and line, and exits with 2", async () => {
      writeFileSync(join(folder, "log.jsonl"), lines.join("\n"));
      expect(refused(await inThisProcess(["import", "log.jsonl", "--format", "chat", "--out", "in"], folder))).to.match(
        /^\[ATRAJ_ROWS_INVALID\] import: 2 of 4 rows cannot be read\.\n {2}log\.jsonl:2 not JSON: .*\n {2}log\.jsonl:4 messages is text that is not JSON\.\n {2}Correct them, or leave them out with --skip-bad\.$/,
      );
    });

    it("leaves them out where it is told to", async () => {
      writeFileSync(join(folder, "log.jsonl"), lines.join("\n"));
      const result = document(await inThisProcess(["import", "log.jsonl", "--format", "chat", "--out", "in", "--skip-bad", "--json"], folder));
      expect(result).to.deep.equal({ format: "chat", trajectories: 2, questions: 1, skipped: 2, out: "in" });
      const [first] = readFileSync(join(folder, "in", "trajectories.jsonl"), "utf8").split("\n");
      expect(JSON.parse(first ?? "")).to.deep.include({ answer: "7", finish: "answer", provenance: { origin: "recorded" } });
    });

    const rowsIn = (file: string) =>
      readFileSync(join(folder, "in", file), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line));
    const asked = (question: string, more: object) => ({ messages: [{ role: "user", content: question }, ...good.messages.slice(1)], ...more });

    it("takes what was asked in the same way for one question, as a run does, and another under the same id for another", async () => {
      const rows = [asked("What is 3 + 4?", { id: "a" }), asked("What is 3 + 4? ", { id: "b" }), asked("What is 2 + 5?", { id: "a" })];
      writeFileSync(join(folder, "log.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
      expect(document(await inThisProcess(["import", "log.jsonl", "--format", "chat", "--out", "in", "--json"], folder))).to.include({
        trajectories: 3,
        questions: 2,
      });
      const [first, same, other] = rowsIn("trajectories.jsonl");
      expect([first.query.id, same.query.id]).to.deep.equal(["a", "a"]);
      expect(other.query.id).to.match(/^a~[0-9a-f]{8}$/);
      expect(new Set([first.id, same.id, other.id]).size).to.equal(3);
      expect(rowsIn("questions.jsonl")).to.deep.equal([first.query, other.query]);
    });

    it("groups by the field that it is told", async () => {
      const rows = [asked("It is 8 o'clock. What is 3 + 4?", { task: "sum" }), asked("It is 9 o'clock. What is 3 + 4?", { task: "sum" })];
      writeFileSync(join(folder, "log.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
      const grouped = await inThisProcess(["import", "log.jsonl", "--format", "chat", "--group-by", "task", "--out", "in", "--json"], folder);
      expect(document(grouped)).to.include({ trajectories: 2, questions: 1 });
      const [first, second] = rowsIn("trajectories.jsonl");
      expect(second.query.id).to.equal(first.query.id);
    });

    it("finds out the format where none is named, and says which", async () => {
      writeFileSync(join(folder, "log.jsonl"), `${JSON.stringify(good)}\n`);
      const { stdout, stderr } = await inThisProcess(["import", "log.jsonl", "--out", "in"], folder);
      expect(stderr).to.equal("log.jsonl is read as chat.\n");
      expect(stdout).to.equal("1 trajectory (chat) on 1 question in in\n");
    });

    it("names the format that would read what the named one refuses", async () => {
      writeFileSync(
        join(folder, "log.jsonl"),
        `${JSON.stringify({
          conversations: [
            { from: "human", value: "hi" },
            { from: "gpt", value: "hello" },
          ],
        })}\n`,
      );
      expect(refused(await inThisProcess(["import", "log.jsonl", "--format", "chat", "--out", "in"], folder))).to.contain(
        'The format "sharegpt" would read it.',
      );
    });

    it("says where there is no such file", async () => {
      expect(refused(await inThisProcess(["import", "nowhere.jsonl", "--format", "chat", "--out", "in"], folder))).to.match(
        /^\[ATRAJ_ROWS_INVALID\] nowhere\.jsonl: there is no such file\./,
      );
    });
  });

  describe("a command line that is not understood", () => {
    it("suggests the command that was probably meant", async () => {
      expect(refused(await inThisProcess(["statz", "out"], folder))).to.equal(
        `[ATRAJ_USAGE] autotraj: there is no command "statz". Did you mean "stats"?
  \`autotraj\` alone says how to begin, \`autotraj --help\` lists all commands.`,
      );
    });

    for (const args of [["fly"], ["run"], ["run", "demo.json", "--limt", "3"], ["config", "chekc", "demo.json"], ["export", "out"]]) {
      it(`"autotraj ${args.join(" ")}" exits with 2 and says what is wrong`, async () => {
        expect(refused(await inThisProcess(args, folder))).to.match(/^\[ATRAJ_USAGE\] autotraj[^:]*: ./);
      });
    }

    it("is helped by --help, on stdout", async () => {
      const { code, stdout, stderr } = await autotraj(["--help"], folder);
      expect([code, stderr]).to.deep.equal([0, ""]);
      for (const command of ["run", "resume", "plan", "stats", "export", "import", "config", "plugin", "doctor", "model"]) {
        expect(stdout).to.contain(`autotraj ${command}`);
      }
    });
  });
});
