/** One SandboxFusion server: sends code to it and says what came of it. Knows nothing of the other servers. */
import type { ExecutionRequest } from "@autotraj/core/plugin";
import { reasonOf } from "@autotraj/http-attempts/causes";
import { quote } from "@autotraj/http-attempts/quote";
import { readRetryAfter } from "@autotraj/http-attempts/retry-after";
import { BadAnswer, type CodeAnswer, readAnswer } from "./answer.ts";

export interface RunRequest extends Pick<ExecutionRequest, "memoryMiB"> {
  /** The whole program. */
  readonly code: string;
  /** What the server may give it. */
  readonly timeoutMs: number;
}

/** What came of one request. */
export type Attempt =
  | { readonly kind: "answered"; readonly answer: CodeAnswer }
  /** Too much to do: later. */
  | { readonly kind: "busy"; readonly problem: string; readonly retryAfterMs?: number }
  /** This request is not for it, nor for its like; the server is well. */
  | { readonly kind: "refused"; readonly status: number; readonly problem: string }
  /** The server is not fit for use now. */
  | { readonly kind: "failed"; readonly problem: string };

export interface ServerSettings {
  readonly apiKey?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly slackMs: number;
}

/** SandboxFusion keeps 1 MiB of each stream; escaped in JSON a byte may take six. */
const ANSWER_BYTES_AT_MOST = 16 * 1024 * 1024;
const LONGEST_QUOTE = 300;
/** Control characters, line ends, and what turns the direction of writing. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069]+/gu;
const TOO_MUCH = new Set([429, 503]);
const UNFIT_REQUEST = new Set([400, 413, 422]);

export class FusionServer {
  readonly url: string;
  readonly #settings: ServerSettings;
  readonly #secrets: readonly string[];

  constructor(url: string, settings: ServerSettings) {
    this.url = url.replace(/\/+$/, "");
    this.#settings = settings;
    this.#secrets = [settings.apiKey ?? "", ...Object.values(settings.headers)];
  }

  /** @throws the signal's reason when aborted. */
  async run(request: RunRequest, signal: AbortSignal): Promise<Attempt> {
    const limitMs = request.timeoutMs + this.#settings.slackMs;
    const limit = AbortSignal.timeout(limitMs);
    try {
      const response = await this.#post(request, AbortSignal.any([signal, limit]));
      const body = await textOf(response);
      if (!response.ok) return this.#refusal(response, body);
      const { status, message, run, own } = readAnswer(body);
      if (run !== undefined && status !== "SandboxError") return { kind: "answered", answer: { run, own } };
      return { kind: "failed", problem: this.#quote(`it could not run the code (${status}): ${message || "no reason given"}`) };
    } catch (error) {
      signal.throwIfAborted();
      if (limit.aborted) return { kind: "failed", problem: `no whole answer within ${limitMs} ms` };
      if (error instanceof BadAnswer) return { kind: "failed", problem: `its answer is not SandboxFusion's: ${error.message}` };
      return { kind: "failed", problem: this.#quote(reasonOf(error)) };
    }
  }

  #post(request: RunRequest, signal: AbortSignal): Promise<Response> {
    const { apiKey, headers } = this.#settings;
    const seconds = request.timeoutMs / 1000;
    return fetch(`${this.url}/run_code`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }), ...headers },
      body: JSON.stringify({
        code: request.code,
        language: "python",
        compile_timeout: seconds,
        run_timeout: seconds,
        memory_limit_MB: request.memoryMiB,
        stdin: null,
        files: {},
        fetch_files: [],
      }),
      // A key is for this server only.
      redirect: "error",
      signal,
    });
  }

  #refusal({ status, headers }: Response, body: string): Attempt {
    const problem = this.#quote(`it answered ${status}: ${body.trim() || "no reason given"}`);
    if (TOO_MUCH.has(status)) {
      const retryAfterMs = readRetryAfter(headers);
      return { kind: "busy", problem, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    }
    if (UNFIT_REQUEST.has(status)) return { kind: "refused", status, problem };
    return { kind: "failed", problem };
  }

  /** What servers say is shown in terminals and kept in logs: one line of plain text. */
  #quote(text: string): string {
    return quote(text.replace(UNPRINTABLE, " "), this.#secrets, LONGEST_QUOTE);
  }
}

/** @throws BadAnswer where it is too long. */
async function textOf(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > ANSWER_BYTES_AT_MOST) throw new BadAnswer(`it is longer than ${ANSWER_BYTES_AT_MOST} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
