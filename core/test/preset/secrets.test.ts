import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { resolvePreset } from "../../src/config/preset/index.ts";
import { messageFor, resolved, scratch } from "./scratch.ts";

const preset = (options: string): string => `plugins:
  student:
    use: "@autotraj/policy-openai"
    options: ${options}
rollout: { policy: student }
`;

describe("secrets in presets", () => {
  it("come from the environment or from a file beside the preset that names it", async () => {
    const files = {
      "lib/base.yaml": preset("{ apiKey: { $env: KEY }, tokens: [{ $file: token.txt }] }"),
      "lib/token.txt": "from-file\n",
      "demo.yaml": "extends: ./lib/base.yaml\n",
    };
    const { plugins, secrets } = await resolved(files, { env: { KEY: "from-env" } });
    expect(plugins[0]?.options).to.deep.equal({ apiKey: "from-env", tokens: ["from-file"] });
    expect(secrets).to.deep.equal(["from-env", "from-file"]);
    expect([...(plugins[0]?.secretPaths ?? [])]).to.deep.equal(["apiKey", "tokens[0]"]);
  });

  it("stay out of the preset, its redacted form and its hash", async () => {
    const files = { "demo.yaml": preset("{ apiKey: { $env: KEY }, other: { $file: t } }"), t: "from-file" };
    const one = await resolved(files, { env: { KEY: "first-value" } });
    const two = await resolved({ ...files, t: "another" }, { env: { KEY: "second-value" } });
    expect(JSON.stringify([one.settings, one.redacted()])).not.to.match(/first-value|from-file/);
    expect(one.redacted()["plugins"]).to.deep.equal({
      student: { use: "@autotraj/policy-openai", options: { apiKey: "<from KEY>", other: "<from t>" } },
    });
    expect(one.identity()).to.equal(two.identity());
  });

  it("replace each other whole when presets are merged", async () => {
    const files = {
      "base.yaml": preset("{ apiKey: { $env: KEY, default: x }, b: { $env: B } }"),
      "demo.yaml": "extends: ./base.yaml\nplugins: { student: { options: { apiKey: { $file: key }, b: plain } } }\n",
      key: "k-from-file",
    };
    expect((await resolved(files)).plugins[0]?.options).to.deep.equal({ apiKey: "k-from-file", b: "plain" });
  });

  it("may have a default, which is no secret: everybody can read it", async () => {
    const files = { "demo.yaml": preset("{ baseURL: { $env: URL, default: http://localhost:8000 }, apiKey: { $env: KEY, default: '' } }") };
    const unset = await resolved(files, { env: { KEY: "" } });
    expect(unset.plugins[0]?.options).to.deep.equal({ baseURL: "http://localhost:8000", apiKey: "" });
    expect(unset.secrets).to.deep.equal([]);
    expect([...(unset.plugins[0]?.secretPaths ?? [])]).to.deep.equal(["apiKey"]);
    const set = await resolved(files, { env: { URL: "http://gpu:1" } });
    expect(set.secrets).to.deep.equal(["http://gpu:1"]);
    expect(set.identity()).to.equal(unset.identity());
  });

  it("that are missing or misshapen are named with key path and line, all at once", async () => {
    const options = `
      a: { $env: NOT_THERE }
      b: { $env: EMPTY }
      c: { $file: nope.txt }
      d: { $env: X, defualt: y }
      e: { $env: X, default: 5 }
      f: { $env: }
      g: { $file: empty.txt }
      h: { $file: x, $env: Y }`;
    expect(await messageFor({ "demo.yaml": preset(options), "empty.txt": "\n" }, { env: { EMPTY: "" } })).to.equal(
      [
        '[ATRAJ_PRESET_INVALID] preset "demo.yaml": 8 mistakes.',
        "  plugins.student.options.a takes its value from the environment variable NOT_THERE, which is not set. Set it in the shell that starts the command (export NOT_THERE=…). (demo.yaml:5)",
        "  plugins.student.options.b takes its value from the environment variable EMPTY, which is empty. Set it in the shell that starts the command (export EMPTY=…). (demo.yaml:6)",
        "  plugins.student.options.c takes its value from the file nope.txt, which is not there: <cwd>/nope.txt. Write the secret there, or correct the path. (demo.yaml:7)",
        '  plugins.student.options.d has "defualt" beside $env; only "default" may stand there. (demo.yaml:8)',
        "  plugins.student.options.e has a default that is not a string; environment variables are strings. (demo.yaml:9)",
        "  plugins.student.options.f needs the name of an environment variable in $env. (demo.yaml:10)",
        "  plugins.student.options.g takes its value from the file empty.txt, which is empty. (demo.yaml:11)",
        '  plugins.student.options.h has "$file" beside $env; only "default" may stand there. (demo.yaml:12)',
      ].join("\n"),
    );
  });

  it("that are only missing have their own code", async () => {
    expect(await messageFor({ "demo.yaml": preset("{ apiKey: { $env: KEY } }") })).to.equal(
      '[ATRAJ_SECRET_MISSING] preset "demo.yaml": 1 mistake.\n  plugins.student.options.apiKey takes its value from the environment variable KEY, which is not set. Set it in the shell that starts the command (export KEY=…). (demo.yaml:4)',
    );
  });

  it("are refused outside of plugin options, where nobody would fill them in", async () => {
    const files = { "demo.yaml": `${preset("{}")}queries: { train: { $env: FILE } }\nstages: { sft: { hub: { token: { $env: HF } } } }\n` };
    expect(await messageFor(files)).to.equal(
      [
        '[ATRAJ_PRESET_INVALID] preset "demo.yaml": 2 mistakes.',
        "  queries.train must be a string, but is a secret ($env and $file stand for values inside a plugin's options only) (JSONL file of questions to roll out and learn from, relative to this file). (demo.yaml:6)",
        "  stages.sft.hub.token is a secret; $env and $file work inside a plugin's options only. (demo.yaml:7)",
      ].join("\n"),
    );
  });

  it("given by --set are not repeated in messages", async () => {
    expect(await messageFor({ "demo.yaml": preset("{}") }, { set: ["plugins.student.apiKey=sk-secret-1234"] })).not.to.contain("sk-secret");
  });

  it("do not depend on where the preset lies", async () => {
    const files = { "demo.yaml": `${preset("{ apiKey: { $file: ./key } }")}queries: { train: q.jsonl }\n`, key: "abcdef" };
    const [one, two] = [await resolved(files), await resolved(files)];
    expect(one.file).not.to.equal(two.file);
    expect(one.redacted()).to.deep.equal(two.redacted());
    expect(one.identity()).to.equal(two.identity());
    const cwd = scratch(files);
    writeFileSync(join(cwd, "q.jsonl"), "");
    expect((await resolvePreset("demo.yaml", { cwd, set: [`queries.train=${join(cwd, "q.jsonl")}`] })).identity()).to.equal(one.identity());
  });
});

describe("the hash of a preset", () => {
  const base = preset("{ model: a, seed: 1 }");
  const hashOf = async (text: string): Promise<string> => (await resolved({ "demo.yaml": text })).identity();

  it("is the same for another order of keys, another name and values that equal the defaults", async () => {
    expect(await hashOf(preset("{ seed: 1, model: a }"))).to.equal(await hashOf(base));
    expect(await hashOf(`name: x\ndescription: y\n${base}run: { seed: 0 }\n`)).to.equal(await hashOf(base));
  });

  it("is another for another value and for another order of plugins", async () => {
    expect(await hashOf(preset("{ model: b, seed: 1 }"))).not.to.equal(await hashOf(base));
    const plugins = (...ids: readonly string[]): string =>
      `plugins: { ${ids.map((id) => `${id}: { use: x }`).join(", ")} }\nrollout: { policy: a }\n`;
    expect(await hashOf(plugins("a", "b"))).not.to.equal(await hashOf(plugins("b", "a")));
  });
});
