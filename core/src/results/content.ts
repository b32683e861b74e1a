/** What files and models are known by: their content, wherever they lie. */
import { createHash } from "node:crypto";
import { closeSync, createReadStream, openSync, readSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";

const CHUNK_BYTES = 1 << 20;
/** By path, inode, size and time of change: the tables of a run ask for the same files many times. */
const known = new Map<string, string>();

/** SHA-256 (hex) of a file's bytes. */
export function hashOfFile(file: string): string {
  const { ino, size, mtimeMs } = statSync(file);
  const stamp = `${file} ${ino} ${size} ${mtimeMs}`;
  const remembered = known.get(stamp);
  if (remembered !== undefined) return remembered;
  const hash = createHash("sha256");
  const handle = openSync(file, "r");
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let read = readSync(handle, chunk); read > 0; read = readSync(handle, chunk)) hash.update(chunk.subarray(0, read));
  } finally {
    closeSync(handle);
  }
  const sha256 = hash.digest("hex");
  known.set(stamp, sha256);
  return sha256;
}

/**
 * SHA-256 (hex) of a model's files, its weights included: seconds per gigabyte. Notes beside them decide nothing, nor does what a policy has made of the
 * weights to load it (GGUF), which comes to lie there when the model is first sampled.
 */
export async function hashOfModel(folder: string): Promise<string> {
  const hash = createHash("sha256");
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.flatMap((entry) => (entry.isDirectory() || /^\.|\.md$/.test(entry.name) ? [] : [entry.name])).sort();
  const names = files.some((name) => name.endsWith(".safetensors")) ? files.filter((name) => !name.endsWith(".gguf")) : files;
  for (const name of names) {
    hash.update(`\n${name}\n`);
    for await (const chunk of createReadStream(join(folder, name))) hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}

/** SHA-256 (hex) of a file, or of a model's folder. */
export async function contentOf(path: string): Promise<string> {
  return statSync(path).isDirectory() ? hashOfModel(path) : hashOfFile(path);
}
