/** Every error AutoTraj raises on purpose: one table of codes, one class. `docs/errors.md` has an anchor for each code. */

import type { PluginError } from "./plugin.ts";
import { withoutSecrets, withoutSecretsIn } from "./redaction.ts";

/** Code → what it means. Codes are never reused. The number is the process's exit code. */
export const ERROR_CODES = {
  ATRAJ_PRESET_NOT_FOUND: { exit: 2, meaning: "A preset, or one it extends, could not be found." },
  ATRAJ_PRESET_SYNTAX: { exit: 2, meaning: "A preset file is not valid YAML, JSONC or a module exporting an object." },
  ATRAJ_PRESET_INVALID: { exit: 2, meaning: "A preset has unknown keys, wrong types or missing values." },
  ATRAJ_PRESET_CYCLE: { exit: 2, meaning: "Presets extend each other in a circle." },
  ATRAJ_SECRET_MISSING: { exit: 2, meaning: "An environment variable or file named by $env or $file is not there." },
  ATRAJ_SECRET_LITERAL: { exit: 2, meaning: "A secret is written into a preset in plain text." },
  ATRAJ_PLUGIN_NOT_FOUND: { exit: 2, meaning: "A plugin's package could not be resolved or imported." },
  ATRAJ_PLUGIN_INVALID: { exit: 2, meaning: "A module is not an AutoTraj plugin, or taps a hook its kind may not tap." },
  ATRAJ_API_VERSION: { exit: 2, meaning: "A plugin was written for another version of the plugin contract." },
  ATRAJ_OPTIONS_INVALID: { exit: 2, meaning: "A plugin's options do not match its schema." },
  ATRAJ_SETUP_FAILED: { exit: 2, meaning: "A plugin's setup or start failed." },
  ATRAJ_SERVICE_CONFLICT: { exit: 2, meaning: "Two plugins provide the same service." },
  ATRAJ_SERVICE_MISSING: { exit: 2, meaning: "A service is needed that no plugin of the preset provides." },
  ATRAJ_DIMENSION_CONFLICT: { exit: 2, meaning: "Two scorers fill the same dimension." },
  ATRAJ_DIMENSION_MISSING: { exit: 2, meaning: "A scorer needs a dimension that no scorer fills, or scorers need each other in a circle." },
  ATRAJ_ORDER_UNKNOWN: { exit: 2, meaning: "A tap's `before` names no plugin of the preset." },
  ATRAJ_ORDER_CYCLE: { exit: 2, meaning: "Taps ask to run before each other in a circle." },
  ATRAJ_TRAINER_MISSING: { exit: 2, meaning: "A stage is asked for that no trainer backend offers." },
  ATRAJ_TRAINER_AMBIGUOUS: { exit: 2, meaning: "Two trainer backends offer the same stage." },
  ATRAJ_QUERIES_INVALID: { exit: 2, meaning: "A queries file has rows that are not questions, or ids that occur twice." },
  ATRAJ_ROWS_INVALID: { exit: 2, meaning: "A file to import has rows that its format cannot read." },
  ATRAJ_TEXT_INVALID: { exit: 2, meaning: "A file of rows is no text that can be read: an archive, a table, damaged." },
  ATRAJ_RUN_NOT_FOUND: { exit: 2, meaning: "The folder holds no run." },
  ATRAJ_RUN_MISMATCH: { exit: 2, meaning: "The run folder was made from other questions, another preset or another store version." },
  ATRAJ_RUN_LOCKED: { exit: 2, meaning: "Another process is working on this run." },
  ATRAJ_STORE_FAILED: { exit: 1, meaning: "The run store could not be written or read (disk full, folder gone, file damaged or changed)." },
  ATRAJ_HOOK_FAILED: { exit: 1, meaning: "A plugin's tap threw." },
  ATRAJ_HOOK_RESULT: { exit: 1, meaning: "A plugin's tap returned something its hook does not allow." },
  ATRAJ_HOOK_TIMEOUT: { exit: 1, meaning: "A plugin's tap did not come back in time." },
  ATRAJ_SCORER_FAILED: { exit: 1, meaning: "A scorer failed, and run.onScorerError says that this ends the run; or it fails everywhere." },
  ATRAJ_ISOLATION_UNAVAILABLE: { exit: 1, meaning: "The isolation asked for is not available on this machine." },
  ATRAJ_POLICY_FAILED: {
    exit: 1,
    meaning: "A policy can give no turn until a setting is changed, or failed so often in a row that going on would only waste questions.",
  },
  ATRAJ_TOOL_FAILED: { exit: 1, meaning: "A tool broke so often in a row that going on would only waste questions." },
  ATRAJ_QUERIES_FAILED: { exit: 1, meaning: "Many questions in a row failed, so that going on would only waste the others." },
  ATRAJ_MODEL_SERVER: { exit: 1, meaning: "A server for a trained model could not be started, or did not answer in time." },
  ATRAJ_PYTHON: { exit: 1, meaning: "A Python environment could not be made." },
  ATRAJ_TRAINER_FAILED: { exit: 1, meaning: "A training process failed, or what it left is no usable model." },
  ATRAJ_EPISODE: { exit: 1, meaning: "A trainer asked about an episode or task that is not there." },
  ATRAJ_STAGE_INPUT: { exit: 2, meaning: "A training stage lacks what it starts from: data, a model, a setting." },
  ATRAJ_UNFINISHED: { exit: 1, meaning: "The process ran out of work while plugins were still busy." },
  ATRAJ_INTERRUPTED: { exit: 130, meaning: "The run was stopped; `autotraj resume` goes on from here." },
  ATRAJ_STUDY_INVALID: { exit: 2, meaning: "A study has unknown keys, wrong values, or an arm that cannot be compared." },
  ATRAJ_USAGE: { exit: 2, meaning: "The command line is not understood." },
} as const satisfies Record<`ATRAJ_${string}`, { exit: number; meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorParts {
  /** Who found it or whom it concerns: a plugin id, a file, `preset`. */
  readonly who: string;
  /** One sentence. */
  readonly what: string;
  /** One line per mistake, with its key path. */
  readonly details?: readonly string[];
  /** Where it was written, as `file:line`. */
  readonly where?: string;
  /** What to do. */
  readonly hint?: string;
  /** The plugin's own code. */
  readonly pluginCode?: string;
  readonly cause?: unknown;
}

/** Holds no secret, whoever wrote its parts. Test `error.code`, never `instanceof`: two copies of core may be loaded. */
export class AutoTrajError extends Error {
  readonly code: ErrorCode;
  readonly parts: ErrorParts;
  constructor(code: ErrorCode, parts: ErrorParts) {
    super(withoutSecrets(format(code, parts)), parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = "AutoTrajError";
    this.code = code;
    const { cause, ...texts } = parts;
    this.parts = { ...withoutSecretsIn(texts), ...(cause === undefined ? {} : { cause }) };
  }
  get pluginCode(): string | undefined {
    return this.parts.pluginCode;
  }
  get exitCode(): number {
    return ERROR_CODES[this.code].exit;
  }
}

/** `[CODE] who: what` / one line per mistake / where / what to do. */
function format(code: ErrorCode, { who, what, details = [], where, hint }: ErrorParts): string {
  return [
    `[${code}] ${who}: ${what}`,
    ...details.map((line) => `  ${line}`),
    ...(where === undefined ? [] : [`  in ${where}`]),
    ...(hint === undefined ? [] : [`  ${hint}`]),
  ].join("\n");
}

export function isAutoTrajError(error: unknown): error is AutoTrajError {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code in ERROR_CODES && "parts" in error;
}

const ENDING: readonly ErrorCode[] = ["ATRAJ_INTERRUPTED", "ATRAJ_STORE_FAILED", "ATRAJ_POLICY_FAILED", "ATRAJ_TOOL_FAILED", "ATRAJ_SCORER_FAILED"];

/** Errors that no single query can be blamed for: whoever catches them passes them on. */
export function endsTheRun(error: unknown): boolean {
  if (!isAutoTrajError(error)) return false;
  return ENDING.includes(error.code) || saysThatItEndsTheRun(error.parts.cause);
}

/** A PluginError by which every other call would fail too. */
export function saysThatItEndsTheRun(error: unknown): boolean {
  return ((error ?? {}) as Partial<PluginError>).endsRun === true;
}

/** What a plugin's own error says besides its message, as parts of ours. */
export function pluginErrorParts(error: unknown): Pick<ErrorParts, "hint" | "pluginCode" | "cause"> {
  const { code, hint } = (error ?? {}) as Partial<PluginError>;
  return { ...(hint === undefined ? {} : { hint }), ...(typeof code === "string" ? { pluginCode: code } : {}), cause: error };
}

/** The message of whatever was thrown, without the secrets in it. */
export function messageOf(error: unknown): string {
  return withoutSecrets(error instanceof Error ? error.message : String(error));
}
