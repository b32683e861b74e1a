/** What a model is known by, wherever it lies. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";

/** SHA-256 (hex, 16 digits) of a model's files, wherever it lies: what decides its answers. */
export async function hashOfModel(model: string): Promise<string> {
  const hash = createHash("sha256");
  const isFolder = (await stat(model)).isDirectory();
  const names = isFolder ? (await readdir(model)).filter((name) => /\.(?:json|safetensors|jinja|model|txt)$/.test(name)).sort() : [basename(model)];
  for (const name of names) {
    hash.update(`\n${name}\n`);
    for await (const chunk of createReadStream(isFolder ? join(model, name) : model)) hash.update(chunk as Buffer);
  }
  return hash.digest("hex").slice(0, 16);
}
