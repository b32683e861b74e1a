/** What a failed request says: `fetch failed` names nothing, what caused it does. */

const MOST_CAUSES = 8;
const LOST = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/** An error, what caused it, and so on; empty for what is no error. */
export function causesOf(thrown: unknown): readonly Error[] {
  const causes: Error[] = [];
  for (let cause = thrown; cause instanceof Error && causes.length < MOST_CAUSES; cause = cause.cause) causes.push(cause);
  return causes;
}

/** The innermost code, such as ECONNREFUSED; empty where there is none. */
export function codeOf(thrown: unknown): string {
  const codes = causesOf(thrown).map((cause) => ("code" in cause && typeof cause.code === "string" ? cause.code : ""));
  return codes.findLast((code) => code !== "") ?? "";
}

/** The innermost cause in words, with its code. */
export function reasonOf(thrown: unknown): string {
  const code = codeOf(thrown);
  const message = causesOf(thrown).at(-1)?.message ?? String(thrown);
  if (code === "" || message.includes(code)) return message;
  return message === "" ? code : `${code}, ${message}`;
}

/** The connection broke: where no answer had begun, mostly the server was just closing one that had been idle, which is nobody's fault. */
export function isLostConnection(thrown: unknown): boolean {
  return LOST.has(codeOf(thrown));
}
