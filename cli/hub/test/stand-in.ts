/**
 * A hub on this machine: it keeps repositories in memory and speaks the calls that the official client makes for a push (as @huggingface/hub 2.17.5 makes
 * them), in the real one's words. Files from `largeFrom` bytes on are stored apart from commits: in one piece, in parts, or by Xet.
 */
import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface StandInOptions {
  readonly largeFrom?: number;
  readonly storage?: "basic" | "multipart" | "xet";
  /** Answers in the hub's place, or lets a call wait. */
  readonly instead?: (call: HubCall) => Answer | undefined | Promise<Answer | undefined>;
}

export interface HubCall {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HubFile {
  readonly bytes: number;
  /** git's hash of a small file, sha256 of a large one. */
  readonly hash: string;
  readonly large: boolean;
  /** Not known of what came by Xet. */
  readonly content: Buffer | undefined;
}

export interface Commit {
  readonly oid: string;
  readonly title: string;
  readonly files: ReadonlyMap<string, HubFile>;
}

export interface HubRepository {
  readonly visibility: "private" | "public";
  /** The newest commit last. */
  readonly branches: Map<string, Commit[]>;
}

/** Of somebody who may write for `lab`. */
export const WRITES = "hf_writesForTheLab";
export const READS = "hf_readsAndNothingElse";
const PART_BYTES = 4096;

export class HubStandIn {
  readonly repositories = new Map<string, HubRepository>();
  readonly calls: HubCall[] = [];
  /** What storage was sent, by sha256; of Xet the names of what was sent. */
  readonly stored = new Map<string, Buffer>();
  readonly #parts = new Map<string, Buffer[]>();
  readonly xorbs: string[] = [];
  readonly shards: Buffer[] = [];
  endpoint = "";
  options: StandInOptions = {};
  readonly #server = createServer((request, response) => {
    void this.#answer(request).then(
      ({ status, body, headers = {} }) => {
        const text = typeof body === "string" ? body : JSON.stringify(body ?? {});
        const type = typeof body === "string" ? "text/html" : "application/json; charset=utf-8";
        response.writeHead(status, { "content-type": type, "x-request-id": "request-1", ...headers }).end(text);
      },
      () => response.destroy(),
    );
  });

  async open(): Promise<void> {
    await new Promise<void>((listening) => this.#server.listen(0, "127.0.0.1", listening));
    this.endpoint = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  /** A repository that somebody has made before. */
  add(name: string, visibility: HubRepository["visibility"]): HubRepository {
    const first: Commit = { oid: commitId(), title: "initial commit", files: new Map() };
    const made: HubRepository = { visibility, branches: new Map([["main", [first]]]) };
    this.repositories.set(name, made);
    return made;
  }

  /** The newest commit. */
  tip(name: string, branch = "main"): Commit {
    const commit = this.repositories.get(name)?.branches.get(branch)?.at(-1);
    if (commit === undefined) throw new Error(`${name} has no branch ${branch}`);
    return commit;
  }

  text(name: string, path: string, branch = "main"): string {
    return this.tip(name, branch).files.get(path)?.content?.toString() ?? "";
  }

  /** `POST /api/repos/create`, … without what is a hash or a number in them. */
  asked(): readonly string[] {
    return this.calls.map(({ method, path }) => `${method} ${path.replaceAll(/[0-9a-f]{40,}/g, "HASH")}`);
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const { pathname: path } = new URL(request.url ?? "/", this.endpoint);
    const { authorization } = request.headers;
    const call: HubCall = { method: request.method ?? "GET", path: decodeURIComponent(path), authorization, body: await buffer(request) };
    this.calls.push(call);
    return (await this.options.instead?.(call)) ?? this.#storage(call) ?? refusedBy(call) ?? this.#api(call);
  }

  /** Addresses that the hub handed out: they need no token of it. */
  #storage({ method, path, body }: HubCall): Answer | undefined {
    const [, kind, ...rest] = path.split("/");
    if (kind === "storage") {
      const [oid = "", part] = rest;
      if (method === "POST") this.stored.set(oid, Buffer.concat(this.#parts.get(oid) ?? []));
      else if (part === undefined) this.stored.set(oid, body);
      else {
        const parts = this.#parts.get(oid) ?? [];
        parts[Number(part) - 1] = body;
        this.#parts.set(oid, parts);
      }
      return { status: 200, headers: { etag: `"part-${part ?? 0}"` } };
    }
    if (kind !== "cas") return undefined;
    if (path.startsWith("/cas/v1/chunks/")) return { status: 404 };
    if (path.startsWith("/cas/v1/xorbs/")) this.xorbs.push(rest.at(-1) ?? "");
    else this.shards.push(body);
    return { status: 200, body: { was_inserted: true } };
  }

  #api(call: HubCall): Answer {
    const { method, path } = call;
    const told = call.body.length === 0 || path.includes("/commit/") ? {} : JSON.parse(call.body.toString());
    if (path === "/api/repos/create") return this.#create(told);
    const [, name = "", rest = ""] = /^\/(?:api\/)?datasets\/([^/]+\/[^/]+?)(?:\.git\/info)?\/(.*)$/.exec(path) ?? [];
    const repository = this.repositories.get(name);
    if (repository === undefined) return { status: 404, body: { error: "Repository not found" } };
    if (rest === "lfs/objects/batch") return this.#batch(told, name);
    const [what = "", ...words] = rest.split("/");
    const branch = words.join("/");
    const commits = repository.branches.get(branch);
    if (what === "branch") return this.#branch(repository, branch);
    if (commits === undefined) return { status: 404, body: { error: `Invalid rev id: ${branch}` } };
    const tip = commits.at(-1) as Commit;
    if (what === "revision" && method === "GET")
      return { status: 200, body: { _id: "1", id: name, private: repository.visibility === "private", sha: tip.oid } };
    if (what === "paths-info") return { status: 200, body: pathsOf(tip, told.paths) };
    if (what === "preupload") return { status: 200, body: { files: told.files.map((file: { path: string; size: number }) => this.#upload(file)) } };
    if (what === "commit") return this.#commit(commits, call.body);
    return { status: 404, body: { error: "Not found" } };
  }

  #create({ name, organization, visibility, type }: Record<string, string>): Answer {
    if (organization !== "lab")
      return { status: 403, body: { error: `You don't have the rights to create a ${type} under the namespace "${organization}"` } };
    const full = `${organization}/${name}`;
    if (this.repositories.has(full)) return { status: 409, body: { error: "You already created this dataset repo" } };
    this.add(full, visibility === "private" ? "private" : "public");
    return { status: 200, body: { url: `${this.endpoint}/datasets/${full}`, id: "1", name: full } };
  }

  #branch({ branches }: HubRepository, branch: string): Answer {
    if (branches.has(branch)) return { status: 409, body: { error: "Reference already exists" } };
    branches.set(branch, [...(branches.get("main") ?? [])]);
    return { status: 200 };
  }

  #upload({ path, size }: { path: string; size: number }) {
    return { path, uploadMode: size >= (this.options.largeFrom ?? Number.POSITIVE_INFINITY) ? "lfs" : "regular", shouldIgnore: false };
  }

  #batch({ objects }: { objects: readonly { oid: string; size: number }[] }, name: string): Answer {
    const { storage = "basic" } = this.options;
    const upload = (oid: string, size: number) => {
      const href = `${this.endpoint}/storage/${oid}`;
      if (storage === "basic") return { href };
      const parts = Array.from({ length: Math.ceil(size / PART_BYTES) }, (_, at) => [String(at + 1).padStart(5, "0"), `${href}/${at + 1}`]);
      if (storage === "multipart") return { href, header: { chunk_size: String(PART_BYTES), ...Object.fromEntries(parts) } };
      const cas = {
        "X-Xet-Cas-Url": `${this.endpoint}/cas`,
        "X-Xet-Access-Token": "xet",
        "X-Xet-Token-Expiration": String(Math.ceil(Date.now() / 1000) + 3600),
      };
      return { href: `${this.endpoint}/api/datasets/${name}/xet-write-token/main`, header: { "X-Xet-Session-Id": "s", ...cas } };
    };
    const known = (oid: string) => this.stored.has(oid) || this.shards.some((shard) => shard.includes(inShards(oid)));
    const answers = objects.map(({ oid, size }) => ({ oid, size, ...(known(oid) ? {} : { actions: { upload: upload(oid, size) } }) }));
    return { status: 200, body: { transfer: storage, objects: answers } };
  }

  #commit(commits: Commit[], body: Buffer): Answer {
    const lines = body.toString().split("\n").map((line) => JSON.parse(line) as { key: string; value: Record<string, string> }); // biome-ignore format: one thing
    const header = lines.find(({ key }) => key === "header")?.value ?? {};
    const tip = commits.at(-1) as Commit;
    if (header["parentCommit"] !== undefined && header["parentCommit"] !== tip.oid)
      return { status: 412, body: { error: "A commit has happened since. Please refresh and try again." } };
    const files = new Map(tip.files);
    for (const { key, value } of lines.filter((line) => line.key !== "header")) {
      const { path = "", content = "", oid = "" } = value;
      if (key === "lfsFile" && !this.stored.has(oid) && !this.shards.some((shard) => shard.includes(inShards(oid))))
        return { status: 400, body: { error: `The object ${oid} was never uploaded` } };
      files.set(
        path,
        key === "lfsFile" ? { bytes: Number(value["size"]), hash: oid, large: true, content: this.stored.get(oid) } : smallFile(content),
      );
    }
    const commit: Commit = { oid: commitId(), title: header["summary"] ?? "", files };
    commits.push(commit);
    return { status: 200, body: { success: true, commitOid: commit.oid, commitUrl: `${this.endpoint}/commit/${commit.oid}`, hookOutput: "" } };
  }
}

/** What its token keeps a call from; undefined where nothing does. */
function refusedBy({ authorization, method, path }: HubCall): Answer | undefined {
  if (authorization === `Bearer ${WRITES}`) return undefined;
  if (authorization !== `Bearer ${READS}`) return { status: 401, body: { error: "Invalid credentials in Authorization header" } };
  const reads = method === "GET" || path.includes("/paths-info/");
  return reads ? undefined : { status: 403, body: { error: "Forbidden: you must use a write token to upload to a repository." } };
}

function pathsOf({ files }: Commit, paths: readonly string[]) {
  return paths.flatMap((path) => {
    const file = files.get(path);
    if (file === undefined) return [];
    const { bytes: size, hash, large } = file;
    return [{ type: "file", path, size, oid: large ? "0".repeat(40) : hash, ...(large ? { lfs: { oid: hash, size, pointerSize: 130 } } : {}) }];
  });
}

function smallFile(base64: string): HubFile {
  const content = Buffer.from(base64, "base64");
  const hash = createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
  return { bytes: content.length, hash, large: false, content };
}

/** As a shard holds a hash: eight bytes at a time, the last of them first. */
function inShards(hash: string): Buffer {
  return Buffer.from(hash, "hex").swap64();
}

function commitId(): string {
  return randomBytes(20).toString("hex");
}
