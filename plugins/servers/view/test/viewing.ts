/** A viewer over folders of runs, and what asks it as a browser would. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolvePreset, run, StopSwitch } from "@autotraj/core";
import { type PlayEdit, RUN_VIEWER, type Served } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { writeDemo } from "../../../../test/integration/demo.ts";
import type { Overview } from "../src/api.ts";
import plugin from "../src/index.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export class Viewing {
  readonly folder = newFolder();
  #served: Served | undefined;
  #dispose: () => Promise<void> = async () => {};
  #cookie = "";

  get link(): string {
    return this.#served?.url ?? "";
  }

  get origin(): string {
    return new URL(this.link).origin;
  }

  /** By which the viewer knows who asks: for browsers beside the one that opens the link, which lets in no other. */
  get browserCookie(): { readonly name: string; readonly value: string; readonly url: string } {
    const [name = "", value = ""] = this.#cookie.split("=");
    return { name, value, url: this.origin };
  }

  async open(runs: readonly string[], playEdit?: PlayEdit): Promise<void> {
    const plugged = await setupPlugin(plugin, { cacheDir: join(this.folder, "cache") });
    this.#dispose = () => plugged.dispose();
    await plugged.start();
    this.#served = await plugged.provided(RUN_VIEWER).serve(runs, { port: 0, ...(playEdit === undefined ? {} : { playEdit }) });
  }

  /** Opens the link, as the first browser does. */
  async enter(): Promise<void> {
    const { headers } = await this.ask(new URL(this.link).pathname, { cookie: "" });
    this.#cookie = String(headers["set-cookie"]).split(";")[0] ?? "";
  }

  /** With the cookie, and as the viewer's own page; `headers` overrule. */
  ask(path: string, headers: Readonly<Record<string, string>> = {}, method = "GET", body = ""): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const asking = request(`${this.origin}${path}`, { method, headers: { cookie: this.#cookie, ...headers } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString() }));
    });
    asking.on("error", reject).end(body);
    return promise;
  }

  /** JSON of the viewer's own page. */
  send(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.ask(path, { origin: this.origin, "content-type": "application/json", ...headers }, "POST", JSON.stringify(body));
  }

  async json<T>(path: string): Promise<T> {
    const { status, text } = await this.ask(path);
    if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** When all that the run has is in the index. */
  async indexed(run: string): Promise<Overview> {
    for (;;) {
      const overview = await this.json<Overview>(`/api/runs/${run}/overview`);
      if (overview.index.problem !== null) throw new Error(overview.index.problem);
      if (overview.index.complete) return overview;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async close(): Promise<void> {
    await this.#dispose();
    rmSync(this.folder, { recursive: true, maxRetries: 5 });
  }
}

export function newFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "autotraj-view-")));
}

/** A real run of the demo preset: fixture plugins, no model. Returns its folder. */
export async function demoRun(folder: string): Promise<string> {
  writeDemo(folder);
  const request = { ref: "./demo.json", cwd: folder, set: [] };
  const runDir = join(folder, "demo");
  await run({ preset: await resolvePreset(request.ref, request), asked: request, runDir, stop: new StopSwitch(), cacheDir: join(folder, "cache") });
  return runDir;
}
