/** What a client is told when something goes wrong: always `{ error: { code, message } }`, with a status that says whose fault it is. */

export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** A request, or one item of it, that is not served. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
    this.code = code;
  }
}

/** fastify's own refusals under names that do not change with its versions. */
const HTTP_CODES: Readonly<Record<string, { readonly status: number; readonly code: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { status: 413, code: "BODY_TOO_LARGE" },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { status: 415, code: "MEDIA_TYPE" },
};

export interface DescribedError extends Problem {
  readonly status: number;
}

/** Whatever was thrown, as status, code and message. What is nobody's known fault is `INTERNAL`. `hide` takes the secrets out of others' messages. */
export function describeError(error: unknown, hide: (text: string) => string): DescribedError {
  if (error instanceof Refusal) return { status: error.status, code: error.code, message: error.message };
  if (isHostError(error)) {
    const { who, what, hint } = error.parts;
    const message = `${who}: ${what}${hint === undefined ? "" : ` ${hint}`}`;
    return { status: STATUS_OF[error.code] ?? 500, code: error.code, message };
  }
  const message = hide(error instanceof Error ? error.message : String(error));
  const { code = "", statusCode = 500 } = (error ?? {}) as { code?: unknown; statusCode?: number };
  const known = HTTP_CODES[String(code)];
  if (known !== undefined) return { ...known, message };
  if (statusCode >= 400 && statusCode < 500) return { status: statusCode, code: "BAD_REQUEST", message };
  return { status: 500, code: "INTERNAL", message };
}

const STATUS_OF: Readonly<Partial<Record<string, number>>> = { ATRAJ_EPISODE: 404, ATRAJ_INTERRUPTED: 503 };

/** An error of the host's: its code is stable, its parts hold no secret. */
interface HostError {
  readonly code: string;
  readonly parts: { readonly who: string; readonly what: string; readonly hint?: string };
}

function isHostError(error: unknown): error is HostError {
  const { code, parts } = (error ?? {}) as Partial<HostError>;
  return typeof code === "string" && code.startsWith("ATRAJ_") && typeof parts?.what === "string";
}
