import { isAutoTrajError } from "@autotraj/core";
import { expect } from "chai";
import { scratch } from "../../../core/test/preset/scratch.ts";
import { allThatKeeps, type Examined, examine } from "../src/examine.ts";

const ENDPOINT = `{ model: m, baseURL: "http://127.0.0.1:1/v1" }`;
const SOUND = `plugins:
  student: { use: "@autotraj/policy-openai", options: ${ENDPOINT} }
  answer: { use: "@autotraj/scorer-answer" }
  gate: { use: "@autotraj/gate-threshold", options: { minimums: { correctness: 1 } } }
rollout: { policy: student }
queries: { train: questions.jsonl }
`;
const QUESTIONS = `{"question": "What is 1 + 1?", "answer": "2"}\n`;

/** Looks at a preset beside the questions, and lets go of it. */
async function look(
  text: string,
  env: NodeJS.ProcessEnv = {},
  more: Readonly<Record<string, string>> = {},
): Promise<Examined & { readonly cwd: string }> {
  const cwd = scratch({ "demo.yaml": text, "questions.jsonl": QUESTIONS, ...more });
  const examined = await examine("demo.yaml", { cwd, env });
  await examined.dispose();
  return { ...examined, cwd };
}

async function message(text: string, env: NodeJS.ProcessEnv = {}, more: Readonly<Record<string, string>> = {}): Promise<string> {
  const { error, cwd } = await look(text, env, more);
  if (!isAutoTrajError(error)) throw new Error(`expected a mistake, but there is: ${String(error)}`);
  return error.message.replaceAll(cwd, "<cwd>");
}

describe("a preset that is looked at", () => {
  it("is handed back with its plugins, stages and questions where nothing is wrong", async () => {
    const { error, session, questions, absent, lacks } = await look(SOUND);
    expect(error).to.equal(undefined);
    expect(session?.plugins.map(({ id }) => id)).to.deep.equal(["student", "answer", "gate"]);
    expect([questions, absent, lacks]).to.deep.equal([1, [], []]);
  });

  it("is told all that is wrong with it, whichever phase would find it", async () => {
    const text = `plugins:
  student: { use: "@autotraj/policy-openai", options: ${ENDPOINT} }
  answer: { use: "@autotraj/scorer-answer", options: { method: by-guess } }
  gate: { use: "@autotraj/gate-threshold", options: { minimum: { correctness: 1 } } }
  mine: { use: ./mine.mjs }
  repair: { use: "@autotraj/repairer-resume", options: { policy: tacher } }
  trainer: { use: "@autotraj/trainer-trl" }
rollout: { policy: student, candidates: many, tools: [pyhton] }
queries: { train: nothing.jsonl }
stages: { sft: { model: m, epochs: lots }, stew: {} }
`;
    expect((await message(text)).replace(/in \S+index\.js:\d+, named/, "in <plugin>, named")).to.equal(
      [
        '[ATRAJ_PRESET_INVALID] preset "demo.yaml": 9 mistakes.',
        '  rollout.candidates must be an integer, but is "many" (Trajectories per question). (demo.yaml:8)',
        '  rollout.tools[0] is "pyhton", but no plugin has this id. Plugins: student, answer, gate, mine, repair, trainer. (demo.yaml:8)',
        "  [ATRAJ_QUERIES_INVALID] <cwd>/nothing.jsonl: there is no such file.",
        "    in <cwd>/demo.yaml:9",
        '    A file of questions has one JSON object per line: {"question": "What is 6 * 7?", "answer": "42"}; id, answers, task, solution and meta may stand there too.',
        '  [ATRAJ_PLUGIN_NOT_FOUND] plugin "mine" (./mine.mjs): there is no file <cwd>/mine.mjs.',
        "    in <cwd>/demo.yaml:5",
        "    A path means from the folder of the file that names it.",
        '  plugins.answer.options.method must be one of auto, exact, em, f1, text, number, math, choice, but is "by-guess". (<cwd>/demo.yaml:3)',
        '  plugins.gate.options.minimum is not an option of this plugin. Did you mean "minimums"? (<cwd>/demo.yaml:4)',
        "    `autotraj plugin info PACKAGE` lists a plugin's options.",
        '  [ATRAJ_SERVICE_MISSING] plugin "repair" (@autotraj/repairer-resume): it needs the policy "tacher"; there are: student.',
        "    in <plugin>, named in <cwd>/demo.yaml:6",
        "    Name one of these by its id.",
        '  [ATRAJ_PRESET_INVALID] demo: no plugin offers the stage "stew".',
        "    in <cwd>/demo.yaml:10",
        "    Stages are: sft, reward-model, rl, evaluate. A stage of another kind needs its plugin (kind stage) in the preset.",
        '  stages.sft.epochs must be a number, but is "lots" (Passes over the data). (<cwd>/demo.yaml:10)',
        "    `autotraj plugin info PACKAGE` lists the settings of a stage, or of a trainer for it.",
      ].join("\n"),
    );
  });

  it("is not told what only follows from another mistake", async () => {
    // Without the scorer nobody fills correctness, which the gate needs.
    const text = SOUND.replace('"@autotraj/scorer-answer"', '"@autotraj/scorer-anwser"');
    const { mistakes } = await look(text);
    expect(mistakes.map((error) => (isAutoTrajError(error) ? error.code : error))).to.deep.equal(["ATRAJ_PLUGIN_NOT_FOUND"]);
  });

  it("is told by a field of each mistake which plugin is at fault, whichever phase found it", async () => {
    const fails = `export default {
      meta: { name: "fails", apiVersion: 1, kind: "gate", description: "x", options: { type: "object", additionalProperties: false, properties: {} } },
      setup() { throw new Error("no"); },
    };`;
    const early = fails.replace(
      "setup() { throw",
      'setup(api) { api.hooks.shouldRepair.tapPromise({ name: "n", before: "nobody" }, async () => []); return; throw',
    );
    const faults = async (use: string, more: Readonly<Record<string, string>> = {}) => {
      const { mistakes } = await look(SOUND.replace("  gate: {", `  other: { use: ${use} }\n  gate: {`), {}, more);
      return mistakes.map((error) => (isAutoTrajError(error) ? [error.code, error.parts.plugin] : error));
    };
    expect(await faults("autotraj-gate-absent")).to.deep.equal([["ATRAJ_PLUGIN_NOT_FOUND", "other"]]);
    expect(await faults("./absent.mjs")).to.deep.equal([["ATRAJ_PLUGIN_NOT_FOUND", "other"]]);
    expect(await faults("./no.mjs", { "no.mjs": "export default 1;" })).to.deep.equal([["ATRAJ_PLUGIN_INVALID", "other"]]);
    expect(await faults("./fails.mjs", { "fails.mjs": fails })).to.deep.equal([["ATRAJ_SETUP_FAILED", "other"]]);
    expect(await faults("./early.mjs", { "early.mjs": early })).to.deep.equal([["ATRAJ_ORDER_UNKNOWN", "other"]]);
    expect(await faults('"@autotraj/repairer-resume", options: { policy: nobody }')).to.deep.equal([["ATRAJ_SERVICE_MISSING", "other"]]);
  });

  it("is told of stages what is wrong with them, although its taps do not fit together", async () => {
    const text = `${SOUND.replace('  answer: { use: "@autotraj/scorer-answer" }\n', "")}stages: { sft: { model: m, epochs: lots } }\n`.replace(
      "plugins:",
      'plugins:\n  trainer: { use: "@autotraj/trainer-trl" }',
    );
    const { mistakes } = await look(text);
    expect(mistakes.map((error) => (isAutoTrajError(error) ? error.code : error))).to.deep.equal(["ATRAJ_DIMENSION_MISSING", "ATRAJ_STAGE_INPUT"]);
  });

  it("goes on without the variables and files that it takes values from, and names each with its place", async () => {
    const options = "{ model: { $env: MODEL }, baseURL: { $env: URL }, apiKey: { $file: key.txt } }";
    const { error, absent, session, cwd } = await look(SOUND.replace(ENDPOINT, options), { MODEL: "m" });
    expect(error).to.equal(undefined);
    expect(session?.plugins).to.have.length(3);
    expect(absent.map(({ path, from, at }) => [path, from, `${at.file.replace(cwd, "<cwd>")}:${at.line}`])).to.deep.equal([
      ["plugins.student.options.baseURL", "URL", "<cwd>/demo.yaml:2"],
      ["plugins.student.options.apiKey", "key.txt", "<cwd>/demo.yaml:2"],
    ]);
  });

  it("does not hold against a plugin that it cannot be set up before its key is there", async () => {
    const picky = `export default {
      meta: { name: "picky", apiVersion: 1, kind: "policy", description: "x",
        options: { type: "object", additionalProperties: false, properties: { key: { type: "string", secret: true, description: "x" } } } },
      setup(api, { key }) { if (!key.startsWith("sk-")) throw new Error("this is no key"); },
    };`;
    const text = SOUND.replace('"@autotraj/policy-openai"', "./picky.mjs").replace(ENDPOINT, "{ key: { $env: KEY } }");
    const { error, absent } = await look(text, {}, { "picky.mjs": picky });
    expect(error).to.equal(undefined);
    expect(absent.map(({ from }) => from)).to.deep.equal(["KEY"]);
    expect(await message(text, { KEY: "no key at all" }, { "picky.mjs": picky })).to.contain("this is no key");
  });

  it("with a syntax error is told no more than that: what the file holds is not known", async () => {
    const { mistakes, preset } = await look(`${SOUND}queries: [`);
    expect(preset).to.equal(undefined);
    expect(mistakes.map((error) => (isAutoTrajError(error) ? error.code : error))).to.deep.equal(["ATRAJ_PRESET_SYNTAX"]);
  });

  it("says what the machine lacks for it apart from what is wrong", async () => {
    const text = `${SOUND}stages: { sft: { model: m, gpus: 64 } }\n`.replace("plugins:", 'plugins:\n  trainer: { use: "@autotraj/trainer-trl" }');
    const before = process.env["CUDA_VISIBLE_DEVICES"];
    process.env["CUDA_VISIBLE_DEVICES"] = "";
    try {
      const { error, lacks, stages } = await look(text);
      expect(error).to.equal(undefined);
      expect(lacks).to.deep.equal(["stages.sft: gpus is 64, and the device is the CPU. Set device: cuda, or leave gpus out."]);
      expect(stages.map(({ name }) => name)).to.deep.equal(["sft"]);
      // Where the preset itself says so, it is a mistake.
      const { mistakes } = await look(text.replace("gpus: 64", "gpus: 64, device: cpu"));
      expect(mistakes.map((mistake) => (isAutoTrajError(mistake) ? mistake.code : mistake))).to.deep.equal(["ATRAJ_STAGE_INPUT"]);
    } finally {
      if (before === undefined) delete process.env["CUDA_VISIBLE_DEVICES"];
      else process.env["CUDA_VISIBLE_DEVICES"] = before;
    }
  });
});

describe("what keeps a preset from being run", () => {
  it("is told with the variables that are missing", async () => {
    const text = SOUND.replace(ENDPOINT, "{ model: m, baseURL: { $env: URL }, temperature: 1 }");
    const cwd = scratch({ "demo.yaml": text, "questions.jsonl": QUESTIONS });
    const { error: first } = await examine("demo.yaml", { cwd, env: {} });
    const error = await allThatKeeps("demo.yaml", { cwd, env: {} }, first);
    expect(String(error).replaceAll(cwd, "<cwd>"))
      .to.contain("2 mistakes")
      .and.contain("temperature is not an option")
      .and.contain("URL, which is not set");
  });

  it("stays as it is where it is no fault of the preset, or the only one", async () => {
    const cwd = scratch({ "demo.yaml": SOUND, "questions.jsonl": QUESTIONS });
    const other = new Error("the disk is full");
    expect(await allThatKeeps("demo.yaml", { cwd, env: {} }, other)).to.equal(other);
  });
});
