/** One check of a conformance. */
import type { PluginKind, PluginMeta } from "@autotraj/core/plugin";
import type { Bench } from "./bench.ts";
import type { ConformanceCases } from "./cases.ts";

export interface Check {
  readonly name: string;
  readonly group: string;
  /** Kinds of plugins that it is about. Left out: all. */
  readonly kinds?: readonly PluginKind[];
  /** Checks without which it would say nothing: where one has failed, it is not run. */
  readonly needs?: readonly string[];
  /** Why it does not hold for this plugin, known before anything runs. */
  skips?(meta: PluginMeta, cases: ConformanceCases): string | undefined;
  /** @throws Complaint for what is wrong; NotAsked where it turns out not to hold; anything else counts as wrong too */
  run(bench: Bench): Promise<void>;
}
