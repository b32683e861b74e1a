/** What still works and will not for ever. Each kind has a code; docs/guide/compatibility.md says what each means and for how long. */
import type { Plugin } from "../kernel/plugin.ts";
import { API_VERSION } from "../kernel/plugin-kinds.ts";

/** Codes of deprecations, never reused, and what each means. */
export const DEPRECATIONS = {
  ATRAJ_DEPRECATED_PACKAGE: "A plugin's author gives it up, and says what to use instead.",
  ATRAJ_DEPRECATED_API: "A plugin is made for an older version of the contract than the core's.",
} as const satisfies Record<`ATRAJ_DEPRECATED_${string}`, string>;

type Told = { readonly packageName: string; readonly plugin: Pick<Plugin, "meta"> };

/** What is told of these plugins, once for each package. */
export function deprecations(plugins: readonly Told[]): readonly string[] {
  const told = plugins.flatMap(({ packageName, plugin: { meta } }) => {
    const { since, replacedBy } = meta.deprecated ?? {};
    const instead = replacedBy === undefined ? "" : `; use ${replacedBy}`;
    return [
      ...(since === undefined ? [] : [coded("ATRAJ_DEPRECATED_PACKAGE", `${packageName} is deprecated since ${since}${instead}.`)]),
      ...(meta.apiVersion >= API_VERSION
        ? []
        : [
            coded(
              "ATRAJ_DEPRECATED_API",
              `${packageName} is made for version ${meta.apiVersion} of the plugin contract, which this core still takes; it has version ${API_VERSION}. Look for a newer release.`,
            ),
          ]),
    ];
  });
  return [...new Set(told)];
}

function coded(code: keyof typeof DEPRECATIONS, text: string): string {
  return `[${code}] ${text}`;
}
