/** Which plugins do the stages that come with AutoTraj: presets name the stage, and need not name the plugin. */
import type { PluginKind } from "../kernel/plugin.ts";

export interface StandardStage {
  readonly name: string;
  readonly use: string;
  /** A plugin of another kind without which it cannot be done; the preset may have one of its own. */
  readonly needs?: { readonly kind: PluginKind; readonly use: string };
}

/** AutoTraj's own stages, in the order in which they are done whatever order a preset names them in. A plugin of the preset that provides one of these names goes before them. */
export const STANDARD_STAGES: readonly StandardStage[] = [
  { name: "sft", use: "@autotraj/stage-sft" },
  { name: "reward-model", use: "@autotraj/stage-reward-model" },
  { name: "rl", use: "@autotraj/stage-rl", needs: { kind: "server", use: "@autotraj/server-http" } },
  { name: "evaluate", use: "@autotraj/stage-evaluate" },
];

/** The preset's order; of AutoTraj's own their own. Those of others stay behind what they stand behind. */
export function stageOrder(names: readonly string[]): readonly string[] {
  const standard = STANDARD_STAGES.map(({ name }) => name).filter((name) => names.includes(name));
  let next = 0;
  return names.map((name) => (standard.includes(name) ? (standard[next++] ?? name) : name));
}
