import type { Span } from "@autotraj/core/plugin";

/** The first place where a trajectory leaves the format. */
export interface Violation {
  /** What is wrong, in a few words: `<code> inside <think>`. */
  readonly what: string;
  /** Where; absent when something is missing, or when the message's text is rendered and not stored. */
  readonly span?: Span;
}

/** What a trajectory has to keep. */
export interface FormatRules {
  readonly answers: "one" | "atLeastOne";
  readonly requireBoxed: boolean;
  readonly outsideText: "allow" | "forbid";
  readonly nativeReasoning: "optional" | "required";
}
