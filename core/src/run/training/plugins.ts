/** Which plugins take part in a stage, and what each is known by. */

import type { LoadedPlugin } from "../../config/plugin-loader.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import type { JsonValue } from "../../kernel/plugin.ts";

/** What a plugin's code is known by: its version, and its content where it is no installed package. */
export function codeOf({ version, code }: LoadedPlugin): string {
  return code === undefined ? version : `${version} ${code}`;
}

/** The plugin behind the name of a tap, or of one of its several services: `judge`, `judge:form`, `mcp/search`. */
export function pluginOf({ plugins }: Kernel, name: string): LoadedPlugin | undefined {
  return plugins.find(({ entry: { id } }) => name === id || name.startsWith(`${id}:`) || name.startsWith(`${id}/`));
}

/**
 * All that episodes and their rewards are made by: the terms that count, the scorers behind them, the tools with the sandboxes that may answer for them, and
 * whatever plugin one of these names in its options (a judge's policy).
 */
export function rewardingPlugins(kernel: Kernel, terms: readonly string[], tools: readonly string[]): readonly LoadedPlugin[] {
  const { lifecycle, plugins } = kernel;
  const scorers = [...lifecycle.rewardDimensions()].flatMap((name) => lifecycle.scorePlan.dimensions.get(name)?.by ?? []);
  const sandboxes = tools.length === 0 ? [] : plugins.filter(({ plugin }) => plugin.meta.kind === "sandbox");
  const found = new Set([...[...terms, ...scorers, ...tools].flatMap((name) => pluginOf(kernel, name) ?? []), ...sandboxes]);
  // A set is walked to what is added meanwhile.
  for (const { entry } of found) {
    const named = textsIn(entry.options);
    for (const other of plugins) if (named.has(other.entry.id)) found.add(other);
  }
  return plugins.filter((plugin) => found.has(plugin));
}

function textsIn(value: JsonValue): ReadonlySet<string> {
  if (typeof value === "string") return new Set([value]);
  if (typeof value !== "object" || value === null) return new Set();
  return new Set(Object.values(value).flatMap((inner) => [...textsIn(inner)]));
}
