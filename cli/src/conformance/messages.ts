/** What the process in which a plugin is tried and the one that watches it say to each other. */
import type { JsonObject } from "@autotraj/core";
import type { CheckDescription, CheckResult, ConformanceReport } from "@autotraj/testkit";

export interface ConformanceRequest {
  /** A package, a file, or a folder with a package.json. */
  readonly plugin: string;
  readonly cwd: string;
  readonly options?: JsonObject;
  /** A module whose default export is the cases. */
  readonly cases?: string;
  readonly network: "allowed" | "refused";
}

export type ConformanceMessage =
  /** Every {@link ALIVE_MS}, but while something holds the processor. */
  | { readonly kind: "alive" }
  /** Found and imported. `silenceMs`: how long it may hold the processor. */
  | {
      readonly kind: "loaded";
      readonly plugin: string;
      readonly version: string;
      readonly of: string;
      readonly silenceMs: number;
      readonly notes: readonly string[];
    }
  | { readonly kind: "begins"; readonly check: CheckDescription }
  | { readonly kind: "ends"; readonly result: CheckResult }
  /** What AutoTraj does for the plugin, and may take minutes. */
  | { readonly kind: "says"; readonly line: string }
  | { readonly kind: "report"; readonly report: ConformanceReport }
  /** It is no plugin that could be tried. */
  | { readonly kind: "refused"; readonly reason: string }
  /** What was asked cannot be meant. */
  | { readonly kind: "misused"; readonly reason: string };

export const ALIVE_MS = 250;
