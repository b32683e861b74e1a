/** The kinds of plugins, in the order in which they are set up: providers before those who use them. */
import type { PluginKind } from "./plugin.ts";

export const API_VERSION = 1;

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
];

export function setupRank(kind: PluginKind): number {
  return PLUGIN_KINDS.indexOf(kind);
}
