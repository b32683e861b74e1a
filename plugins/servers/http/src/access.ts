/** Who may ask: a bearer token, in the header or, for clients that send no headers, in the path. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isLoopback } from "@autotraj/core/plugin";
import type { FastifyRequest } from "fastify";
import { Refusal } from "./refusal.ts";

const PATH_TOKEN = /^\/t\/([^/?]*)(\/.*)?$/;

export class Access {
  readonly #token: Buffer | undefined;
  /** Tokens found in paths, until the request is over. */
  readonly #inPaths = new WeakMap<IncomingMessage, string>();

  /** `undefined`: whoever can reach the address may ask. */
  constructor(token: string | undefined) {
    this.#token = token === undefined ? undefined : digest(token);
  }

  /** Takes the token out of `/t/<token>/…`, so that it stands in no log and no metric. */
  pathOf(request: IncomingMessage): string {
    const [, token, path = "/"] = PATH_TOKEN.exec(request.url ?? "/") ?? [];
    if (token === undefined) return request.url ?? "/";
    this.#inPaths.set(request, token);
    return path;
  }

  /** @throws Refusal 401, or 403 where a page in somebody's browser asks a server without a token. */
  check(request: Pick<FastifyRequest, "raw" | "hostname">): void {
    if (this.#token === undefined) {
      if (!isLoopback(request.hostname.replace(/^\[(.*)\]$/, "$1")))
        throw new Refusal(403, "FORBIDDEN_HOST", "without a token only this machine's own names are answered.");
      return;
    }
    const { raw } = request;
    const bearer = /^Bearer (.*)$/i.exec(raw.headers.authorization ?? "")?.[1];
    const given = bearer ?? decoded(this.#inPaths.get(raw));
    if (given !== undefined && timingSafeEqual(digest(given), this.#token)) return;
    throw new Refusal(401, "UNAUTHORIZED", "send the token as `Authorization: Bearer …`, or put /t/<token> before the path.");
  }
}

/** Digests are of one length, which says nothing of the token's. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function decoded(part: string | undefined): string | undefined {
  if (part === undefined) return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
