/** The kinds of plugins, in the order in which they are set up: providers before those who use them. */
import type { PluginKind } from "./plugin.ts";

/** The version of the contract that this core has, and the oldest that it still takes (docs/guide/compatibility.md). */
export const API_VERSION = 1;
export const OLDEST_API_VERSION = 0;

export const PLUGIN_KINDS: readonly PluginKind[] = [
  "host",
  "sandbox",
  "tool",
  "policy",
  "format",
  "preparer",
  "scorer",
  "gate",
  "repairer",
  "reward",
  "reward-model",
  "trainer",
  "server",
  "stage",
  "tracker",
];

export function setupRank(kind: PluginKind): number {
  return PLUGIN_KINDS.indexOf(kind);
}
