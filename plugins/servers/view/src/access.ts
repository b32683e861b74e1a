/** Who may ask: a browser of this machine that has opened the link, from the viewer's own pages, and nobody else. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export interface Refused {
  readonly status: 401 | 403 | 405 | 415;
  readonly code: string;
  readonly message: string;
}

export class Access {
  /** Stands in the printed link. */
  readonly secret = randomBytes(32).toString("base64url");
  readonly #token = randomBytes(32).toString("base64url");
  #used = false;

  /** The cookie's value for the first who brings the link's secret. */
  enter(secret: string): string | undefined {
    if (this.#used || !isSame(secret, this.secret)) return undefined;
    this.#used = true;
    return this.#token;
  }

  /** Cookies know no ports: viewers side by side keep theirs apart by name. */
  static cookieName(port: number): string {
    return `autotraj_view_${port}`;
  }

  /** Undefined where the request is one of our own pages'. What is asked for is not looked at. */
  refuses(method: string, headers: IncomingHttpHeaders, port: number, token: string | undefined): Refused | undefined {
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
    const { host = "", origin } = headers;
    if (!hosts.includes(host)) return { status: 403, code: "FORBIDDEN_HOST", message: "This server answers to 127.0.0.1 and localhost only." };
    if (origin !== undefined && origin !== `http://${host}`) return foreign();
    const site = headers["sec-fetch-site"];
    const opensPage = headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
    if (site !== undefined && site !== "same-origin" && site !== "none" && !opensPage) return foreign();
    if (method === "POST") {
      // Browsers always name a POST's origin, and ask before they send another site's JSON.
      if (origin === undefined) return foreign();
      if (!/^application\/json\s*(?:;|$)/i.test(headers["content-type"] ?? "")) return NOT_JSON;
    } else if (method !== "GET" && method !== "HEAD") {
      return { status: 405, code: "METHOD", message: "Only GET, and POST for what people do to rows." };
    }
    if (token !== undefined && isSame(token, this.#token)) return undefined;
    return {
      status: 401,
      code: "UNAUTHORIZED",
      message: "Open the link that `autotraj view` has printed. It lets in one browser; start it again for another.",
    };
  }
}

const NOT_JSON: Refused = { status: 415, code: "NOT_JSON", message: "What is asked for must come as application/json." };

function foreign(): Refused {
  return { status: 403, code: "FORBIDDEN_ORIGIN", message: "Pages of other sites are not answered." };
}

/** Digests are of one length, which says nothing of the token's. */
function isSame(given: string, known: string): boolean {
  const [a, b] = [given, known].map((text) => createHash("sha256").update(text).digest()) as [Buffer, Buffer];
  return timingSafeEqual(a, b);
}
