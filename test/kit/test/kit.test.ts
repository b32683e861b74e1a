import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isAutoTrajError } from "@autotraj/core";
import {
  DIALECTS,
  definePlugin,
  type JsonObject,
  type Plugin,
  PluginError,
  type PluginKind,
  QUERIES,
  type ScoreTap,
  STAGE,
  type StageContext,
  TOOL,
} from "@autotraj/core/plugin";
import { type SetupOptions, setupPlugin, stageSettings, testRun } from "@autotraj/testkit";
import { expect } from "chai";

const closed = (properties: Record<string, JsonObject>) => ({ type: "object", additionalProperties: false, properties }) as const;

function plugin(
  kind: PluginKind,
  setup: Plugin["setup"],
  { properties = {}, ...meta }: Partial<Plugin["meta"]> & { readonly properties?: Record<string, JsonObject> } = {},
): Plugin {
  return definePlugin<JsonObject>({ meta: { name: "mine", apiVersion: 1, kind, description: "-", options: closed(properties), ...meta }, setup });
}

/** Code and message of what this set-up ends in. */
async function refusal(subject: Plugin, setup?: SetupOptions): Promise<string> {
  try {
    await setupPlugin(subject, setup);
  } catch (error) {
    if (isAutoTrajError(error)) return error.message;
    throw error;
  }
  return "nothing was wrong";
}

const nothing = () => {};
const LONGEST = { longest: { type: "integer", minimum: 1, default: 10, description: "Characters." } };
const brevity = plugin(
  "scorer",
  (api, { longest }) =>
    api.hooks.score.tapPromise({ dimensions: { brevity: { description: "short" } } }, async (batch) =>
      batch.map(({ trajectory }) => ({ brevity: { value: Math.max(0, 1 - (trajectory.answer ?? "").length / Number(longest)) } })),
    ),
  { properties: LONGEST },
);

describe("the test kit", () => {
  it("hands out a scorer's tap, with defaults filled in", async () => {
    const { taps } = await setupPlugin(brevity);
    expect(taps.map(({ hook, options }) => [hook, Object.keys(options["dimensions"] as object)])).to.deep.equal([["score", ["brevity"]]]);
    const batch = [{ trajectory: { answer: "short" }, scores: {}, group: [] }] as unknown as Parameters<ScoreTap>[0];
    expect(await (taps[0]!.tap as ScoreTap)(batch, testRun())).to.deep.equal([{ brevity: { value: 0.5 } }]);
  });

  it("checks options as a run does, all mistakes at once", async () => {
    const said = await refusal(brevity, { options: { longest: 0, longets: 3 } });
    expect(said).to.contain("[ATRAJ_OPTIONS_INVALID]").and.contain("plugins.under-test.options.longest must be at least 1").and.contain("longets");
    expect(await refusal(plugin("scorer", nothing, { properties: { size: { type: "integer" } } }))).to.contain("says nothing of size");
  });

  it("takes secrets from the environment and means paths from the base directory", async () => {
    const seen: JsonObject[] = [];
    const properties = { key: { type: "string", secret: true, description: "-" }, file: { type: "string", path: true, description: "-" } };
    const reads = plugin(
      "tool",
      (api, options) => {
        seen.push(options);
        api.provide(TOOL, { identity: "reads" } as never);
      },
      { properties },
    );
    await setupPlugin(reads, { options: { key: { $env: "KEY" }, file: "a.txt" }, env: { KEY: "long enough" }, baseDir: "/somewhere" });
    expect(seen).to.deep.equal([{ key: "long enough", file: "/somewhere/a.txt" }]);
    expect(await refusal(reads, { options: { key: "long enough" } }))
      .to.contain("[ATRAJ_SECRET_LITERAL]")
      .and.not.contain("long enough");
  });

  it("refuses what is no plugin, and a tap that its kind may not have", async () => {
    expect(await refusal({ meta: brevity.meta } as Plugin)).to.contain("it has no setup function");
    const scoring = plugin("gate", (api) => api.hooks.score.tapPromise({ dimensions: {} }, async () => []));
    expect(await refusal(scoring)).to.contain('[ATRAJ_PLUGIN_INVALID] plugin "under-test" (mine): it is a gate, and a gate may not tap "score".');
  });

  it("gives the test's services by their ids, in place of the host's, and says which is missing", async () => {
    const tool = { identity: "one" };
    const mine = { names: [] };
    const uses = plugin("preparer", (api) => {
      expect([...api.useAll(TOOL)]).to.deep.equal([["first", tool]]);
      expect([api.use(TOOL), api.use(TOOL, "first"), api.use(DIALECTS)]).to.deep.equal([tool, tool, mine]);
      api.use(TOOL, "second");
    });
    expect(
      await refusal(uses, {
        services: [
          [TOOL, tool, "first"],
          [DIALECTS, mine],
        ],
      }),
    ).to.contain('[ATRAJ_SERVICE_MISSING] plugin "under-test" (mine): it needs the tool "second"; there are: first.');
    expect(await refusal(plugin("preparer", nothing, { requires: [QUERIES] }))).to.contain("[ATRAJ_SERVICE_MISSING]");
    const usesHost = plugin("preparer", (api) => {
      api.use(DIALECTS).get("tags");
      api.hooks.beforeRollout.tapPromise({}, async () => undefined);
    });
    expect(await refusal(usesHost)).to.equal("nothing was wrong");
  });

  it("hands out what was provided, by name, and refuses what is provided twice", async () => {
    const [one, two] = [{ identity: "1" }, { identity: "2" }] as never[];
    const tools = await setupPlugin(
      plugin("tool", (api) => {
        api.provide(TOOL, one!, "one");
        api.onStart(async () => api.provide(TOOL, two!, "two"));
      }),
      { services: [[TOOL, {}, "of another"]] },
    );
    await tools.start();
    expect([...tools.providedAll(TOOL)]).to.deep.equal([
      ["one", one],
      ["two", two],
    ]);
    expect(tools.provided(TOOL, "two")).to.equal(two);
    expect(() => tools.provided(TOOL)).to.throw('it needs the tool "under-test"; there are: of another, under-test/one, under-test/two');
    const twice = plugin("tool", (api) => [one, two].forEach((tool) => void api.provide(TOOL, tool!)));
    expect(await refusal(twice)).to.contain("[ATRAJ_SERVICE_CONFLICT]");
  });

  it("starts in order and lets go in reverse, tells what was said and found, and names who failed", async () => {
    const done: string[] = [];
    const lives = await setupPlugin(
      plugin("tool", (api) => {
        api.log.info("set up");
        for (const name of ["a", "b"]) {
          api.onStart(async () => {
            done.push(`start ${name}`);
            api.found(name, "here");
          });
          api.onDispose(() => void done.push(`end ${name}`));
        }
        api.found("machine", "mine");
        api.onDispose(() => Promise.reject(new Error("stuck")));
      }),
    );
    const { found } = lives;
    expect(found).to.deep.equal({ machine: "mine" });
    await lives.start();
    await lives.dispose();
    expect(done).to.deep.equal(["start a", "start b", "end b", "end a"]);
    expect(found).to.deep.equal({ machine: "mine", a: "here", b: "here" });
    expect(lives.infos).to.deep.equal(["set up"]);
    expect(lives.warnings).to.deep.equal(['plugin "under-test" failed to let go: stuck']);

    const fails = await setupPlugin(plugin("tool", (api) => api.onStart(() => Promise.reject(new PluginError("MINE", "no luck", { hint: "Try." })))));
    const error: unknown = await fails.start().catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: "ATRAJ_SETUP_FAILED", pluginCode: "MINE" });
    expect(error).to.have.nested.property("cause.hint", "Try.");
  });

  it("ends what a set-up that failed had begun", async () => {
    const ended: string[] = [];
    const fails = plugin("tool", (api) => {
      api.onDispose(() => void ended.push("end"));
      throw new Error("half-way");
    });
    expect(await refusal(fails)).to.contain('plugin "under-test": its setup failed: half-way');
    expect(ended).to.deep.equal(["end"]);
  });
});

describe("the settings of a stage", () => {
  const properties = { most: { type: "integer", minimum: 1, default: 2, description: "Rows." } };
  const even = ({ most }: Readonly<JsonObject>) => {
    if (Number(most) % 2 > 0) throw new PluginError("ODD", "most is odd.");
  };

  it("are those of the stage that a plugin does, which is then prepared and run", async () => {
    const folder = mkdtempSync(join(tmpdir(), "autotraj-kit-"));
    const distil = plugin("stage", (api) =>
      api.provide(STAGE, {
        name: "distil",
        settings: closed(properties),
        check: even,
        prepare: async ({ dir, settings, datasets }) => ({
          async run() {
            const rows = readFileSync(datasets.sft, "utf8").split("\n").slice(0, Number(settings["most"]));
            writeFileSync(join(dir, "rows.jsonl"), rows.join("\n"));
            return { metrics: { rows: rows.length } };
          },
        }),
      }),
    );
    try {
      const plugged = await setupPlugin(distil);
      const settings = stageSettings(plugged, "distil", {});
      writeFileSync(join(folder, "sft.jsonl"), "{}\n{}\n{}");
      const context = { dir: folder, settings, datasets: { sft: join(folder, "sft.jsonl"), preferences: "" } };
      const prepared = await plugged.provided(STAGE).prepare(context as StageContext);
      expect(await prepared.run()).to.deep.equal({ metrics: { rows: 2 } });
      expect(() => stageSettings(plugged, "distil", { most: 0, mots: 1 })).to.throw(
        /stages\.distil\.mots is not a setting.*stages\.distil\.most must be at least 1/s,
      );
      expect(() => stageSettings(plugged, "distil", { most: 3 })).to.throw("most is odd.");
      expect(() => stageSettings(plugged, "sft", {})).to.throw("the plugin neither trains nor does the stage sft");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("are those of the stage that a trainer trains", async () => {
    const trainer = plugin("trainer", (api) =>
      api.hooks.train.tapPromise({ stageName: "sft", settings: closed(properties), check: even }, async ({ dir }) => ({
        modelPath: dir,
        kind: "causal",
        metrics: {},
      })),
    );
    const plugged = await setupPlugin(trainer);
    expect(stageSettings(plugged, "sft", {})).to.deep.equal({ most: 2 });
    expect(() => stageSettings(plugged, "sft", { most: 3 })).to.throw("most is odd.");
  });
});
