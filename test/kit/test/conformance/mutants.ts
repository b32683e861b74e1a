/** Sound plugins broken in one place each, by the check that must notice it, and no other. */
import { spawn } from "node:child_process";
import type { Server } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import {
  EPISODE_SERVER,
  FORMAT,
  type JsonObject,
  type Plugin,
  POLICY,
  REWARD_MODEL,
  SANDBOX,
  type ScoreItem,
  type Scores,
  STAGE,
  TOOL,
  TRACKER,
} from "@autotraj/core/plugin";
import type { ConformanceCases } from "@autotraj/testkit";
import { Abacus, ADD, brevityOf, COUNT, DIMENSIONS, LINES, listening, PLAN, POET, plug } from "./sound.ts";

export interface Mutant {
  /** The check that must fail. */
  readonly check: string;
  readonly what: string;
  readonly plugin: Plugin<JsonObject>;
  readonly cases?: ConformanceCases;
  /** What its author must read. */
  readonly says: string | RegExp;
}

/** How to end what mutants leave behind: done by the test. */
export const LEFT: (() => void)[] = [];

type Setup = Plugin<JsonObject>["setup"];
type Rows = (batch: readonly ScoreItem[], signal: AbortSignal) => Promise<readonly unknown[]> | readonly unknown[];

/** A scorer of `brevity` that gives these rows. */
function scoring(rows: Rows, more: Setup = () => {}): Plugin<JsonObject> {
  return plug("scorer", (api, options) => {
    api.hooks.score.tapPromise(DIMENSIONS, async (batch, { signal }) => (await rows(batch, signal)) as readonly Scores[]);
    return more(api, options);
  });
}

const right: Rows = (batch) => batch.map(({ trajectory }) => ({ brevity: brevityOf(trajectory.answer) }));
const value = (number: unknown) => ({ brevity: { value: number } });
const brevityIn = ({ trajectory }: ScoreItem) => (brevityOf(trajectory.answer) as { value: number }).value;

const LIFE: readonly Mutant[] = [
  {
    check: "says what it is",
    what: "apiVersion as a text",
    plugin: plug("scorer", () => {}, { apiVersion: "1" as unknown as 1 }),
    says: 'its meta.apiVersion is "1"; this core has 1, as a number',
  },
  {
    check: "is set up with its options",
    what: "a set-up that throws",
    plugin: plug("scorer", () => {
      throw new Error("no luck");
    }),
    says: "its setup failed: no luck",
  },
  {
    check: "is set up with its options",
    what: "a set-up that hangs",
    plugin: plug("scorer", () => new Promise(() => {})),
    cases: { timeLimitMs: 100 },
    says: "its setup failed: it did not come back within 0.1 s",
  },
  {
    check: "is set up with its options",
    what: "a default that its own schema refuses",
    plugin: plug("scorer", () => {}, {
      options: { type: "object", additionalProperties: false, properties: { most: { type: "integer", default: "ten", description: "Most." } } },
    }),
    says: "options.most",
  },
  {
    check: "is set up with its options",
    what: "a hook that is no hook of its kind",
    plugin: plug("gate", (api) => api.hooks.reward.tapPromise({ role: "outcome" }, async () => [])),
    says: 'a gate may not tap "reward"',
  },
  {
    check: "is started",
    what: "a start that throws",
    plugin: scoring(right, (api) => api.onStart(() => Promise.reject(new Error("no port")))),
    says: "its start failed: no port",
  },
  {
    check: "is set up with its options",
    what: "a scorer without a tap",
    plugin: plug("scorer", () => {}),
    says: "it is a scorer and taps no hook: it would do nothing.",
  },
  {
    check: "does what its kind is for",
    what: "a scorer that only gates",
    plugin: plug("scorer", (api) =>
      api.hooks.shouldRepair.tapPromise({}, async ({ items }) => items.map(() => ({ decision: "keep", reason: "it is there" }))),
    ),
    says: 'it does nothing that a scorer is for, which taps "score", in its set-up or start',
  },
  {
    check: "leaves nothing behind",
    what: "a timer that nobody ends",
    plugin: scoring(right, (api) =>
      api.onStart(async () => {
        const timer = setInterval(() => {}, 60_000);
        LEFT.push(() => clearInterval(timer));
      }),
    ),
    says: /^after it has let go there is still \d timers?: end it in api.onDispose$/,
  },
  {
    check: "leaves nothing behind",
    what: "a process that nobody ends",
    plugin: scoring(right, (api) =>
      api.onStart(async () => {
        const child = spawn("sleep", ["60"], { stdio: "ignore" });
        child.unref();
        LEFT.push(() => child.kill());
      }),
    ),
    says: /^after it has let go there is still \d child process(es)?: end it in api.onDispose$/,
  },
  {
    check: "leaves nothing behind",
    what: "a listener of the process's",
    plugin: scoring(right, (api) =>
      api.onStart(async () => {
        const hear = () => {};
        process.on("SIGHUP", hear);
        LEFT.push(() => process.off("SIGHUP", hear));
      }),
    ),
    says: /^after it has let go there is still (1 signal handler, )?\d listeners? of the process's "SIGHUP"/,
  },
  {
    check: "holds nothing before it is started",
    what: "a timer begun in the set-up",
    plugin: scoring(right, (api) => {
      const timer = setInterval(() => {}, 60_000);
      api.onDispose(() => clearInterval(timer));
    }),
    says: "its set-up leaves 1 timer open",
  },
  {
    check: "lets go without having started",
    what: "a disposal that counts on the start",
    plugin: scoring(right, (api) => {
      let opened: { close(): void } | undefined;
      api.onStart(async () => {
        opened = { close: () => {} };
      });
      api.onDispose(() => (opened as unknown as { close(): void }).close());
    }),
    says: "it was set up and not started, as `plan` does",
  },
  {
    check: "works again after it has let go",
    what: "a pool of the module's that its last user closes for ever",
    plugin: pooled(),
    says: "set up again after it had let go",
  },
];

function pooled(): Plugin<JsonObject> {
  let [users, closed] = [0, false];
  return scoring(
    (batch, signal) => {
      if (closed) throw new Error("the pool is closed");
      return right(batch, signal);
    },
    (api) => {
      let started = false;
      api.onStart(async () => {
        started = true;
        users++;
      });
      api.onDispose(() => {
        if (started && --users === 0) closed = true;
      });
    },
  );
}

const ANSWERS: readonly Mutant[] = [
  {
    check: "answers in time",
    what: "an answer that never comes",
    plugin: scoring(() => new Promise(() => {})),
    cases: { timeLimitMs: 100 },
    says: 'its tap of "score", question "What is 6 * 7?": no answer within 0.1 s',
  },
  {
    check: "answers what it is asked",
    what: "a throw",
    plugin: scoring(() => {
      throw new Error("not today");
    }),
    says: 'it throws "not today"',
  },
  {
    check: "changes nothing that it is given",
    what: "a field added to what others are given too",
    plugin: scoring((batch, signal) => {
      for (const { query } of batch) (query as { seen?: boolean }).seen = true;
      return right(batch, signal);
    }),
    says: /it changes \[0\]\.(trajectory\.)?query\.seen of what it is given\. In a run that is frozen: work on a copy$/,
  },
  {
    check: "gives one answer for each item",
    what: "no row for what has no answer",
    plugin: scoring((batch, signal) =>
      right(
        batch.filter(({ trajectory }) => trajectory.answer !== undefined),
        signal,
      ),
    ),
    says: "it gives 2 rows for 3 trajectories",
  },
  ...(
    [
      ["NaN", value(Number.NaN), 'gave NaN for "brevity"'],
      ["a value out of range", value(1.5), 'gave 1.5 for "brevity". A value is a number from 0 to 1'],
      ["a bare number", { brevity: 0.5 }, 'gave the bare number 0.5 for "brevity"'],
      ["a dimension of somebody else's", { ...value(1), length: { value: 1 } }, 'gave a score for "length", which it does not declare'],
    ] as const
  ).map(([what, row, says]): Mutant => ({ check: "gives answers that a run can use", what, plugin: scoring((batch) => batch.map(() => row)), says })),
  {
    check: "gives answers that a run can use",
    what: "a verdict that is none",
    plugin: plug("gate", (api) =>
      api.hooks.shouldRepair.tapPromise({}, async ({ items }) => items.map(() => ({ decision: "accept" as "keep", reason: "right" }))),
    ),
    says: 'the decision "accept"',
  },
  {
    check: "gives answers that a run can use",
    what: "a request without a system prompt",
    plugin: plug("preparer", (api) =>
      api.hooks.beforeRollout.tapPromise({}, async (request) => ({ ...request, system: undefined as unknown as string })),
    ),
    says: "a request without system, tools or examples",
  },
  {
    check: "gives answers that a run can use",
    what: "a repair that is no trajectory",
    plugin: plug("repairer", (api) =>
      api.hooks.repair.tapPromise({}, async ({ original }) => ({ ...original.trajectory, messages: "42" as unknown as [] })),
    ),
    says: "no valid trajectory",
  },
  {
    check: "gives answers that a run can use",
    what: "a tool that answers nothing",
    plugin: plug("tool", (api) => api.provide(TOOL, { ...ADD, call: async () => ({ content: "", ok: true, durationMs: 0 }) })),
    says: "its content is empty",
  },
  {
    check: "gives answers that a run can use",
    what: "a turn that goes on after its end",
    plugin: plug("policy", (api) =>
      api.provide(POLICY, { ...POET, generate: async (...asked) => ({ ...(await POET.generate(...asked)), text: "<answer>1</answer> and so on" }) }),
    ),
    says: 'it writes on after "</answer>"',
  },
  {
    check: "gives answers that a run can use",
    what: "a row that is no JSON",
    plugin: plug("format", (api) => api.provide(FORMAT, { description: "dates", sft: () => ({ when: new Date(0) }) as unknown as JsonObject })),
    says: "its row is no plain JSON: sft.when does not survive being written",
  },
  {
    check: "withstands what models write",
    what: "a turn that is taken for granted",
    plugin: scoring((batch) =>
      batch.map(({ trajectory }) => value(trajectory.messages.find(({ role }) => role === "assistant")!.content === "" ? 0 : 1)),
    ),
    says: "it throws \"Cannot read properties of undefined (reading 'content')\"",
  },
  {
    check: "withstands what models write",
    what: "arguments that are taken for granted",
    plugin: plug("tool", (api) =>
      api.provide(TOOL, { ...ADD, call: async ({ a, b }) => ({ content: (Number(a) + (b as number)).toFixed(), ok: true, durationMs: 0 }) }),
    ),
    says: "toFixed",
  },
  {
    check: "withstands what models write",
    what: "a run that is taken for granted",
    plugin: plug("tracker", (api) =>
      api.provide(TRACKER, {
        track([first]) {
          if (first?.event !== "start" || first.activity.kind !== "run") throw new Error("no run has begun");
        },
      }),
    ),
    says: 'the tracker, told of events without a run around them: it throws "no run has begun"',
  },
  {
    check: "describes its dimensions",
    what: "a dimension without a word",
    plugin: plug("scorer", (api) =>
      api.hooks.score.tapPromise({ dimensions: { brevity: { description: "" } } }, async (batch) => batch.map(() => value(1) as Scores)),
    ),
    says: 'the dimension "brevity" has no description',
  },
  {
    check: "scores something",
    what: "a scorer that always fails",
    plugin: scoring((batch) => batch.map(() => ({ brevity: { failed: "no dictionary" } }))),
    says: "it fails on all of the questions; the first: no dictionary",
  },
];

const DETERMINISM: readonly Mutant[] = [
  {
    check: "says the same when asked again",
    what: "chance",
    plugin: scoring((batch) => batch.map(() => value(Math.random()))),
    says: "asked again it says something else, at [0].brevity.value",
  },
  {
    check: "says the same of items in another order",
    what: "a score that follows from the place",
    plugin: scoring((batch) => batch.map((_item, index) => value(1 / (index + 1)))),
    says: "with its items in another order it says something else",
  },
  {
    check: "says the same of parts of a batch",
    what: "a reward less the batch's mean",
    plugin: plug("reward", (api) =>
      api.hooks.reward.tapPromise({ role: "outcome" }, async (batch) => {
        const mean = batch.reduce((sum, item) => sum + brevityIn(item), 0) / batch.length;
        return batch.map((item) => ({ value: Math.round((brevityIn(item) - mean) * 1e6) / 1e6 }));
      }),
    ),
    says: "item by item it says something else",
  },
  {
    check: "says the same side by side",
    what: "a batch that is kept while another comes",
    plugin: plug("scorer", (api) => {
      let current: readonly ScoreItem[] = [];
      api.hooks.score.tapPromise(DIMENSIONS, async (batch) => {
        current = batch;
        await sleep(2);
        return batch.map((_item, index) => value(current[index] === undefined ? 0 : brevityIn(current[index])) as Scores);
      });
    }),
    says: "beside other questions it says something else",
  },
  {
    check: "says the same of questions in another order",
    what: "answers remembered without their question",
    plugin: plug("scorer", (api) => {
      const seen = new Map<string, Scores>();
      api.hooks.score.tapPromise(DIMENSIONS, async (batch) =>
        batch.map(({ trajectory: { answer = "" }, query }) => {
          const score = seen.get(answer) ?? (value(query.answers.includes(answer) ? 1 : 0) as Scores);
          seen.set(answer, score);
          return score;
        }),
      );
    }),
    says: "in another run, asked in another order, it says something else",
  },
  {
    check: "serves two runs at once",
    what: "a connection of the module's that any run closes",
    plugin: shared(),
    says: "once another run has ended: ",
  },
];

function shared(): Plugin<JsonObject> {
  let open = false;
  return scoring(
    (batch, signal) => {
      if (!open) throw new Error("the connection is closed");
      return right(batch, signal);
    },
    (api) => {
      let started = false;
      api.onStart(async () => {
        open = true;
        started = true;
      });
      // Those before this check must find it open: their runs end beside others that have asked before.
      api.onDispose(() => {
        if (started) open = false;
      });
    },
  );
}

const STOPPING: readonly Mutant[] = [
  {
    check: "stops when the run is stopped",
    what: "a request that is tried again whatever ended it",
    plugin: scoring(async (batch, signal) => {
      for (let time = 0; time < 7 && signal.aborted; time++) await sleep(200);
      return right(batch, signal);
    }),
    says: "1 s after its signal was aborted it is still at work",
  },
  {
    check: "throws nothing after it has answered",
    what: "a promise that nobody awaits",
    plugin: scoring((batch, signal) => {
      void sleep(5).then(() => Promise.reject(new Error("could not be logged")));
      return right(batch, signal);
    }),
    says: '"could not be logged" was thrown where nobody could catch it',
  },
];

const SERVICES: readonly Mutant[] = [
  {
    check: "describes its tools",
    what: "a tag that fills no argument",
    plugin: plug("tool", (api) => api.provide(TOOL, { ...ADD, definition: { ...ADD.definition, tag: { name: "add", argument: "sum" } } })),
    says: 'has the tag <add>, which fills "sum": no property is called so',
  },
  {
    check: "has the same identity in every run",
    what: "an identity of the moment",
    plugin: numbered(),
    says: "stored calls would never be found",
  },
  {
    check: "ends sessions that it does not know",
    what: "a session that is taken for granted",
    plugin: plug("tool", (api) => {
      const sessions = new Map<string, { close(): void }>();
      const call = (...[args, context]: Parameters<typeof ADD.call>) => {
        sessions.set(context.session, { close: () => {} });
        return ADD.call(args, context);
      };
      api.provide(TOOL, { ...ADD, call, endSession: (session) => sessions.get(session)!.close() });
    }),
    says: "endSession throws \"Cannot read properties of undefined (reading 'close')\"",
  },
  {
    check: "says what it writes with",
    what: "a price below nothing",
    plugin: plug("policy", (api) => api.provide(POLICY, { ...POET, price: { input: -1, output: 2 } })),
    says: "USD per million tokens, 0 or more",
  },
  {
    check: "proves itself",
    what: "an isolation without a name",
    plugin: boxed(
      class extends Abacus {
        override readonly isolation = "";
      },
    ),
    says: "its isolation is no text",
  },
  {
    check: "ends code that does not end",
    what: "a time-out that is taken for an end",
    plugin: boxed(
      class extends Abacus {
        override async execute(...asked: Parameters<Abacus["execute"]>) {
          const result = await super.execute(...asked);
          return result.status === "timeout" ? { ...result, status: "ok" as const } : result;
        }
      },
    ),
    says: 'code that does not end has the status "ok", not "timeout"',
  },
  {
    check: "tells errors from good ends",
    what: "an exception without a word",
    plugin: boxed(
      class extends Abacus {
        override async execute(...asked: Parameters<Abacus["execute"]>) {
          return { ...(await super.execute(...asked)), stderr: "" };
        }
      },
    ),
    says: '1 / 0 has the status "error" and says ""',
  },
  {
    check: "remembers within a session and nowhere else",
    what: "one memory for all sessions",
    plugin: boxed(
      class extends Abacus {
        override execute(request: Parameters<Abacus["execute"]>[0], context: Parameters<Abacus["execute"]>[1]) {
          return super.execute(request.session === undefined ? request : { ...request, session: "the one" }, context);
        }
      },
    ),
    says: "another session sees what this one has set",
  },
];

function numbered(): Plugin<JsonObject> {
  let runs = 0;
  return plug("tool", (api) => api.provide(TOOL, { ...ADD, identity: `add, run ${runs++}` }));
}

function boxed(Box: new () => Abacus): Plugin<JsonObject> {
  return plug("sandbox", (api) => api.provide(SANDBOX, new Box()));
}

const formatted = (broken: Partial<typeof LINES>, supports: Readonly<Record<string, boolean>> = {}) =>
  plug("format", (api) => api.provide(FORMAT, { ...LINES, ...broken }), { supports });

const FORMATS: readonly Mutant[] = [
  {
    check: "can do what it says",
    what: "prompts that it does not write",
    plugin: formatted({}, { prompt: true }),
    says: "its meta.supports says prompt, and the format has no function prompt",
  },
  {
    check: "recognises rows without throwing",
    what: "rows that are taken for objects",
    plugin: formatted({ recognizes: (row) => ((row as JsonObject)["asked"] === undefined ? 0 : 1) }),
    says: "throws for null",
  },
  {
    check: "refuses rows that it cannot read in words",
    what: "rows that are taken for its own",
    plugin: formatted({
      read: (row) => ({ turns: [{ role: "assistant", content: ((row as JsonObject)["said"] as string).trim() }] }),
    }),
    says: "no PluginError that names what is wrong in the row",
  },
  {
    check: "reads what it writes",
    what: "rows of its own that it does not know",
    plugin: formatted({ recognizes: () => 0.2 }),
    says: "it is only 0.2 sure of row 0, which it wrote",
  },
];

const SETTINGS = { type: "object", additionalProperties: false, properties: {} } as const;
const NEEDED = { ...SETTINGS, properties: { passes: { type: "integer", description: "Passes." } }, required: ["passes"] };

function training(train: Parameters<Parameters<Setup>[0]["hooks"]["train"]["tapPromise"]>[1], settings = SETTINGS): Plugin<JsonObject> {
  return plug("trainer", (api) => api.hooks.train.tapPromise({ stageName: "sft", settings }, train));
}

let plans = 0;

const TRAINING: readonly Mutant[] = [
  {
    check: "says so where the model is missing",
    what: "scores of no model",
    plugin: plug("reward-model", (api) => {
      api.provide(REWARD_MODEL, { load: async () => {}, score: async (trajectories) => trajectories.map(() => 0) });
    }),
    says: "it loads a folder that is not there and scores with it",
  },
  {
    check: "takes its settings",
    what: "a setting without a default that nobody gives",
    plugin: training(async ({ dir }) => ({ modelPath: dir, kind: "causal", metrics: {} }), NEEDED),
    says: "stages.sft.passes is missing",
  },
  {
    check: "plans what can be run",
    what: "a training that breaks before it begins",
    plugin: training(async () => {
      throw new TypeError("rows is not iterable");
    }),
    says: "stage sft: it fails before it launches anything: rows is not iterable",
  },
  {
    check: "plans what can be run",
    what: "a file outside the job's folder",
    plugin: training(async ({ dir, launch }) => {
      await launch({ ...PLAN, files: { "../train.py": "" } });
      return { modelPath: dir, kind: "causal", metrics: {} };
    }),
    says: 'its plan writes "../train.py", outside the job\'s folder',
  },
  {
    check: "plans what can be run",
    what: "a log whose lines are taken for JSON",
    plugin: training(async ({ dir, launch }) => {
      await launch({ ...PLAN, progress: (line) => JSON.parse(line) as undefined });
      return { modelPath: dir, kind: "causal", metrics: {} };
    }),
    says: "what says nothing is undefined",
  },
  {
    check: "plans the same for the same job",
    what: "a plan of the moment",
    plugin: training(async ({ dir, launch }) => {
      await launch({ ...PLAN, files: { "train.py": `run = ${plans++}` } });
      return { modelPath: dir, kind: "causal", metrics: {} };
    }),
    says: "its plan for the same job differs at [0].files.train.py",
  },
  {
    check: "fails where its process fails",
    what: "a failure that is swallowed",
    plugin: training(async ({ dir, launch }) => {
      await launch(PLAN).catch(() => {});
      return { modelPath: dir, kind: "causal", metrics: {} };
    }),
    says: "its process failed, and it says that it has trained",
  },
  {
    check: "takes the settings of its stage",
    what: "a setting without a default that nobody gives",
    plugin: plug("stage", (api) => api.provide(STAGE, { ...COUNT, settings: NEEDED })),
    says: "stages.count.passes is missing",
  },
  {
    check: "does its work in a run",
    what: "a stage that fails",
    plugin: plug("stage", (api) => api.provide(STAGE, { ...COUNT, prepare: () => Promise.reject(new Error("no rows")) })),
    says: "no rows",
  },
  {
    check: "has the same key in every run",
    what: "a key of the moment",
    plugin: plug("stage", (api) =>
      api.provide(STAGE, { ...COUNT, prepare: async () => ({ parts: { "the time": performance.now() }, run: async () => ({}) }) }),
    ),
    says: "of the same run it has another key each time",
  },
];

function serving(
  serve: (servers: Set<Server>, port?: number) => ReturnType<typeof listening>,
  disposes: "all" | "nothing" = "all",
): Plugin<JsonObject> {
  return plug("server", (api) => {
    const servers = new Set<Server>();
    api.onDispose(() => {
      if (disposes === "all") for (const one of servers) one.close().closeAllConnections();
    });
    api.provide(EPISODE_SERVER, { reservedToolNames: new Set<string>(), serve: (_episodes, { port } = {}) => serve(servers, port) });
  });
}

const SERVERS: readonly Mutant[] = [
  {
    check: "listens, and closes for good",
    what: "a close that closes nothing",
    plugin: serving(async (servers, port) => ({ ...(await listening(servers, port)), close: async () => {} })),
    says: /^after close it still answers at http:/,
  },
  {
    check: "says when a port is taken",
    what: "another port in place of one that is taken",
    plugin: serving((servers, port) => listening(servers, port).catch(() => listening(servers))),
    says: "serve says nothing where the port is taken",
  },
  {
    check: "closes what is open when the run ends",
    what: "a server that outlives its run",
    plugin: serving(listening, "nothing"),
    says: "after it has let go it still listens",
  },
];

export const MUTANTS: readonly Mutant[] = [
  ...[...LIFE, ...ANSWERS, ...DETERMINISM, ...STOPPING],
  ...[...SERVICES, ...FORMATS, ...TRAINING, ...SERVERS],
];
