/** Which files a repository has already, byte for byte, by the hashes that it keeps of them. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";

export interface LocalFile {
  /** In the repository. */
  readonly path: string;
  readonly file: string;
  readonly bytes: number;
}

/** What a repository says of a file: `oid` is git's own hash, `lfs` the hash of what lies beside git. */
export interface KnownFile {
  readonly size: number;
  readonly oid?: string | undefined;
  readonly lfs?: { readonly oid: string } | undefined;
}

/** Large files are known by sha256 there, others by git's own hash. */
export async function isThere({ file, bytes }: LocalFile, there: KnownFile | undefined): Promise<boolean> {
  if (there === undefined || there.size !== bytes) return false;
  if (there.lfs !== undefined) return (await hashOf(file, "sha256")) === there.lfs.oid;
  return (await hashOf(file, "sha1", `blob ${bytes}\0`)) === there.oid;
}

async function hashOf(file: string, algorithm: "sha256" | "sha1", before = ""): Promise<string> {
  const hash = createHash(algorithm).update(before);
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
