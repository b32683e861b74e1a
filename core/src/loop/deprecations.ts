/** Packages that their authors give up. */
import type { Plugin } from "../kernel/plugin.ts";

/** What is told of packages that their authors give up, once for each. */
export function deprecations(plugins: readonly { readonly packageName: string; readonly plugin: Pick<Plugin, "meta"> }[]): readonly string[] {
  const told = plugins.flatMap(({ packageName, plugin }) => {
    const { since, replacedBy } = plugin.meta.deprecated ?? {};
    const instead = replacedBy === undefined ? "" : `; use ${replacedBy}`;
    return since === undefined ? [] : [`${packageName} is deprecated since ${since}${instead}.`];
  });
  return [...new Set(told)];
}
