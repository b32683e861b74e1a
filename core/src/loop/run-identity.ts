/** What a run is: all that must be the same for it to be continued, and what is done where the plugins' code is another than before. */
import { readFileSync } from "node:fs";
import { isJsonObject } from "../kernel/json.ts";
import type { PluginKind } from "../kernel/plugin.ts";
import { contentHash } from "../kernel/trajectory/identity.ts";
import type { Questions } from "./questions.ts";
import type { Session } from "./session.ts";
import type { PluginState, RunIdentity, RunStore } from "./store/run-store.ts";

/** Plugins that the loop never asks: with other ones the same run goes on. What a recorded log's format is counts as a part of the questions. */
const KINDS_BEHIND_THE_LOOP: readonly PluginKind[] = ["trainer", "reward", "reward-model", "format", "server", "stage", "tracker", "host"];

const CORE = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { readonly name: string; readonly version: string };

/** Tells which questions a run plays: `RunIdentity.queriesHash`. */
export function queriesHash(sha256: string, limit: number | undefined): string {
  return contentHash(sha256, limit ?? null);
}

/** Nothing in it that only stages read: they know their own inputs. */
export function identityOf(
  { ready, plugins }: Pick<Session, "ready" | "plugins">,
  { sha256 }: Pick<Questions, "sha256">,
  limit: number | undefined,
): RunIdentity {
  const behindTheLoop = plugins.filter(({ plugin }) => KINDS_BEHIND_THE_LOOP.includes(plugin.meta.kind)).map(({ id }) => id);
  const presetHash = ready.identity(new Set(behindTheLoop));
  const states = plugins
    .filter(({ id }) => !behindTheLoop.includes(id))
    .map(({ id, packageName, version, code }): [string, PluginState] => [
      id,
      { package: packageName, version, ...(code === undefined ? {} : { code }) },
    ]);
  return {
    runId: `${ready.name}-${contentHash(presetHash, sha256, limit ?? null).slice(0, 8)}`,
    preset: ready.name,
    presetHash,
    queriesHash: queriesHash(sha256, limit),
    plugins: { [CORE.name]: { package: CORE.name, version: CORE.version }, ...Object.fromEntries(states) },
  };
}

/**
 * Trajectories, scores and verdicts of two states of a plugin's code are never mixed: a loop that is under way is done again, from the calls that were
 * made; one that is complete stays as it is.
 */
export function settlePlugins(store: RunStore, now: RunIdentity, questions: number, incident: (who: string, what: string) => void): void {
  const then = store.identity()?.plugins;
  if (then === undefined) {
    store.renewIdentity(now);
    return;
  }
  const changes = pluginChanges(then, now.plugins ?? {});
  if (changes.length === 0) return;
  if (store.isComplete(questions)) {
    for (const change of changes) incident("run", `${change}; the loop is complete, and stays as it was made.`);
    return;
  }
  for (const change of changes) incident("run", `${change}; the loop is done again. Calls that were made are not made again.`);
  store.beginAnew(now);
}

/** One line per plugin that is not what it was. */
export function pluginChanges(then: Readonly<Record<string, PluginState>>, now: Readonly<Record<string, PluginState>>): readonly string[] {
  return Object.entries(now).flatMap(([id, state]) => {
    const known = then[id];
    // An entry that came or went is a change of the preset.
    if (known === undefined || contentHash(known) === contentHash(state)) return [];
    const from = `${known.package}@${known.version}`;
    const to = `${state.package}@${state.version}`;
    return [`plugin "${id}": ${from === to ? "its code has changed" : `${from} then, ${to} now`}`];
  });
}

/** By preset id and name: what a run depends on beside the preset and the plugins' code. */
type Surroundings = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What plugins say they found, and what every tool says decides its answers; its description is part of the prompt. Policies: policy-record.ts. */
export function surroundingsOf(session: Session): Surroundings {
  const found: Record<string, Record<string, string>> = Object.fromEntries([...session.kernel.found].map(([id, facts]) => [id, { ...facts }]));
  const add = (id: string, facts: Record<string, string>) => {
    found[id] = { ...found[id], ...facts };
  };
  for (const id of session.toolIds) {
    const { identity, definition } = session.tool(id);
    add(id, { identity, description: definition.description });
  }
  return found;
}

/** Writes down what there is; where it was something else before, that is said. */
export function recordSurroundings(
  store: Pick<RunStore, "metaJson" | "setMeta">,
  now: Surroundings,
  incident: (who: string, what: string) => void,
): void {
  const then = store.metaJson<Surroundings>("surroundings", isJsonObject) ?? {};
  for (const [id, facts] of Object.entries(now)) {
    for (const [name, value] of Object.entries(facts)) {
      const known = then[id]?.[name];
      if (known !== undefined && known !== value)
        incident(id, `its ${name} is another than when the run was last worked on: ${difference(known, value)}`);
    }
  }
  const merged = Object.entries(now).map(([id, facts]) => [id, { ...then[id], ...facts }]);
  store.setMeta("surroundings", JSON.stringify({ ...then, ...Object.fromEntries(merged) }));
}

/** Of two lists what came and went, of anything else both. */
function difference(then: string, now: string): string {
  const [before, after] = [then.split(", "), now.split(", ")];
  if (before.length < 2 || after.length < 2) return `${then} then, ${now} now`;
  const [gone, come] = [before.filter((item) => !after.includes(item)), after.filter((item) => !before.includes(item))];
  return [...gone.map((item) => `−${item}`), ...come.map((item) => `+${item}`)].join(" ") || "in another order";
}
