/** An attempt that failed, and what is known of it. */
import type { PluginError } from "@autotraj/core/plugin";

export interface Failure {
  readonly error: PluginError;
  readonly retry: boolean;
  /** The server has too much to do. */
  readonly overloaded: boolean;
  /** No use asking it anything for a moment. */
  readonly away: boolean;
  /** The wait that the server asks for, however long. */
  readonly retryAfterMs?: number;
  /** The connection broke before the answer began. */
  readonly lost?: boolean;
  /** The server takes the same request in another form. */
  readonly takes?: "max_completion_tokens" | "chat";
}

export interface FailureContext {
  /** What was asked, e.g. `POST http://127.0.0.1:8000/v1/completions`. Free of secrets. */
  readonly what: string;
  readonly path: string;
  readonly timeoutMs: number;
  /** Values that must not show in messages: servers quote them. */
  readonly secrets: readonly string[];
}
