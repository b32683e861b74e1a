/** Every error AutoTraj raises on purpose: one class, its codes in messages/error-codes.ts. */

import { ERROR_CODES, type ErrorCode } from "../messages/error-codes.ts";
import { wordsOf } from "../messages/shown.ts";
import type { PluginError } from "./plugin.ts";
import { withoutSecrets, withoutSecretsIn } from "./redaction.ts";

export { ERROR_CODES, type ErrorCode };

export interface ErrorParts {
  /** Who found it or whom it concerns: a plugin id, a file, `preset`. */
  readonly who: string;
  /** The plugin that is at fault, by its id in the preset: for programs, where `who` is for people. */
  readonly plugin?: string;
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
    ...(where === undefined || where === "" ? [] : [`  in ${where}`]),
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

/** The same in one line, without code and place, for where it is said beside it whom it concerns. */
export function reasonOf(error: unknown): string {
  if (!isAutoTrajError(error)) return messageOf(error);
  const { what, hint } = error.parts;
  return hint === undefined ? what : `${what.replace(/\.?$/, ".")} ${hint}`;
}

/** The message of whatever was thrown, without the secrets in it. */
export function messageOf(error: unknown): string {
  return withoutSecrets(wordsOf(error));
}
