/** The kernel's episode service as a trainer sees it: one tool that answers at once, one reward. It can be away, and remembers all it was asked. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly items: readonly Record<string, unknown>[];
}

export interface EpisodeServerOptions {
  /** Turns that are answered with a tool's result before an episode ends. */
  readonly toolTurns: number;
  /** By the number of the item in its request, or by what was said in the episode; null: it could not be had. */
  readonly reward: (at: number, said: string) => number | null;
  /** A status to answer this request with instead, by path and how often that path was asked before. */
  readonly refuse?: (path: string, before: number) => number | undefined;
}

export const RESULT = "\n<result>\nRESULT-1\n</result>\n";

export class EpisodeServer {
  readonly asked: Asked[] = [];
  readonly token = "episode-token";
  readonly #options: EpisodeServerOptions;
  readonly #server: Server;
  readonly #sessions = new Map<string, string>();
  readonly #said = new Map<unknown, string>();

  constructor(options: EpisodeServerOptions) {
    this.#options = options;
    this.#server = createServer(async (request, response) => {
      const path = request.url ?? "";
      const before = this.asked.filter((asked) => asked.path === path).length;
      const { items } = JSON.parse(await textOf(request)) as Asked;
      this.asked.push({ path, authorization: request.headers.authorization, items });
      const status = this.#options.refuse?.(path, before);
      response.writeHead(status ?? 200, { "content-type": "application/json" });
      response.end(JSON.stringify(status === undefined ? { items: items.map((item, at) => this.#answer(path, item, at)) } : { error: "not now" }));
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((done) => void this.#server.listen(0, "127.0.0.1", done));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  of(path: string): readonly Asked[] {
    return this.asked.filter((asked) => asked.path === path);
  }

  #answer(path: string, item: Record<string, unknown>, at: number): object {
    if (path === "/v1/sessions") {
      const key = `${item["task"]} ${item["key"]}`;
      if (!this.#sessions.has(key)) this.#sessions.set(key, `session-${this.#sessions.size}`);
      return { session: this.#sessions.get(key) };
    }
    if (path === "/v1/turns") {
      this.#said.set(item["session"], `${this.#said.get(item["session"]) ?? ""}${item["text"]}`);
      const done = (item["index"] as number) >= this.#options.toolTurns;
      const results = done ? [] : [{ toolCallId: "c", name: "python", content: "RESULT-1", ok: true }];
      return { append: done ? "" : RESULT, results, done, ...(done ? { finish: "answer" } : {}) };
    }
    const reward = this.#options.reward(at, this.#said.get(item["session"]) ?? "");
    return { id: item["id"], reward, terms: { outcome: reward }, valid: reward !== null, ...(reward === null ? { error: "the judge is away" } : {}) };
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}
