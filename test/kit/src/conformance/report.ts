/** What came of a conformance. */
import type { PluginKind } from "@autotraj/core/plugin";

export interface CheckDescription {
  readonly name: string;
  /** `life`, `answers`, `determinism`, `stopping`, or the kind that it is about. */
  readonly group: string;
  /** Why it is left out, where that is known before anything runs. */
  readonly skipped?: string;
}

export interface CheckResult {
  readonly name: string;
  readonly group: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** Of a failure: what was wrong and what to do. Of a skip: why. */
  readonly reason?: string;
}

export interface ConformanceReport {
  /** No check failed, and at least one passed. */
  readonly ok: boolean;
  /** The plugin's name. */
  readonly plugin: string;
  /** Undefined where it says none. */
  readonly kind: PluginKind | undefined;
  readonly results: readonly CheckResult[];
}
