import { expect } from "chai";
import { HOOK_TABLE, type HookName } from "../src/kernel/hooks.ts";
import { PluginError, type PluginKind, type TapOptions } from "../src/kernel/plugin.ts";
import { failureOf, messageOfFailure } from "./support/failures.ts";
import { gate, lifecycleOf, plugin, settle } from "./support/lifecycle.ts";
import { query, request } from "./support/trajectories.ts";

/** A preparer that adds its id to the system prompt: the prompt tells the order. */
function preparer(id: string, options: TapOptions = {}) {
  return plugin(id, "preparer", (hooks) =>
    hooks.beforeRollout.tapPromise(options, async (asked) => ({ ...asked, system: `${asked.system}${options.name ?? id} ` })),
  );
}

async function orderOf(...plugins: ReturnType<typeof preparer>[]): Promise<string> {
  const { request: result } = await lifecycleOf(plugins).lifecycle.beforeRollout(request({ system: "" }));
  return result.system.trim();
}

describe("taps run", () => {
  it("in the preset's order", async () => {
    expect(await orderOf(preparer("a"), preparer("b"), preparer("c"))).to.equal("a b c");
  });

  it("by stage first, low before high, 0 where none is given", async () => {
    expect(await orderOf(preparer("a", { stage: 10 }), preparer("b"), preparer("c", { stage: -1 }))).to.equal("c b a");
  });

  it("before whom they name, by id or by package, whatever the stage says", async () => {
    expect(await orderOf(preparer("a"), preparer("b"), preparer("c", { before: "a", stage: 5 }))).to.equal("b c a");
    expect(await orderOf(preparer("a"), preparer("b", { before: ["autotraj-a"] }))).to.equal("b a");
  });

  it("each on its own, also where one plugin taps a hook twice without naming its taps", async () => {
    const twice = plugin("twice", "preparer", (hooks) => {
      hooks.beforeRollout.tapPromise({}, async (asked) => ({ ...asked, system: `${asked.system}first ` }));
      hooks.beforeRollout.tapPromise({}, async (asked) => ({ ...asked, system: `${asked.system}second ` }));
    });
    expect(await orderOf(twice)).to.equal("first second");
  });

  it("not at all where `before` names nobody", async () => {
    expect(await messageOfFailure(() => lifecycleOf([preparer("a"), preparer("b", { before: "c" })]))).to.equal(
      `[ATRAJ_ORDER_UNKNOWN] plugin "b" (autotraj-b): its tap of "beforeRollout" asks to run before "c", which does not tap that hook.
  Did you mean "a"?`,
    );
  });

  it("not at all where they ask to run before each other in a circle", async () => {
    const circle = [preparer("a", { before: "b" }), preparer("b", { before: "c" }), preparer("c", { before: "a" }), preparer("d")];
    expect(await messageOfFailure(() => lifecycleOf(circle))).to.equal(
      `[ATRAJ_ORDER_CYCLE] preset: taps of "beforeRollout" ask to run before each other in a circle: a, b, c.
  Remove one \`before\`.`,
    );
  });

  it("with deterministic randomness and the run's id", async () => {
    let seen: unknown;
    const { lifecycle } = lifecycleOf([
      plugin("p", "preparer", (hooks) =>
        hooks.beforeRollout.tapPromise({}, async (_asked, run) => {
          seen = [run.runId, run.random("a")];
          return undefined;
        }),
      ),
    ]);
    await lifecycle.beforeRollout(request());
    expect(seen).to.deep.equal(["test", 0.5]);
  });
});

describe("a plugin's kind", () => {
  it("decides which hooks it may tap", async () => {
    const gateThatScores = plugin("strict", "gate", (hooks) => hooks.score.tapPromise({ dimensions: {} }, async () => []));
    expect(await messageOfFailure(() => lifecycleOf([gateThatScores]))).to.equal(
      `[ATRAJ_PLUGIN_INVALID] plugin "strict" (autotraj-strict): it is a gate, and a gate may not tap "score".
  Only a scorer may (meta.kind); a gate taps shouldRepair.`,
    );
  });

  const MAY: Readonly<Record<HookName, readonly PluginKind[]>> = {
    beforeRollout: ["preparer", "tool", "policy"],
    score: ["scorer"],
    shouldRepair: ["gate", "scorer", "repairer"],
    repair: ["repairer"],
    reward: ["reward", "reward-model"],
    train: ["trainer"],
  };
  const KINDS: readonly PluginKind[] = [
    "preparer",
    "policy",
    "tool",
    "sandbox",
    "scorer",
    "gate",
    "repairer",
    "reward",
    "reward-model",
    "trainer",
    "format",
    "format",
    "server",
    "stage",
  ];

  it("is looked up for each of the six hooks", () => {
    expect(Object.keys(HOOK_TABLE)).to.have.members(Object.keys(MAY));
  });

  const settings = { type: "object", additionalProperties: false, properties: {} } as const;
  const SAYS: Readonly<Record<HookName, object>> = {
    beforeRollout: {},
    score: { dimensions: { d: { description: "d" } }, needs: [] },
    shouldRepair: { needs: [] },
    repair: { attempts: 1, needs: [] },
    reward: { role: "outcome", needs: [] },
    train: { stageName: "sft", settings, notDecisive: [], check: () => {} },
  };
  /** Whether such a tap is taken. */
  const takes = (hook: HookName, kind: PluginKind, options: object): boolean => {
    try {
      lifecycleOf([plugin("p", kind, (hooks) => hooks[hook].tapPromise(options as never, (async () => undefined) as never))]);
      return true;
    } catch {
      return false;
    }
  };

  for (const [hook, kinds] of Object.entries(MAY) as [HookName, readonly PluginKind[]][]) {
    it(`may tap ${hook} exactly where it is one of: ${kinds.join(", ")}`, () => {
      expect(KINDS.filter((kind) => takes(hook, kind, SAYS[hook]))).to.have.members(kinds);
    });

    it(`may say of a tap of ${hook} what all taps may say, and: ${Object.keys(SAYS[hook]).join(", ") || "nothing else"}`, () => {
      const [kind] = kinds as readonly [PluginKind];
      const common = { name: "n", stage: 1, before: [], timeoutMs: 1000 };
      expect(takes(hook, kind, { ...common, ...SAYS[hook] })).to.equal(true);
      const others = Object.assign({ unheardOf: 1 }, ...Object.values(SAYS)) as Readonly<Record<string, unknown>>;
      const taken = Object.entries(others).filter(([option, value]) => takes(hook, kind, { ...SAYS[hook], [option]: value }));
      expect(taken.map(([option]) => option)).to.have.members(Object.keys(SAYS[hook]));
    });
  }

  it("does not help a tap that is no function", async () => {
    const broken = plugin("broken", "gate", (hooks) => hooks.shouldRepair.tapPromise({}, "keep" as never));
    expect(await messageOfFailure(() => lifecycleOf([broken]))).to.equal(
      `[ATRAJ_PLUGIN_INVALID] plugin "broken" (autotraj-broken): hooks.shouldRepair.tapPromise was given no function.
  Call it as tapPromise({ … }, async (…) => …).`,
    );
  });
});

describe("a tap that fails", () => {
  const failing = (thrown: unknown) =>
    lifecycleOf([
      plugin("picky", "preparer", (hooks) =>
        hooks.beforeRollout.tapPromise({ name: "dedup" }, async () => {
          throw thrown;
        }),
      ),
    ]).lifecycle.beforeRollout(request({ query: query("q-17") }));

  it("is named with its plugin, its hook and the query", async () => {
    const error = await failureOf(failing(new TypeError("no such index")));
    expect(error.message).to.equal(
      `[ATRAJ_HOOK_FAILED] plugin "picky:dedup" (autotraj-picky): its tap of "beforeRollout" failed, query q-17: no such index`,
    );
    expect(error.cause).to.be.instanceOf(TypeError);
  });

  it("keeps the plugin's own code and hint", async () => {
    const error = await failureOf(failing(new PluginError("INDEX_GONE", "the index is gone", { hint: "Build it again." })));
    expect(error.pluginCode).to.equal("INDEX_GONE");
    expect(error.message).to.match(/the index is gone\n {2}Build it again\.$/);
  });

  for (const thrown of [undefined, null, "a word", 7, { code: 5 }]) {
    it(`by throwing ${JSON.stringify(thrown) ?? "undefined"} is named like any other`, async () => {
      const { code, message } = await failureOf(failing(thrown));
      expect(code).to.equal("ATRAJ_HOOK_FAILED");
      expect(message).to.contain('plugin "picky:dedup"').and.to.contain("query q-17");
    });
  }

  it("may fail before its first await", async () => {
    const { lifecycle } = lifecycleOf([
      plugin("sync", "preparer", (hooks) =>
        hooks.beforeRollout.tapPromise({}, () => {
          throw new Error("at once");
        }),
      ),
    ]);
    expect(await messageOfFailure(lifecycle.beforeRollout(request()))).to.equal(
      `[ATRAJ_HOOK_FAILED] plugin "sync" (autotraj-sync): its tap of "beforeRollout" failed, query q-1: at once`,
    );
  });

  it("lets an error that speaks for itself through as it is", async () => {
    const { lifecycle } = lifecycleOf([
      plugin("inner", "preparer", (hooks) =>
        hooks.beforeRollout.tapPromise({}, async () => Promise.reject(await failureOf(failing(new Error("x"))))),
      ),
    ]);
    expect(await messageOfFailure(lifecycle.beforeRollout(request()))).to.match(/^\[ATRAJ_HOOK_FAILED\] plugin "picky:dedup"/);
  });
});

describe("a tap that hangs", () => {
  it("is reported after its time, and its signal is aborted", async () => {
    let signal: AbortSignal | undefined;
    const { lifecycle, guard } = lifecycleOf(
      [
        plugin("slow", "preparer", (hooks) =>
          hooks.beforeRollout.tapPromise({}, (_asked, run) => {
            signal = run.signal;
            return new Promise(() => {});
          }),
        ),
      ],
      { timeoutMs: 20 },
    );
    expect(await messageOfFailure(lifecycle.beforeRollout(request()))).to.equal(
      `[ATRAJ_HOOK_TIMEOUT] plugin "slow" (autotraj-slow): its tap of "beforeRollout" did not come back within 0.02 s, query q-1.
  Raise run.hookTimeoutMs if the work is really that long.`,
    );
    expect(signal?.aborted).to.equal(true);
    expect(guard.unfinished()).to.deep.equal([]);
  });

  it("has its own time where it asks for one", async () => {
    const { lifecycle } = lifecycleOf([
      plugin("slow", "preparer", (hooks) => hooks.beforeRollout.tapPromise({ timeoutMs: 10 }, () => new Promise(() => {}))),
    ]);
    expect((await failureOf(lifecycle.beforeRollout(request()))).code).to.equal("ATRAJ_HOOK_TIMEOUT");
  });

  it("shows in what is unfinished while it hangs", async () => {
    const release = gate<undefined>();
    const { lifecycle, guard } = lifecycleOf([plugin("slow", "preparer", (hooks) => hooks.beforeRollout.tapPromise({}, () => release.opened))]);
    const work = lifecycle.beforeRollout(request({ query: query("q-9") }));
    await settle();
    expect(guard.unfinished()).to.deep.equal(['plugin "slow" in "beforeRollout" (query q-9)']);
    release.open(undefined);
    await work;
    expect(guard.unfinished()).to.deep.equal([]);
  });

  it("does not hold up a run that is stopped at once, and is not blamed for it", async () => {
    const stop = new AbortController();
    const hanging = plugin("slow", "preparer", (hooks) => hooks.beforeRollout.tapPromise({}, () => new Promise(() => {})));
    const work = failureOf(lifecycleOf([hanging], { signal: stop.signal }).lifecycle.beforeRollout(request()));
    await settle();
    stop.abort(new Error("interrupted"));
    expect((await work).code).to.equal("ATRAJ_INTERRUPTED");
  });

  it("that is ended by the run's own stop is interrupted, not failed", async () => {
    const stop = new AbortController();
    const scorer = plugin("judge", "scorer", (hooks) =>
      hooks.score.tapPromise(
        { dimensions: { quality: { description: "q" } } },
        (_batch, { signal }) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason));
          }),
      ),
    );
    const { lifecycle, incidents } = lifecycleOf([scorer], { signal: stop.signal });
    const work = failureOf(lifecycle.score(query(), []));
    await settle();
    stop.abort(new Error("interrupted"));
    expect((await work).code).to.equal("ATRAJ_INTERRUPTED");
    expect(incidents).to.deep.equal([]);
  });
});

describe("beforeRollout", () => {
  const returning = (value: unknown) =>
    lifecycleOf([plugin("p", "preparer", (hooks) => hooks.beforeRollout.tapPromise({}, async () => value as never))]).lifecycle.beforeRollout(
      request(),
    );

  it("keeps the request where a tap returns undefined", async () => {
    expect((await returning(undefined)).request).to.deep.equal(request());
  });

  it("hands each tap what the one before it returned", async () => {
    expect(
      await orderOf(
        preparer("a"),
        plugin("idle", "preparer", (hooks) => hooks.beforeRollout.tapPromise({}, async () => undefined)),
        preparer("b"),
      ),
    ).to.equal("a b");
  });

  it("ends the query where a tap drops it, and asks nobody after", async () => {
    let asked = 0;
    const { lifecycle } = lifecycleOf([
      plugin("decontaminate", "preparer", (hooks) => hooks.beforeRollout.tapPromise({}, async () => ({ drop: "in the held-out set" }))),
      plugin("after", "preparer", (hooks) =>
        hooks.beforeRollout.tapPromise({}, async () => {
          asked++;
          return undefined;
        }),
      ),
    ]);
    expect((await lifecycle.beforeRollout(request())).drop).to.deep.equal({ reason: "in the held-out set", by: "decontaminate" });
    expect(asked).to.equal(0);
  });

  for (const [value, what] of [
    [null, "null"],
    ["a prompt", '"a prompt"'],
    [request({ query: query("other") }), "a request for another query"],
    [{}, "a request for another query"],
    [{ ...request(), tools: "python" }, "a request without system, tools or examples"],
    [{ ...request(), system: undefined }, "a request without system, tools or examples"],
  ] as const) {
    it(`refuses ${what}`, async () => {
      expect(await messageOfFailure(returning(value))).to.equal(
        `[ATRAJ_HOOK_RESULT] plugin "p" (autotraj-p): its tap of "beforeRollout" returned ${what}, query q-1. It must return the request, changed or not, or { drop: reason }, or nothing.`,
      );
    });
  }
});
