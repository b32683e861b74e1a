/** The files that release and containers are made from: what they name is there. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { root, workspaces } from "../boundaries/workspaces.ts";

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly needs?: string;
  readonly steps: readonly { readonly uses?: string; readonly run?: string }[];
}

const read = (file: string) => readFileSync(join(root, file), "utf8");
const release = (...args: readonly string[]) =>
  execFileSync(process.execPath, [join(root, "scripts/release.mjs"), ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

describe("a release", () => {
  const { jobs, permissions } = parse(read(".github/workflows/release.yml")) as { permissions: object; jobs: Record<"build" | "publish", Job> };
  const commands = (job: Job) => job.steps.flatMap(({ run }) => (run === undefined ? [] : [run]));

  it("is built, checked and tested before anything is published, by a job that may write nothing", () => {
    expect(permissions).to.deep.equal({ contents: "read" });
    expect(jobs.build.permissions).to.equal(undefined);
    expect(commands(jobs.build)).to.include.members(["npm run setup", "npm run check", "npm test"]);
    expect(jobs.publish.needs).to.equal("build");
    // All that is shipped: compiled sources alone would leave the viewer without its web app.
    expect(commands(jobs.publish)).to.include("npm run build");
  });

  it("is signed with the identity of its workflow, beside which no package's script runs", () => {
    expect(jobs.publish.permissions).to.deep.equal({ contents: "write", "id-token": "write" });
    expect(read("scripts/release.mjs")).to.contain('"publish", "--provenance"');
    const installing = commands(jobs.publish).filter((run) => /npm (ci|install)/.test(run));
    expect(installing).not.to.be.empty;
    for (const run of installing) expect(run).to.contain("--ignore-scripts");
  });

  it("names scripts that there are", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Readonly<Record<string, string>> };
    const runs = [...commands(jobs.build), ...commands(jobs.publish)];
    const named = runs.flatMap((run) => /^npm run (\S+)/.exec(run)?.[1] ?? []);
    expect(named).not.to.be.empty;
    for (const name of named) expect(scripts).to.have.property(name);
    for (const run of runs) for (const [file] of run.matchAll(/scripts\/\S+\.mjs/g)) expect(existsSync(join(root, file)), file).to.equal(true);
  });

  it("comes in an order in which nothing is missing what it needs", () => {
    const order = release("publish", "--dry-run")
      .trim()
      .split("\n")
      .map((line) => line.slice(0, line.lastIndexOf("@")));
    expect([...order].sort()).to.deep.equal(workspaces.map(({ manifest }) => manifest.name).sort());
    const early = workspaces.flatMap(({ manifest: { name, dependencies, peerDependencies } }) =>
      Object.keys({ ...dependencies, ...peerDependencies })
        .filter((needed) => order.includes(needed) && order.indexOf(needed) > order.indexOf(name))
        .map((needed) => `${name} before ${needed}`),
    );
    expect(early).to.deep.equal([]);
  });

  it("has a bill of materials with a hash for each foreign package", () => {
    const folder = mkdtempSync(join(tmpdir(), "autotraj-sbom-"));
    try {
      const file = join(folder, "sbom.json");
      release("sbom", file);
      const { bomFormat, components } = JSON.parse(readFileSync(file, "utf8")) as {
        bomFormat: string;
        components: readonly { name: string; purl: string; hashes?: object[] }[];
      };
      expect(bomFormat).to.equal("CycloneDX");
      const names = components.map(({ name }) => name);
      expect(names).to.include.members(["tapable", "openai", "@opentelemetry/sdk-trace"]);
      expect(names).not.to.include("mocha");
      const own = new Set(workspaces.flatMap(({ path, manifest }) => [path.split("/").at(-1), manifest.name]));
      const bare = components.filter(({ name, hashes }) => hashes === undefined && !own.has(name) && !name.startsWith("@node-llama-cpp/"));
      expect(bare.map(({ name }) => name)).to.deep.equal([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is refused where a package carries another version than the tag", () => {
    expect(() => release("check", "v99.0.0")).to.throw(/The tag is v99\.0\.0, but \d+ packages carry another version: @autotraj\/core is /);
  });
});

describe("the containers", () => {
  const stages = [...read("Dockerfile").matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name]) => name);

  it("leave out of the image what .gitignore leaves out of the repository", () => {
    expect(read(".dockerignore").split("\n")).to.include.members([".git", "**/node_modules", "**/dist"]);
  });

  it("start the command that there is, as nobody special", () => {
    const file = read("Dockerfile");
    const entry = /ENTRYPOINT \["node", "\/autotraj\/(.+?)"\]/.exec(file)?.[1] ?? "";
    expect(existsSync(join(root, entry)), entry).to.equal(true);
    expect(file.lastIndexOf("USER node")).to.be.greaterThan(file.lastIndexOf("FROM "));
    expect(file).to.contain("npm ci --ignore-scripts").and.to.contain("npm run build");
  });

  it("build the one that people develop in from a stage of the other", () => {
    const { build, postCreateCommand } = JSON.parse(read(".devcontainer/devcontainer.json")) as {
      build: { dockerfile: string; target: string };
      postCreateCommand: string;
    };
    expect(existsSync(join(root, ".devcontainer", build.dockerfile))).to.equal(true);
    expect(stages).to.include(build.target);
    expect(postCreateCommand).to.equal("npm run setup");
  });
});
