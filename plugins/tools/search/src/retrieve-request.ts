/** One request to a /retrieve server (Search-R1's protocol), and what its failure means. */
import { PluginError } from "@autotraj/core/plugin";
import { reasonOf } from "@autotraj/http-attempts/causes";
import { quote } from "@autotraj/http-attempts/quote";
import { type Passage, readPassage } from "./passage.ts";

export interface Failure {
  readonly error: PluginError;
  /** It may work later, or at another server. */
  readonly retry: boolean;
  /** It may be for one of the queries only: the server was there and did not like what it got. */
  readonly divide: boolean;
}

export interface Attempt {
  readonly url: string;
  readonly queries: readonly string[];
  readonly topK: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** Passages of each query in order, or what went wrong. @throws the signal's reason where it is aborted. */
export async function request(attempt: Attempt): Promise<readonly (readonly Passage[])[] | Failure> {
  const { url, queries, topK, timeoutMs, signal } = attempt;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ queries, topk: topK, return_scores: true }),
      signal: AbortSignal.any([signal, timeout]),
      redirect: "error",
    });
    const text = await response.text();
    return response.ok ? readAnswer(text, attempt) : refusal(response.status, text, url);
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    return unreachable(thrown, timeout.aborted, attempt);
  }
}

function readAnswer(text: string, { url, queries, topK }: Attempt): readonly (readonly Passage[])[] | Failure {
  const wrong = (what: string): Failure => ({
    error: new PluginError("SEARCH_ANSWER", `POST ${url}: ${what}: ${quote(text)}`, {
      hint: "The URL must be the /retrieve endpoint of a server that speaks Search-R1's protocol.",
    }),
    retry: true,
    divide: true,
  });
  let result: unknown;
  try {
    result = (JSON.parse(text) as { result?: unknown } | null)?.result;
  } catch {
    return wrong("the answer is no JSON");
  }
  if (!Array.isArray(result)) return wrong("the answer has no `result` list");
  if (result.length !== queries.length) return wrong(`${queries.length} queries were asked, ${result.length} answered`);
  const found: Passage[][] = [];
  for (const entries of result as unknown[]) {
    const passages = Array.isArray(entries) ? entries.map(readEntry) : [undefined];
    if (!passages.every((passage) => passage !== undefined)) return wrong("a document has no `contents`");
    found.push(passages.slice(0, topK));
  }
  return found;
}

/** `{ document, score }`; servers that give no scores send the document alone. */
function readEntry(entry: unknown): Passage | undefined {
  return entry !== null && typeof entry === "object" && "document" in entry ? readPassage(entry.document) : readPassage(entry);
}

function refusal(status: number, text: string, url: string): Failure {
  const busy = status === 408 || status === 429 || (status > 500 && status < 600);
  return {
    error: new PluginError("SEARCH_REFUSED", `POST ${url} answered ${status}: ${quote(text)}`, {
      hint: busy ? "The server has too much to do: lower `retrieve.batchSize` or give it more time." : "Look at the server's log.",
    }),
    retry: busy || status === 500,
    divide: !busy && status !== 401 && status !== 403 && status !== 404,
  };
}

function unreachable(thrown: unknown, timedOut: boolean, { url, timeoutMs }: Attempt): Failure {
  const [message, hint] = timedOut
    ? [`gave no whole answer within ${timeoutMs} ms.`, "Raise `retrieve.timeoutMs`, or lower `retrieve.batchSize`."]
    : [`failed: ${reasonOf(thrown)}`, "Start the retrieval server, and check `retrieve.urls`."];
  return { error: new PluginError("SEARCH_UNREACHABLE", `POST ${url} ${message}`, { hint, cause: thrown }), retry: true, divide: false };
}
