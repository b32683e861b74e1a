/** An edited trajectory, played with the run's own tools and judged by its own scorers and gates. The run is read; what is new goes to its curation folder. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  AutoTrajError,
  askedFor,
  contentHash,
  dialects,
  identityOf,
  isAutoTrajError,
  judgeRepair,
  openSharedCache,
  type PluginKind,
  POLICY,
  type ReadyRun,
  ROLLOUT,
  type RolloutRequest,
  RunStore,
  readyPreset,
  resolvePreset,
  Session,
  type StopSwitch,
  type StoredTrajectory,
  type Trajectory,
  underWay,
  withoutSecretsIn,
} from "@autotraj/core";
import type { Edit, EditedRepair } from "@autotraj/curation-acts/acts";
import { curationFolder } from "@autotraj/curation-acts/record";
import { type EditedTurn, type PlayableTurns, playableTurns } from "@autotraj/curation-acts/turns";
import { curationIn, kept } from "./kept.ts";
import { trajectoryNamed } from "./naming.ts";

export interface EditRequest {
  readonly run: string;
  /** Any name of the trajectory that was rewritten. */
  readonly row: string;
  readonly turns: readonly EditedTurn[];
  readonly by: string;
}

export interface Playing {
  readonly stop: StopSwitch;
  /** What is being done. */
  readonly say: (message: string) => void;
  readonly cacheDir?: string;
}

/** What has to be there for tools, scorers and gates. */
const NOT_NEEDED: readonly PluginKind[] = ["preparer", "repairer", "trainer", "stage", "tracker", "reward", "format", "server"];

/** Who the repairs of people are by. */
const REPAIRER = "curation";

/** Plays it, and keeps what came of it as an act. @throws ATRAJ_RUN_MISMATCH where the preset is no longer the run's; ATRAJ_USAGE; ATRAJ_TOOL_FAILED; ATRAJ_INTERRUPTED */
export async function playEdit({ run, row, turns, by }: EditRequest, playing: Playing): Promise<Edit> {
  const store = RunStore.read(run);
  try {
    const rewritten = await trajectoryNamed(store, curationIn(run), { run, row });
    const place = placeOf(store, rewritten);
    const playable = played(rewritten.trajectory, turns);
    const edited = await judged({ run, store, place, playable, by, rewritten, ...playing }).catch((error: unknown) => {
      throw isAutoTrajError(error) && error.code === "ATRAJ_INTERRUPTED" ? stopped() : error;
    });
    const deed = { kind: "edit", on: rewritten.trajectory.id, ...edited } as const;
    return { ...kept({ runDir: run, by, position: rewritten.position, deed }), ...deed };
  } finally {
    store.close();
  }
}

/** The candidate that is repaired, and the others of its question. */
interface Place {
  readonly original: StoredTrajectory;
  readonly siblings: readonly StoredTrajectory[];
}

function placeOf(store: RunStore, { trajectory, position }: StoredTrajectory): Place {
  const candidates = store.trajectoriesAt(position).filter(({ trajectory: { provenance } }) => provenance.origin !== "repair");
  const root = trajectory.provenance.parent ?? trajectory.id;
  const original = candidates.find((candidate) => candidate.trajectory.id === root);
  if (original === undefined) throw refused(`the run no longer has ${root}, which it repairs.`);
  return { original, siblings: candidates.filter((candidate) => candidate !== original) };
}

function played(trajectory: Trajectory, turns: readonly EditedTurn[]): PlayableTurns {
  const { tools, dialect, messages } = trajectory;
  const asked = messages.filter(({ role }) => role === "user");
  if (asked.length !== 1) throw refused(`it is a conversation with ${asked.length} questions: only what answers one question can be played again.`);
  const playable = playableTurns(turns, { tools, dialect: dialects.get(dialect) });
  if (typeof playable === "string") throw refused(playable);
  return { ...playable, turns: asBefore(trajectory, playable.turns) };
}

/** A turn that nobody changed stays as untrained as it was. */
function asBefore({ messages, dialect }: Trajectory, turns: PlayableTurns["turns"]): PlayableTurns["turns"] {
  const text = dialects.get(dialect).text;
  const before = messages.filter((message) => message.role === "assistant");
  return turns.map((turn, index) => {
    const old = before[index];
    return old?.train === false && text(old) === text(turn) ? { ...turn, train: false } : turn;
  });
}

interface Judging extends Playing {
  readonly run: string;
  readonly store: RunStore;
  readonly place: Place;
  readonly playable: PlayableTurns;
  readonly by: string;
  readonly rewritten: StoredTrajectory;
}

async function judged(parts: Judging): Promise<EditedRepair> {
  const { run, store, stop, say, cacheDir } = parts;
  const asked = askedFor(run);
  say("Setting up the run's tools, scorers and gates");
  const preset = await resolvePreset(asked.ref, asked);
  const session = await Session.open(neededOf(await readyPreset(preset)), {
    ...(cacheDir === undefined ? {} : { cacheDir }),
    onIncident: (who, what) => say(`${who}: ${what}`),
    log: { info: () => {}, warn: say },
    modelServers: { stop },
  });
  const calls = openCalls(run);
  try {
    checkSame(run, store, session, preset.name);
    await session.start(undefined, stop);
    return await playIn(session, calls.cache, parts);
  } finally {
    calls.close();
    await session.dispose();
  }
}

/** A policy too only where something asks one: loading a model is what takes longest. */
function neededOf(ready: ReadyRun): ReadyRun {
  const plugins = ready.plugins.filter(({ plugin }) => !NOT_NEEDED.includes(plugin.meta.kind));
  const others = plugins.filter(({ plugin }) => plugin.meta.kind !== "policy");
  const asksPolicies = others.some(({ plugin }) => plugin.meta.requires?.some(({ key }) => key === POLICY.key || key === ROLLOUT.key));
  const { stages: _stages, ...settings } = ready.settings;
  const { policy: _policy, ...rollout } = settings.rollout;
  if (asksPolicies) return { ...ready, plugins, standard: [], settings: { ...settings, stages: {} } };
  return { ...ready, plugins: others, standard: [], settings: { ...settings, stages: {}, rollout } };
}

/** Whether scorers and gates are those that judged the run. */
function checkSame(run: string, store: RunStore, session: Session, preset: string): void {
  const { presetHash } = identityOf(session, { sha256: "" }, undefined);
  if (presetHash === store.identity()?.presetHash) return;
  throw new AutoTrajError("ATRAJ_RUN_MISMATCH", {
    who: run,
    what: `the preset ${preset} is another than when the run was made: its tools, scorers or gates would judge otherwise.`,
    hint: "Put the preset back as it was (preset.resolved.yaml in the run's folder shows it), then edit again.",
  });
}

/** Beside the run's own, which are read and never written. */
function openCalls(run: string): ReturnType<typeof openSharedCache> {
  mkdirSync(curationFolder(run), { recursive: true });
  return openSharedCache(join(curationFolder(run), "calls.db"));
}

async function playIn(session: Session, own: ReturnType<typeof openSharedCache>["cache"], parts: Judging): Promise<EditedRepair> {
  const { store, stop, say, place, playable, rewritten, by } = parts;
  const going = underWay(session, {
    runId: store.identity()?.runId ?? "",
    stop,
    cache: { get: (key) => own.get(key) ?? store.calls.get(key), put: (call) => own.put(call) },
    observer: { turn: () => {}, toolCall: (tool) => say(`Asked ${tool}`) },
    health: { worked: () => {}, failed: toolFailed },
    kept: { similarTo: () => Promise.reject(new Error("nothing is kept while an edit is played")) },
  });
  try {
    going.begin();
    say("Playing the turns");
    const { original, siblings } = place;
    const trajectory = await going.rollout.replay(requestOf(session, rewritten.trajectory), {
      key: `edit ${contentHash(playable.turns).slice(0, 16)}`,
      turns: playable.turns,
      ...(playable.answer === undefined ? {} : { answer: playable.answer }),
      provenance: {
        origin: "repair",
        parent: original.trajectory.id,
        repairer: REPAIRER,
        sawGold: true,
        notes: { by, edited: rewritten.trajectory.id },
      },
      signal: stop.signal,
    });
    say("Scoring");
    const whole = { ...trajectory, faults: [...playable.faults, ...trajectory.faults] };
    const { scored, verdict } = await judgeRepair(session, whole, { original, siblings });
    return { trajectory: scored.trajectory, ...withoutSecretsIn({ scores: scored.scores, verdict }) };
  } finally {
    going.close();
  }
}

/** An edit is either played by the run's tools or not at all. */
function toolFailed(kind: string, id: string, error: unknown): never {
  throw new AutoTrajError("ATRAJ_TOOL_FAILED", {
    who: `${kind} "${id}"`,
    what: `it failed while an edit was played: ${error instanceof Error ? error.message : String(error)}`,
    hint: "Nothing was kept. Correct what the message names, then edit again.",
    cause: error,
  });
}

/** As the trajectory itself was asked, with the tools that it was offered. */
function requestOf(session: Session, { query, messages, dialect, tools }: Trajectory): RolloutRequest {
  const offered = session.toolIds.filter((id) => tools.some(({ name }) => name === session.tool(id).definition.name));
  if (offered.length < tools.length) {
    const there = offered.map((id) => session.tool(id).definition.name);
    const lacking = tools.map(({ name }) => name).filter((name) => !there.includes(name));
    throw refused(`the run's preset has no tool ${lacking.join(", ")}: its calls cannot be made again.`);
  }
  const system = messages.find(({ role }) => role === "system")?.content ?? "";
  return { ...session.rolloutRequest(query), system, dialect, tools: offered };
}

function stopped(): AutoTrajError {
  const hint = "What tools have answered is remembered: the same edit goes on from there.";
  return new AutoTrajError("ATRAJ_INTERRUPTED", { who: "curate", what: "stopped; no edit was kept.", hint });
}

function refused(what: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_USAGE", { who: "curate", what });
}
