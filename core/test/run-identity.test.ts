import { expect } from "chai";
import type { UsedPlugin } from "../src/kernel/used-plugin.ts";
import type { Questions } from "../src/loop/questions.ts";
import { identityOf, pluginChanges, queriesHash, recordSurroundings, settlePlugins, surroundingsOf } from "../src/loop/run-identity.ts";
import type { Session } from "../src/loop/session.ts";
import type { PluginState, RunIdentity, RunStore } from "../src/loop/store/run-store.ts";
import { pluginParts } from "../src/run/stages/key.ts";

type Plugins = Readonly<Record<string, PluginState>>;

const MINE: PluginState = { package: "mine", version: "1.0.0" };
const LOCAL: PluginState = { package: "local", version: "0.0.0", code: "sha256:a" };
const identity = (plugins?: Plugins): RunIdentity => ({
  runId: "demo-1",
  preset: "demo",
  presetHash: "p",
  queriesHash: "q",
  ...(plugins === undefined ? {} : { plugins }),
});

describe("what a run's plugins were", () => {
  for (const [what, then, now, changes] of [
    ["are what they were", { mine: MINE, local: LOCAL }, { mine: { ...MINE }, local: { ...LOCAL } }, []],
    ["have another version", { mine: MINE }, { mine: { ...MINE, version: "1.1.0" } }, ['plugin "mine": mine@1.0.0 then, mine@1.1.0 now']],
    ["are of another package", { mine: MINE }, { mine: { ...MINE, package: "yours" } }, ['plugin "mine": mine@1.0.0 then, yours@1.0.0 now']],
    ["have other code", { local: LOCAL }, { local: { ...LOCAL, code: "sha256:b" } }, ['plugin "local": its code has changed']],
    ["came and went, which the preset tells", { mine: MINE }, { local: LOCAL }, []],
  ] as readonly (readonly [string, Plugins, Plugins, readonly string[]])[]) {
    it(`is told apart where they ${what}`, () => {
      expect(pluginChanges(then, now)).to.deep.equal(changes);
    });
  }

  /** A store of a run that was made by these plugins. */
  function settled(then: Plugins | undefined, now: Plugins, complete: boolean) {
    const done: unknown[] = [];
    const store = {
      identity: () => identity(then),
      isComplete: (questions: number) => complete && questions === 12,
      renewIdentity: (renewed: RunIdentity) => done.push(["renewed", renewed.plugins]),
      beginAnew: (renewed: RunIdentity) => done.push(["anew", renewed.plugins]),
    } as unknown as RunStore;
    settlePlugins(store, identity(now), 12, (who, what) => done.push(`${who}: ${what}`));
    return done;
  }

  it("is written down where an older release did not", () => {
    expect(settled(undefined, { mine: MINE }, false)).to.deep.equal([["renewed", { mine: MINE }]]);
  });

  it("is nothing to speak of where nothing has changed", () => {
    expect(settled({ mine: MINE }, { mine: MINE }, false)).to.deep.equal([]);
    expect(settled({ mine: MINE }, { mine: MINE }, true)).to.deep.equal([]);
  });

  it("is said where it has changed: what is complete stays, what is under way is done again", () => {
    const now = { mine: { ...MINE, version: "2.0.0" }, local: { ...LOCAL, code: "sha256:b" } };
    const told = (end: string) => [
      `run: plugin "mine": mine@1.0.0 then, mine@2.0.0 now; ${end}`,
      `run: plugin "local": its code has changed; ${end}`,
    ];
    expect(settled({ mine: MINE, local: LOCAL }, now, true)).to.deep.equal(told("the loop is complete, and stays as it was made."));
    expect(settled({ mine: MINE, local: LOCAL }, now, false)).to.deep.equal([
      ...told("the loop is done again. Calls that were made are not made again."),
      ["anew", now],
    ]);
  });
});

describe("what stands behind a run's plugins", () => {
  const storeOf = (meta: Map<string, string>) => ({
    metaJson<T>(key: string): T | undefined {
      const stored = meta.get(key);
      return stored === undefined ? undefined : (JSON.parse(stored) as T);
    },
    setMeta: (key: string, value: string) => void meta.set(key, value),
  });

  it("is recorded, and a difference is said when it goes on", () => {
    const meta = new Map<string, string>();
    const store = storeOf(meta);
    const said: string[] = [];
    const record = (facts: Record<string, string>) => recordSurroundings(store, { python: facts }, (who, what) => said.push(`${who}: ${what}`));
    record({ sandbox: "bwrap", packages: "numpy, scipy, sympy" });
    record({ sandbox: "bwrap", packages: "numpy, scipy, sympy" });
    expect(said).to.deep.equal([]);
    record({ sandbox: "pyodide", packages: "numpy, pandas, sympy" });
    expect(said).to.deep.equal([
      "python: its sandbox is another than when the run was last worked on: bwrap then, pyodide now",
      "python: its packages is another than when the run was last worked on: −scipy +pandas",
    ]);
  });

  it("is said of one text as it was and is, of lists what came and went", () => {
    for (const [then, now, said] of [
      ["a", "a, b", "a then, a, b now"],
      ["a, b", "b", "a, b then, b now"],
      ["a, b", "b, a", "in another order"],
      ["a, b, c", "b, d, e", "−a −c +d +e"],
    ] as const) {
      const meta = new Map([["surroundings", JSON.stringify({ python: { packages: then } })]]);
      const store = storeOf(meta);
      const told: string[] = [];
      recordSurroundings(store, { python: { packages: now } }, (_who, what) => told.push(what));
      expect(told).to.deep.equal([`its packages is another than when the run was last worked on: ${said}`]);
    }
  });

  it("is kept fact by fact: what is not spoken of now stays", () => {
    const meta = new Map([["surroundings", JSON.stringify({ python: { a: "1", b: "2" }, search: { c: "3" } })]]);
    const store = storeOf(meta);
    recordSurroundings(store, { python: { b: "4" }, judge: { d: "5" } }, () => {});
    expect(JSON.parse(meta.get("surroundings") ?? "")).to.deep.equal({ python: { a: "1", b: "4" }, search: { c: "3" }, judge: { d: "5" } });
  });
});

describe("what a run is", () => {
  const loaded = (id: string, kind: string, more: Partial<UsedPlugin> = {}): UsedPlugin =>
    ({ id, plugin: { meta: { kind } }, packageName: `autotraj-${id}`, version: "1.0.0", ...more }) as unknown as UsedPlugin;
  const KINDS = [
    "preparer",
    "policy",
    "tool",
    "sandbox",
    "scorer",
    "gate",
    "repairer",
    "trainer",
    "reward",
    "reward-model",
    "format",
    "server",
    "stage",
  ];
  /** A session whose preset hashes to what it is asked to leave out. */
  const session = (plugins: readonly UsedPlugin[]) =>
    ({ ready: { name: "demo", identity: (leavingOut: ReadonlySet<string>) => [...leavingOut].join(" ") }, plugins }) as unknown as Session;
  const questions = (sha256: string) => ({ sha256 }) as Questions;

  it("leaves out the plugins that only what comes behind the loop asks, and names the code of all others, core's too", () => {
    const { plugins = {}, ...identity } = identityOf(
      session([...KINDS.map((kind) => loaded(kind, kind)), loaded("mine", "scorer", { code: "sha256:a" })]),
      questions("s"),
      5,
    );
    expect(identity).to.include({ preset: "demo", presetHash: "trainer reward reward-model format server stage", queriesHash: queriesHash("s", 5) });
    expect(identity.runId).to.match(/^demo-[0-9a-f]{8}$/);
    const [core, ...others] = Object.keys(plugins);
    expect(core).to.equal("@autotraj/core");
    expect(plugins["@autotraj/core"]?.version).to.match(/^\d+\.\d+\.\d+/);
    expect(others).to.deep.equal(["preparer", "policy", "tool", "sandbox", "scorer", "gate", "repairer", "mine"]);
    expect(plugins["tool"]).to.deep.equal({ package: "autotraj-tool", version: "1.0.0" });
    expect(plugins["mine"]).to.deep.equal({ package: "autotraj-mine", version: "1.0.0", code: "sha256:a" });
  });

  it("is another for other questions and for another limit", () => {
    const ids = [
      [questions("s"), undefined],
      [questions("t"), undefined],
      [questions("s"), 5],
      [questions("s"), 6],
    ] as const;
    expect(new Set(ids.map(([asked, limit]) => identityOf(session([]), asked, limit).runId)).size).to.equal(4);
    expect(new Set(ids.map(([asked, limit]) => identityOf(session([]), asked, limit).queriesHash)).size).to.equal(4);
  });

  it("depends on what plugins found and on how tools call themselves", () => {
    const tools: Readonly<Record<string, object>> = {
      python: { identity: "python 1", definition: { description: "Runs Python." } },
      "mcp/search": { identity: "search 1", definition: { description: "Searches." } },
    };
    const found = new Map([
      ["python", { sandbox: "bwrap" }],
      ["student", { weights: "a" }],
    ]);
    const now = surroundingsOf({ kernel: { found }, toolIds: Object.keys(tools), tool: (id: string) => tools[id] } as unknown as Session);
    expect(now).to.deep.equal({
      python: { sandbox: "bwrap", identity: "python 1", description: "Runs Python." },
      student: { weights: "a" },
      "mcp/search": { identity: "search 1", description: "Searches." },
    });
    expect(found.get("python")).to.deep.equal({ sandbox: "bwrap" });
  });

  it("knows a plugin's code by its version, and by its content where it is no installed package", () => {
    const alone = { ready: { redacted: () => ({ plugins: {} }) }, services: { useAll: () => new Map() } } as unknown as Session;
    expect(pluginParts(loaded("a", "tool"), alone)).to.include({ "plugin a: code": "1.0.0" });
    expect(pluginParts(loaded("a", "tool", { code: "sha256:a" }), alone)).to.include({ "plugin a: code": "1.0.0 sha256:a" });
  });
});
