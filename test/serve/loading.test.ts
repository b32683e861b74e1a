/** What serves is loaded where something is served: commands that serve nothing start as fast as if it were not there. */
import { execFile } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { newFolder, writePreset } from "../../plugins/servers/http/test/support.ts";
import { autotraj } from "../integration/command.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const LIBRARIES = ["fastify", "@fastify/swagger", "prom-client"];

describe("a command that serves nothing", function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => {
    folder = newFolder();
    writePreset(folder);
    const preset = { extends: "./demo.json", plugins: { episodes: { use: "@autotraj/server-http" }, sandbox: { use: "@autotraj/server-sandbox" } } };
    writeFileSync(join(folder, "served.json"), JSON.stringify(preset));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** The servers' libraries that are loaded once this code has run. */
  async function loadedBy(code: string): Promise<readonly string[]> {
    const script = `
      import { createRequire } from "node:module";
      ${code}
      const files = Object.keys(createRequire(import.meta.url).cache);
      const loaded = ${JSON.stringify(LIBRARIES)}.filter((name) => files.some((file) => file.includes("/node_modules/" + name + "/")));
      process.stderr.write("\\nloaded " + JSON.stringify(loaded));`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script], { cwd: folder });
    const [, loaded] = /\nloaded (.*)$/.exec(stderr) ?? [];
    if (loaded === undefined) throw new Error(`${stdout}${stderr}`);
    return JSON.parse(loaded);
  }
  const cli = pathToFileURL(join(ROOT, "cli/dist/index.js"));
  const running = (...args: string[]) => `
      const { cli } = await import(${JSON.stringify(cli)});
      const code = await cli(${JSON.stringify(args)});
      if (code !== 0) throw new Error("it ended with " + code);`;

  it("loads none of the servers' libraries", async () => {
    expect(await loadedBy(running("--help"))).to.deep.equal([]);
    expect(await loadedBy(running("plan", "./demo.json"))).to.deep.equal([]);
  });

  it("loads none of them either where its preset has the servers as plugins", async () => {
    expect(await loadedBy(running("plan", "./served.json"))).to.deep.equal([]);
  });

  it("would be found out if it did", async () => {
    const service = pathToFileURL(join(ROOT, "plugins/servers/http/dist/service.js"));
    expect(await loadedBy(`await import(${JSON.stringify(service)});`)).to.deep.equal(LIBRARIES);
  });
});

describe("the options of serving commands", () => {
  for (const [command, packageName, names] of [
    ["serve", "@autotraj/server-http", { "max-body-mib": "maxBodyMiB", "max-in-flight": "maxInFlight", "timeout-s": "timeoutMs" }],
    [
      "sandbox",
      "@autotraj/server-sandbox",
      { queue: "queue", "max-timeout-s": "maxTimeoutMs", "max-memory-mib": "maxMemoryMiB", "max-body-mib": "maxBodyMiB" },
    ],
  ] as const) {
    it(`${command} has the defaults of ${packageName}`, async () => {
      const { stdout } = await autotraj([command, "--help"], ROOT);
      const { default: plugin } = await import(packageName);
      for (const [option, property] of Object.entries(names)) {
        const [, shown] = new RegExp(`--${option}\\b[^\\[]*\\[default: (\\d+)\\]`).exec(stdout.replaceAll(/\s+/g, " ")) ?? [];
        const { default: own } = plugin.meta.options.properties[property];
        expect(Number(shown), `${option} in\n${stdout}`).to.equal(option.endsWith("-s") ? own / 1000 : own);
      }
    });
  }
});
