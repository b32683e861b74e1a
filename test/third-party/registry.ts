/** A registry on this machine with this repository's packages, packed as they would be published. npm asks it for our scope, and its usual one for all else. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { root, workspaces } from "../boundaries/workspaces.ts";

const run = promisify(execFile);

interface Packed {
  readonly version: string;
  readonly filename: string;
  readonly integrity: string;
  readonly shasum: string;
}

export class LocalRegistry {
  readonly #server: Server = createServer((request, response) => {
    void this.#answer(decodeURIComponent(request.url ?? "")).then(
      (body) => response.end(body),
      () => response.writeHead(404).end("{}"),
    );
  });
  #tarballs = "";
  readonly #packed = new Map<string, Promise<Packed>>();
  #last: Promise<unknown> = Promise.resolve();

  async open(): Promise<void> {
    this.#tarballs = await mkdtemp(join(tmpdir(), "autotraj-registry-"));
    await new Promise<void>((listening) => this.#server.listen(0, "127.0.0.1", listening));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
    await rm(this.#tarballs, { recursive: true });
  }

  /** By which a project is served from here. */
  get npmrc(): string {
    return `@autotraj:registry=${this.#address}/\naudit=false\nfund=false\nprefer-offline=true\n`;
  }

  get #address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #answer(path: string): Promise<string | Buffer> {
    if (path.startsWith("/tarballs/")) return readFile(join(this.#tarballs, basename(path)));
    const name = path.slice(1);
    const { version, filename, integrity, shasum } = await this.#packOnce(name);
    const { stdout } = await run("tar", ["-xOf", join(this.#tarballs, filename), "package/package.json"]);
    const manifest = { ...JSON.parse(stdout), dist: { tarball: `${this.#address}/tarballs/${filename}`, integrity, shasum } };
    return JSON.stringify({ name, "dist-tags": { latest: version }, versions: { [version]: manifest } });
  }

  /** When it is first asked for, and one after another: npm asks for many at once. */
  #packOnce(name: string): Promise<Packed> {
    const known = this.#packed.get(name);
    if (known !== undefined) return known;
    const packing = this.#last.then(() => this.#pack(name));
    this.#last = packing.catch(() => {});
    this.#packed.set(name, packing);
    return packing;
  }

  async #pack(name: string): Promise<Packed> {
    const folder = workspaces.find(({ manifest }) => manifest.name === name)?.folder;
    if (folder === undefined) throw new Error(`${name} is no package of this repository`);
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", this.#tarballs, folder], { cwd: root, maxBuffer: 1 << 26 });
    const [packed] = Object.values(JSON.parse(stdout) as Record<string, Packed>);
    if (packed === undefined) throw new Error(`${name} was not packed`);
    return packed;
  }
}
