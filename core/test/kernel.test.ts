import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { KEPT, POLICY, ROLLOUT, SANDBOX, TOOL, token } from "../src/kernel/plugin.ts";
import { Session } from "../src/loop/session.ts";
import { StopSwitch } from "../src/loop/stop-switch.ts";
import { loadService } from "../src/run/single-plugin.ts";
import { failureOf } from "./support/failures.ts";
import { type Entry, fixture, newFolder, presetOf } from "./support/presets.ts";
import { request, scored } from "./support/trajectories.ts";

describe("the kernel", () => {
  let folder: string;
  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function load(plugins: Readonly<Record<string, Entry>>, warnings: string[] = []): Promise<Session> {
    const preset = await presetOf(folder, plugins);
    return Session.open(preset, { cacheDir: folder, log: { info: () => {}, warn: (message) => warnings.push(message) } });
  }

  /** The message that loading ends with; places that differ from machine to machine are cut out. */
  async function refusal(plugins: Readonly<Record<string, Entry>>): Promise<string> {
    const { message } = await failureOf(load(plugins));
    return message
      .replaceAll(folder, "<folder>")
      .replaceAll(fixture("broken/x").replace("/broken/x.mjs", ""), "<plugins>")
      .replaceAll("core/test/fixtures/plugins/", "<plugins>/")
      .replaceAll(/\.mjs:\d+/g, ".mjs:<line>")
      .replace(/<folder>\/demo\.json:\d+(:\d+)?/g, "<preset>")
      .replace(/[^\s(]*demo\.json:\d+(:\d+)?/g, "<preset>");
  }

  describe("does not find", () => {
    it("a package that is not installed, and says where it looked", async () => {
      const message = await refusal({ judge: ["autotraj-scorer-nowhere"] });
      expect(message).to.equal(`[ATRAJ_PLUGIN_NOT_FOUND] plugin "judge": no package "autotraj-scorer-nowhere" is installed for <folder>.
  in <preset>
  Correct the name. AutoTraj has no package of this name; if somebody else has, see who it is before you install it.`);
    });

    it("a file that is not there", async () => {
      expect(
        await refusal({ judge: ["./judge.mjs"] }),
      ).to.equal(`[ATRAJ_PLUGIN_NOT_FOUND] plugin "judge" (./judge.mjs): there is no file <folder>/judge.mjs.
  in <preset>
  A path means from the folder of the file that names it.`);
    });
  });

  describe("refuses", () => {
    const refused = (title: string, name: string, ...lines: string[]) =>
      it(title, async () => {
        expect(await refusal({ odd: [fixture(`broken/${name}`)] })).to.equal(lines.join("\n"));
      });
    const odd = (name: string) => `[ATRAJ_PLUGIN_INVALID] plugin "odd" (<plugins>/broken/${name}.mjs):`;
    const at = (name: string) => `  in <plugins>/broken/${name}.mjs, named in <preset>`;
    const object = "  A plugin is a plain object: export default { meta, setup(api, options) { … } }.";

    refused(
      "a module without a default export",
      "no-default",
      `${odd("no-default")} its file has no default export; it exports "meta".`,
      at("no-default"),
      "  A plugin is its file's default export: export default { meta, setup }.",
    );
    refused("a plugin as webpack has them", "webpack", `${odd("webpack")} it exports a function or a class, not a plugin.`, at("webpack"), object);
    refused(
      "a function that would make a plugin",
      "factory",
      `${odd("factory")} it exports a function or a class, not a plugin.`,
      at("factory"),
      object,
    );
    refused("a plugin without setup", "no-setup", `${odd("no-setup")} it has no setup function.`, at("no-setup"), object);
    refused("a plugin whose meta is null", "null-meta", `${odd("null-meta")} it has no meta.`, at("null-meta"), object);
    refused(
      "a plugin that says too little of itself",
      "half-meta",
      `${odd("half-meta")} its meta lacks options, description, apiVersion.`,
      at("half-meta"),
      '  A meta is { name, apiVersion: 1, kind, description, options: { type: "object", additionalProperties: false, properties: {} } }.',
    );
    refused(
      "a kind it does not know",
      "unknown-kind",
      `${odd("unknown-kind")} its meta.kind is "critic".`,
      at("unknown-kind"),
      "  Kinds are: format, gate, policy, preparer, repairer, reward, reward-model, sandbox, scorer, server, stage, tool, tracker, trainer.",
    );
    refused(
      "a plugin that breaks while it is imported",
      "throws-on-import",
      `${odd("throws-on-import")} it failed while it was loaded: needs a GPU`,
      "  in <plugins>/broken/throws-on-import.mjs:<line>, named in <preset>",
      "  What a plugin needs is looked up in its setup, and what is slow begins in api.onStart.",
    );
    refused(
      "an options schema that takes anything",
      "open-options",
      "[ATRAJ_PLUGIN_INVALID] demo: a plugin says wrongly which options it has.",
      '  plugins.odd: the options schema of open-options is not closed: it needs type "object" and additionalProperties false, so that a misspelt option is noticed. (<preset>)',
      at("open-options"),
      "  That is its author's to correct, in meta.options.",
    );
    refused(
      "a tap that the plugin's kind may not make",
      "scoring-gate",
      '[ATRAJ_PLUGIN_INVALID] plugin "odd" (@autotraj/core): it is a gate, and a gate may not tap "score".',
      "  in <plugins>/broken/scoring-gate.mjs:<line>, named in <preset>",
      "  Only a scorer may (meta.kind); a gate taps shouldRepair.",
    );

    it("a file that is no JavaScript", async () => {
      writeFileSync(join(folder, "typo.mjs"), "export default {{");
      expect(
        await refusal({ odd: ["./typo.mjs"] }),
      ).to.equal(`[ATRAJ_PLUGIN_INVALID] plugin "odd" (./typo.mjs): its file is not valid JavaScript: Unexpected token '{'.
  in <folder>/typo.mjs:<line>, named in <preset>
  Correct it there.`);
    });

    it("plugins for another version of the contract, with what to do", async () => {
      expect(
        await refusal({ odd: [fixture("broken/next-api")] }),
      ).to.equal(`[ATRAJ_API_VERSION] plugin "odd" (<plugins>/broken/next-api.mjs): it is made for version 2 of the plugin contract. This core takes 0 to 1.
${at("next-api")}
  Update @autotraj/core, or take an older release of the plugin.`);
    });

    it("no plugin for the version before its own, and says that it is old", async () => {
      const session = await load({ odd: [fixture("old-api")] });
      expect(session.notices[0]).to.equal(
        "[ATRAJ_DEPRECATED_API] @autotraj/core is made for version 0 of the plugin contract, which this core still takes; it has version 1. Look for a newer release.",
      );
      await session.dispose();
    });

    it("several plugins in one error", async () => {
      const message = await refusal({ a: [fixture("broken/webpack")], b: ["autotraj-nowhere"], c: [fixture("broken/no-setup")] });
      expect(message).to.match(/^\[ATRAJ_PLUGIN_INVALID\] preset: 3 mistakes\.\n/);
      expect(message).to.contain('plugin "a" (').and.to.contain('plugin "b":').and.to.contain('plugin "c" (');
    });
  });

  describe("checks options", () => {
    const journal = "unused";

    it("of all plugins at once", async () => {
      const message = await refusal({
        first: [fixture("recorder"), { journal, levl: 2 }],
        second: [fixture("recorder"), { journal, level: 4, failsIn: "life" }],
        third: [fixture("recorder")],
      });
      expect(message).to.match(/^\[ATRAJ_OPTIONS_INVALID\] demo: 4 options are wrong\.\n/);
      expect(message).to.match(/plugins\.first\.options\.levl .*"?level"?/);
      expect(message).to.match(/plugins\.second\.options\.level /);
      expect(message).to.match(/plugins\.second\.options\.failsIn .*nothing, setup, start, dispose/);
      expect(message).to.match(/plugins\.third\.options\.journal /);
      expect(message.match(/<preset>/g)).to.have.length(4);
    });

    it("and names the one kind of mistake, or none where there are several", async () => {
      const broken: Entry = [fixture("broken/open-options")];
      const wrong: Entry = [fixture("recorder"), { journal, level: 4 }];
      expect((await failureOf(load({ broken }))).code).to.equal("ATRAJ_PLUGIN_INVALID");
      expect(
        (await failureOf(load({ secret: ["@autotraj/policy-openai", { model: "m", baseURL: "http://127.0.0.1:1/v1", apiKey: "sk-123" }] }))).code,
      ).to.equal("ATRAJ_SECRET_LITERAL");
      expect((await failureOf(load({ wrong }))).code).to.equal("ATRAJ_OPTIONS_INVALID");
      expect((await failureOf(load({ broken, wrong }))).code).to.equal("ATRAJ_OPTIONS_INVALID");
    });

    it("before anything is set up", async () => {
      const file = join(folder, "journal");
      await failureOf(load({ good: [fixture("recorder"), { journal: file }], bad: [fixture("recorder"), { journal: file, level: 9 }] }));
      expect(() => readFileSync(file)).to.throw("ENOENT");
    });
  });

  describe("brings services together:", () => {
    const SERVICES = "  in <plugins>/services.mjs:<line>, named in <preset>";

    it("one provider each, the second is refused by name", async () => {
      expect(await refusal({ a: [fixture("services"), { provides: ["index"] }], b: [fixture("services"), { provides: ["index"] }] })).to.equal(
        `[ATRAJ_SERVICE_CONFLICT] plugin "b": it provides "index", which "a" provides already.
${SERVICES}
  Remove one of the two from the preset (plugins.b: false).`,
      );
    });

    it("a missing one is reported with those who ask for it", async () => {
      expect(await refusal({ a: [fixture("services"), { uses: ["index"] }] })).to.equal(
        `[ATRAJ_SERVICE_MISSING] plugin "a" (@autotraj/core): it needs a index, and no plugin of the preset provides one.
${SERVICES}
  Add a index plugin to the preset (\`autotraj plugin list\` shows the installed ones).`,
      );
    });

    it("a wrong id is answered with those there are", async () => {
      expect(
        await refusal({
          a: [fixture("services"), { providesMany: ["model"] }],
          b: [fixture("services"), { providesMany: ["model"] }],
          c: [fixture("services"), { uses: ["model#judge"] }],
        }),
      ).to.equal(
        `[ATRAJ_SERVICE_MISSING] plugin "c" (@autotraj/core): it needs the model "judge"; there are: a, b.
${SERVICES}
  Name one of these by its id.`,
      );
    });

    it("what a plugin's meta requires is asked for before its setup", async () => {
      const preset = await presetOf(folder, {
        student: [fixture("recorder"), { journal: join(folder, "journal") }],
        fix: ["@autotraj/repairer-llm", { policy: "student" }],
      });
      const { message } = await failureOf(Session.open(preset, { cacheDir: folder }));
      expect(message).to.contain(
        '[ATRAJ_SERVICE_MISSING] plugin "fix" (@autotraj/repairer-llm): it needs a policy, and no plugin of the preset provides one.',
      );
    });

    it("the preset's own ids are looked up before anything is spent", async () => {
      const preset = await presetOf(folder, { notOne: [fixture("adder")] }, { rollout: { policy: "notOne" } });
      expect((await failureOf(Session.open(preset, { cacheDir: folder }))).message).to.match(
        /^\[ATRAJ_PRESET_INVALID\] demo: rollout\.policy is "notOne", which is a tool and no policy\.\n {2}in \S+\/demo\.json:\d+\n {2}Of kind policy there are: student\.$/,
      );
      const wrongTool = await presetOf(folder, { plus: [fixture("adder")] }, { rollout: { tools: ["student"] } });
      expect((await failureOf(Session.open(wrongTool, { cacheDir: folder }))).message).to.match(
        /^\[ATRAJ_PRESET_INVALID\] demo: rollout\.tools\[0\] is "student", which is a policy and no tool\.\n/,
      );
    });

    it("a policy that does not speak the preset's dialect is refused", async () => {
      const preset = await presetOf(folder, {}, { rollout: { dialect: "native" } });
      expect((await failureOf(Session.open(preset, { cacheDir: folder }))).message).to.equal(
        `[ATRAJ_PRESET_INVALID] demo: the policy "student" does not speak the dialect "native".
  Set rollout.dialect to tags.`,
      );
    });

    it("two tools that the model would call by one name are refused", async () => {
      expect(await refusal({ plus: [fixture("adder")], sum: [fixture("adder")] })).to.equal(
        `[ATRAJ_SERVICE_CONFLICT] tool "sum": it is called "add", as is "plus".
  Give one of them another name in its options, or leave it out of rollout.tools.`,
      );
    });

    it("two tools of one tag are refused where tags are spoken", async () => {
      expect(await refusal({ plus: [fixture("adder")], sum: [fixture("adder"), { name: "sum" }] })).to.equal(
        `[ATRAJ_SERVICE_CONFLICT] tool "sum": it is called <add>, as is "plus".
  Give one of them another name in its options, or leave it out of rollout.tools.`,
      );
    });

    for (const [lacks, what] of [
      ["definition", "it has no definition"],
      ["name", "its definition has no name"],
      ["description", "its definition has no description"],
      ["parameters", "its definition has no parameters of type object"],
      ["identity", "it has no identity"],
      ["call", "it has no function call"],
    ]) {
      it(`a tool without ${lacks} is refused`, async () => {
        expect(await refusal({ odd: [fixture("half-tool"), { lacks: lacks ?? "" }] })).to.contain(
          `[ATRAJ_PLUGIN_INVALID] tool "odd": ${what}.\n  A tool is {`,
        );
      });
    }

    for (const [plugins, what] of [
      [{ gate: ["@autotraj/gate-paper"], exact: [fixture("exact-scorer")] }, '"gate" needs "quality", which no scorer of the preset fills'],
      [{ fix: [fixture("needy-repairer")] }, '"fix" needs "style", which no scorer of the preset fills'],
    ] as [Record<string, Entry>, string][]) {
      it(`a preset without the dimension that is asked for is refused: ${what}`, async () => {
        expect(await refusal(plugins)).to.contain(`[ATRAJ_DIMENSION_MISSING] preset: some plugins cannot get the dimensions they need.\n  ${what} (`);
      });
    }

    it("each plugin finds those of its kind in the preset's order", async () => {
      const session = await load({ b: [fixture("adder")], a: [fixture("adder"), { name: "sum", tag: "sum" }] });
      expect([...session.services.useAll(TOOL).keys()]).to.deep.equal(["b", "a"]);
      expect(session.toolIds).to.deep.equal(["b", "a"]);
      expect(session.policy("student").model).to.equal("scripted");
      await session.dispose();
      expect(session.services.useAll(TOOL).size).to.equal(0);
    });

    it("the kernel's own refuse to work while no run is under way", async () => {
      const session = await load({});
      const rollout = session.services.use(ROLLOUT, undefined, "test");
      const kept = session.services.use(KEPT, undefined, "test");
      for (const ask of [
        () => rollout.write(request(), { policy: "student", key: "x", provenance: { origin: "rollout" } }),
        () => kept.similarTo({ request: request(), original: scored(), siblings: [], attempts: [], attempt: 0 }, 1),
      ])
        expect(String(await ask().catch((error: unknown) => error))).to.include("only while a run is under way");
      await session.dispose();
    });

    it("two kernels do not share theirs", async () => {
      const one = await load({ plus: [fixture("adder")] });
      const other = await load({});
      expect(other.services.useAll(TOOL).size).to.equal(0);
      await other.dispose();
      expect(one.services.useAll(TOOL).size).to.equal(1);
      expect(one.services.use(POLICY, "student", "test").model).to.equal("scripted");
      await one.dispose();
    });

    it("a single plugin's can be had without any preset", async () => {
      const service = await loadService(fixture("adder"), TOOL, folder, folder);
      expect(service.identity).to.equal("adder 1");
      expect((await failureOf(loadService(fixture("recorder"), token("index"), folder, folder))).message).to.match(
        /^\[ATRAJ_OPTIONS_INVALID\] \S+recorder\.mjs: it cannot be used without options\.\n {2}\S+\.options\.journal /,
      );
    });

    it("a single plugin of another kind is refused without a word of presets", async () => {
      const { message } = await failureOf(loadService(fixture("adder"), SANDBOX, folder, folder));
      expect(message).to.match(/^\[ATRAJ_USAGE\] \S+adder\.mjs: it is a tool, and brings no sandbox\.\n/);
      expect(message).to.not.contain("preset");
    });
  });

  describe("guides a plugin's life:", () => {
    const placeless = (message: string) => message.replace(/[^\s(]+recorder\.mjs(?::\d+)?, named in \S+demo\.json:\d+/, "<place>");
    let journal: string;
    const steps = () => readFileSync(journal, "utf8").trim().split("\n");
    const recorder = (failsIn = "nothing"): Entry => [fixture("recorder"), { journal, failsIn }];
    beforeEach(() => {
      journal = join(folder, "journal");
    });

    it("set up and started in the preset's order, disposed of last first", async () => {
      const session = await load({ a: recorder(), b: recorder(), c: recorder() });
      await session.start();
      await session.dispose();
      expect(steps()).to.deep.equal(["setup a", "setup b", "setup c", "start a", "start b", "start c", "dispose c", "dispose b", "dispose a"]);
    });

    it("disposed of once, however often it is asked", async () => {
      const session = await load({ a: recorder() });
      await Promise.all([session.dispose(), session.dispose()]);
      await session.dispose();
      expect(steps()).to.deep.equal(["setup a", "dispose a"]);
    });

    it("a start that fails is named, keeps its code, and starts nobody after it", async () => {
      const session = await load({ a: recorder(), b: recorder("start"), c: recorder() });
      const error = await failureOf(session.start());
      expect(placeless(error.message)).to.equal('[ATRAJ_SETUP_FAILED] plugin "b": its start failed: no room in start\n  in <place>\n  Make room.');
      expect(error.pluginCode).to.equal("RECORDER_FULL");
      await session.dispose();
      expect(steps()).to.deep.equal(["setup a", "setup b", "setup c", "start a", "start b", "dispose c", "dispose b", "dispose a"]);
    });

    it("a dispose that fails is reported and keeps nobody else", async () => {
      const warnings: string[] = [];
      const session = await load({ a: recorder(), b: recorder("dispose"), c: recorder() }, warnings);
      await session.dispose();
      expect(steps().slice(-3)).to.deep.equal(["dispose c", "dispose b", "dispose a"]);
      expect(warnings.map(placeless)).to.deep.equal(['plugin "b" failed to let go: no room in dispose (<place>)']);
    });

    it("a setup that fails is named, and what was set up lets go again", async () => {
      const error = await failureOf(load({ a: recorder(), b: recorder("setup"), c: recorder() }));
      expect(placeless(error.message)).to.equal('[ATRAJ_SETUP_FAILED] plugin "b": its setup failed: no room in setup\n  in <place>\n  Make room.');
      expect(steps()).to.deep.equal(["setup a", "setup b", "setup c", "dispose c", "dispose b", "dispose a"]);
    });

    const hanging = (hangsIn: string): Entry => [fixture("recorder"), { journal, hangsIn }];

    it("a setup that never comes back is named, and what was set up lets go", async () => {
      const preset = await presetOf(folder, { a: recorder(), b: hanging("setup") });
      const error = await failureOf(Session.open(preset, { cacheDir: folder, setupTimeoutMs: 100 }));
      expect(placeless(error.message)).to.equal(
        `[ATRAJ_SETUP_FAILED] plugin "b": its setup failed: it did not come back within 0.1 s
  in <place>
  A set-up only taps hooks and provides services; what takes long belongs in api.onStart.`,
      );
      expect(steps().slice(-2)).to.deep.equal(["dispose b", "dispose a"]);
    });

    it("a start that never comes back is named", async () => {
      const preset = await presetOf(folder, { a: recorder(), b: hanging("start"), c: recorder() }, { run: { startTimeoutMs: 100 } });
      const session = await Session.open(preset, { cacheDir: folder });
      expect(placeless((await failureOf(session.start())).message)).to.equal(
        `[ATRAJ_SETUP_FAILED] plugin "b": its start failed: it did not come back within 0.1 s
  in <place>
  Raise run.startTimeoutMs if it really takes that long.`,
      );
      await session.dispose();
      expect(steps().slice(-4)).to.deep.equal(["start b", "dispose c", "dispose b", "dispose a"]);
    });

    it("a start that hangs ends when the run is stopped", async () => {
      const session = await load({ a: hanging("start"), b: recorder() });
      const stop = new StopSwitch();
      const starting = failureOf(session.start(undefined, stop));
      stop.atOnce(new Error("interrupted"));
      expect((await starting).code).to.equal("ATRAJ_INTERRUPTED");
      await session.dispose();
      expect(steps()).not.to.contain("start b");
    });

    it("nobody is started in a run that is to stop", async () => {
      const session = await load({ a: recorder() });
      const stop = new StopSwitch();
      stop.softly();
      expect((await failureOf(session.start(undefined, stop))).code).to.equal("ATRAJ_INTERRUPTED");
      await session.dispose();
      expect(steps()).to.deep.equal(["setup a", "dispose a"]);
    });

    it("a dispose that never comes back is reported and keeps nobody else", async () => {
      const warnings: string[] = [];
      const session = await load({ a: recorder(), b: hanging("dispose") }, warnings);
      await session.dispose(100);
      expect(steps().slice(-2)).to.deep.equal(["dispose b", "dispose a"]);
      expect(warnings.map(placeless)).to.deep.equal(['plugin "b" failed to let go: it did not come back within 0.1 s (<place>)']);
    });

    it("what was set up lets go also where the preset proves wrong after setup", async () => {
      await failureOf(load({ a: recorder(), fix: ["@autotraj/repairer-llm", { policy: "a" }] }));
      expect(steps()).to.deep.equal(["setup a", "dispose a"]);
    });
  });
});
