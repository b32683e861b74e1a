/** The viewer over HTTP: static files of the web app, and a small JSON API that reads; what it writes is in curation/. */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Dialects, PlayEdit } from "@autotraj/core/plugin";
import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import files from "@fastify/static";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { Access } from "./access.ts";
import type { ErrorAnswer, RunsAnswer, TrajectoryAnswer } from "./api.ts";
import { actedOn } from "./curation/curated.ts";
import { EditJobs } from "./curation/edit-jobs.ts";
import { curationRoutes } from "./curation/routes.ts";
import { filterOf } from "./filter-query.ts";
import type { Wanted } from "./index-store/reader.ts";
import { addLearningRoutes } from "./learning-routes.ts";
import { overviewOf, timingsIn } from "./overview.ts";
import { Problem, there } from "./problem.ts";
import { cursorIn, queryOf, textPlaceIn } from "./requests.ts";
import { namedRuns, readRun } from "./run-folder.ts";
import { inRun, pieceOf, type RowPlace, relatedTo, repairOf, rowOf, trajectoryView } from "./trajectory-view.ts";
import { ViewedRun } from "./viewed-run.ts";

export interface ViewerParts {
  readonly folders: readonly string[];
  readonly cacheDir: string;
  readonly port: number;
  /** Where the web app was built. */
  readonly webDir: string;
  readonly hide: (text: string) => string;
  readonly dialects: Dialects;
  /** Undefined where nothing can be edited. */
  readonly playEdit: PlayEdit | undefined;
}

type Asked = FastifyRequest<{ Params: { run: string; id: string; secret: string } }>;

const HOST = "127.0.0.1";
/** Stands in index.html for the word by which the page's own styles are let through. */
const NONCE = "{{nonce}}";

export class Viewer {
  readonly #app: FastifyInstance = Fastify({ forceCloseConnections: true, exposeHeadRoutes: true, routerOptions: { maxParamLength: 1000 } });
  readonly #access = new Access();
  readonly #runs: ReadonlyMap<string, ViewedRun>;
  readonly #parts: ViewerParts;
  readonly #jobs: EditJobs;
  #port = 0;
  #countingAhead: NodeJS.Immediate | undefined;

  /** @throws NO_RUN */
  constructor(parts: ViewerParts) {
    this.#parts = parts;
    this.#jobs = new EditJobs(parts.playEdit, parts.hide);
    this.#runs = new Map([...namedRuns(parts.folders)].map(([key, folder]) => [key, new ViewedRun(key, folder, parts.cacheDir)]));
  }

  /** Returns the link that lets in the first browser. */
  async listen(): Promise<string> {
    await this.#routes();
    await this.#app.listen({ host: HOST, port: this.#parts.port });
    this.#port = (this.#app.server.address() as { port: number }).port;
    this.#countingAhead = setImmediate(() => this.#countAhead());
    return `http://${HOST}:${this.#port}/open/${this.#access.secret}`;
  }

  /** What is shown first of a million trajectories takes half a second to count: by then nobody has followed the link. */
  #countAhead(): void {
    const [first] = this.#runs.values();
    const entry = first?.entry();
    if (first === undefined || entry?.problem !== null) return;
    try {
      overviewOf(entry, first.reader, first.progress());
    } catch {
      // Whoever asks for it is told.
    }
  }

  async close(): Promise<void> {
    clearImmediate(this.#countingAhead);
    await this.#app.close();
    await this.#jobs.close();
    for (const run of this.#runs.values()) await run.close();
  }

  async #routes(): Promise<void> {
    const app = this.#app;
    await app.register(cookie);
    await app.register(helmet, {
      contentSecurityPolicy: false,
      strictTransportSecurity: false,
      referrerPolicy: { policy: "no-referrer" },
      crossOriginResourcePolicy: { policy: "same-origin" },
      xFrameOptions: { action: "deny" },
    });
    app.addHook("onRequest", async (request, reply) => {
      reply.header("content-security-policy", policyWith(undefined)).header("cache-control", "no-store");
      this.#check(request);
    });
    app.setErrorHandler((error, _request, reply) => this.#failed(error, reply));
    app.setNotFoundHandler((request, reply) => {
      const isPage = request.method === "GET" || request.method === "HEAD";
      if (!isPage || request.url.startsWith("/api/") || request.url.startsWith("/assets/"))
        throw new Problem(404, "NOT_FOUND", "There is no such thing here.");
      return this.#page(reply);
    });
    await app.register(files, {
      root: join(this.#parts.webDir, "assets"),
      prefix: "/assets/",
      cacheControl: false,
      index: false,
      setHeaders: keepable,
    });
    app.get("/open/:secret", (request: Asked, reply) => this.#enter(request, reply));
    this.#api();
  }

  #api(): void {
    const app = this.#app;
    const { dialects } = this.#parts;
    const folder = (request: Asked) => this.#run(request).folder;
    const place = (request: Asked) => ({ folder: folder(request), id: request.params.id });
    curationRoutes(app, {
      jobs: this.#jobs,
      dialects,
      folder: (run) => this.#runNamed(run).folder,
      row: (inFolder, id) => there(readRun(inFolder, (run) => rowOf(run, { folder: inFolder, id }))),
    });
    app.get("/api/runs", (): RunsAnswer => ({ runs: [...this.#runs.values()].map((run) => run.entry()) }));
    app.get("/api/runs/:run/overview", (request: Asked) => {
      const run = this.#run(request);
      return overviewOf(run.entry(), run.reader, run.progress());
    });
    app.get("/api/runs/:run/trajectories", (request: Asked) => {
      const run = this.#run(request);
      const query = queryOf(request);
      return { ...run.reader.page(wantedIn(run, query), cursorIn(query)), index: run.progress() };
    });
    app.get("/api/runs/:run/count", (request: Asked) => {
      const run = this.#run(request);
      return run.reader.count(wantedIn(run, queryOf(request)));
    });
    app.get("/api/runs/:run/trajectories/:id", (request: Asked) =>
      readRun(folder(request), (run) => trajectoryAnswer(run, place(request), dialects)),
    );
    app.get("/api/runs/:run/repairs/:id", (request: Asked) => there(readRun(folder(request), (run) => repairOf(run, place(request), dialects))));
    app.get("/api/runs/:run/timings/:id", (request: Asked) => readRun(folder(request), (run) => timingsOf(run, place(request), dialects)));
    app.get("/api/runs/:run/trajectories/:id/text", (request: Asked) => {
      const piece = textPlaceIn(queryOf(request));
      return there(readRun(folder(request), (run) => pieceOf(there(rowOf(run, place(request))), piece, dialects)));
    });
    addLearningRoutes(app, { run: (request) => this.#run(request), dialects });
  }

  #run({ params }: { readonly params: { readonly run: string } }): ViewedRun {
    const run = this.#runNamed(params.run);
    run.fill();
    return run;
  }

  #runNamed(name: string): ViewedRun {
    const run = this.#runs.get(name);
    if (run === undefined) throw new Problem(404, "NO_RUN", "The viewer was not given a run of this name.");
    return run;
  }

  #check(request: FastifyRequest): void {
    const token = request.cookies[Access.cookieName(this.#port)];
    const refused = this.#access.refuses(request.method, request.headers, this.#port, token);
    if (refused === undefined || (refused.status === 401 && request.url.startsWith("/open/"))) return;
    throw new Problem(refused.status, refused.code, refused.message);
  }

  #enter(request: Asked, reply: FastifyReply): FastifyReply {
    const name = Access.cookieName(this.#port);
    const token = this.#access.enter(request.params.secret);
    if (token === undefined && request.cookies[name] === undefined) {
      throw new Problem(401, "LINK_USED", "This link was used, or is another viewer's. Start `autotraj view` again for a new one.");
    }
    if (token !== undefined) reply.setCookie(name, token, { path: "/", httpOnly: true, sameSite: "strict" });
    return reply.redirect("/");
  }

  #page(reply: FastifyReply): FastifyReply {
    const file = join(this.#parts.webDir, "index.html");
    if (!existsSync(file)) throw new Problem(500, "NOT_BUILT", "The web app is not built: run `npm run build`.");
    const nonce = randomBytes(16).toString("base64");
    return reply
      .header("content-security-policy", policyWith(nonce))
      .type("text/html; charset=utf-8")
      .send(readFileSync(file, "utf8").replaceAll(NONCE, nonce));
  }

  #failed(error: unknown, reply: FastifyReply): FastifyReply {
    const status = error instanceof Problem ? error.status : ((error as { statusCode?: number }).statusCode ?? 500);
    const code = error instanceof Problem ? error.code : status === 500 ? "FAILED" : "BAD_REQUEST";
    const message = this.#parts.hide(error instanceof Error ? error.message : String(error));
    return reply.status(status).send({ error: { code, message } } satisfies ErrorAnswer);
  }
}

/** The app's own files may be kept, and are asked about each time: a browser need not read them anew. */
function keepable(reply: FastifyReply): void {
  reply.header("cache-control", "private, no-cache");
}

/** Nothing is loaded from elsewhere, nothing runs but the app's own file; styles that the app makes itself carry the page's nonce. */
function policyWith(nonce: string | undefined): string {
  const styles = nonce === undefined ? "'self'" : `'self' 'nonce-${nonce}'`;
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src ${styles}`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

function wantedIn({ folder }: ViewedRun, query: URLSearchParams): Wanted {
  const filter = filterOf(query);
  return { filter, among: actedOn(folder, filter) };
}

function trajectoryAnswer(run: DatabaseSync, place: RowPlace, dialects: Dialects): TrajectoryAnswer {
  const row = there(rowOf(run, place));
  const outcome = run.prepare("SELECT status, reason FROM queries WHERE position = ?").get(row.position) as
    | { status: string; reason: string | null }
    | undefined;
  return {
    trajectory: trajectoryView(row, inRun(place.id, dialects)),
    question: { status: outcome?.status ?? "in progress", reason: outcome?.reason ?? null },
    related: relatedTo(run, row.position, place.folder),
  };
}

function timingsOf(run: DatabaseSync, place: RowPlace, dialects: Dialects): ReturnType<typeof timingsIn> {
  const { queryId, provenance } = trajectoryView(there(rowOf(run, place)), inRun(place.id, dialects));
  const { policy, candidate } = provenance as { policy?: string; candidate?: number };
  if (policy === undefined || candidate === undefined) return { turns: [], problem: "Only rollouts name the calls that they were made with." };
  return timingsIn(run, `${queryId}/${policy}/candidate ${candidate}`);
}
