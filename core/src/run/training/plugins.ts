/** Which plugins take part in a stage, and what each is known by. */

import type { UsedPlugin } from "../../kernel/kernel.ts";
import type { JsonValue } from "../../kernel/plugin.ts";
import type { Session } from "../session.ts";

/** What a plugin's code is known by: its version, and its content where it is no installed package. */
export function codeOf({ version, code }: UsedPlugin): string {
  return code === undefined ? version : `${version} ${code}`;
}

/** The plugin behind the name of a tap, or of one of its several services: `judge`, `judge:form`, `mcp/search`. */
export function pluginOf({ plugins }: Pick<Session, "plugins">, name: string): UsedPlugin | undefined {
  return plugins.find(({ id }) => name === id || name.startsWith(`${id}:`) || name.startsWith(`${id}/`));
}

/**
 * All that episodes and their rewards are made by: the terms that count, the scorers behind them, the tools with the sandboxes that may answer for them, and
 * whatever plugin one of these names in its options (a judge's policy).
 */
export function rewardingPlugins(session: Session, terms: readonly string[], tools: readonly string[]): readonly UsedPlugin[] {
  const { lifecycle, plugins } = session;
  const scorers = [...lifecycle.rewardDimensions()].flatMap((name) => lifecycle.scorePlan.dimensions.get(name)?.by ?? []);
  const sandboxes = tools.length === 0 ? [] : plugins.filter(({ plugin }) => plugin.meta.kind === "sandbox");
  const found = new Set([...[...terms, ...scorers, ...tools].flatMap((name) => pluginOf(session, name) ?? []), ...sandboxes]);
  // A set is walked to what is added meanwhile.
  for (const { id } of found) {
    const named = textsIn(session.settings.plugins[id]?.options ?? {});
    for (const other of plugins) if (named.has(other.id)) found.add(other);
  }
  return plugins.filter((plugin) => found.has(plugin));
}

function textsIn(value: JsonValue): ReadonlySet<string> {
  if (typeof value === "string") return new Set([value]);
  if (typeof value !== "object" || value === null) return new Set();
  return new Set(Object.values(value).flatMap((inner) => [...textsIn(inner)]));
}
