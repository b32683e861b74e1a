/** What would be published, file by file, and in the hands of a stranger's compiler. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { expect } from "chai";
import { type PackageJson, root, type Workspace, workspaces } from "../boundaries/workspaces.ts";

interface Manifest extends PackageJson {
  readonly description?: string;
  readonly private?: boolean;
  readonly repository?: { readonly type: string; readonly url: string; readonly directory?: string };
  readonly bin?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Packed {
  readonly name: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

const published = workspaces.filter(({ manifest }) => (manifest as Manifest).private !== true);
const manifestOf = ({ manifest }: Workspace): Manifest => manifest;
const npm = process.platform === "win32" ? "npm.cmd" : "npm";

describe("the packages as they would be published", function () {
  this.timeout(600_000);
  let packed: ReadonlyMap<string, readonly string[]>;
  before(() => {
    const told = execFileSync(npm, ["pack", "--workspaces", "--dry-run", "--json", "--ignore-scripts"], {
      cwd: root,
      encoding: "utf8",
      maxBuffer: 2 ** 28,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const list = Object.values(JSON.parse(told)) as Packed[];
    packed = new Map(list.map(({ name, files }) => [name, files.map(({ path }) => path)]));
  });
  const filesOf = ({ manifest }: Workspace): readonly string[] => packed.get(manifest.name) ?? [];
  /** Those of which this is not so, by name; a test lists them all at once. */
  const without = (holds: (own: Workspace) => boolean) => published.filter((own) => !holds(own)).map(({ path }) => path);

  it("are all of them", () => {
    expect([...packed.keys()].sort()).to.deep.equal(published.map(({ manifest }) => manifest.name).sort());
  });

  it("have licence and README inside, and say what they are and where they come from (else run `node scripts/complete-packages.mjs`)", () => {
    const licence = readFileSync(join(root, "LICENSE"), "utf8");
    const { repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;
    expect(without((own) => filesOf(own).includes("README.md"))).to.deep.equal([]);
    expect(without((own) => filesOf(own).includes("LICENSE") && readFileSync(join(own.folder, "LICENSE"), "utf8") === licence)).to.deep.equal([]);
    expect(without((own) => (manifestOf(own).description ?? "").length > 10)).to.deep.equal([]);
    expect(without((own) => manifestOf(own).license === "MIT")).to.deep.equal([]);
    expect(without((own) => manifestOf(own).keywords?.includes("autotraj") === true)).to.deep.equal([]);
    expect(without((own) => manifestOf(own).repository?.directory === own.path && manifestOf(own).repository?.url === repository?.url)).to.deep.equal(
      [],
    );
  });

  it("hold what their manifests name, and the sources that their maps point to", () => {
    const missing = published.flatMap((own) => {
      const { exports = {}, bin = {} } = manifestOf(own);
      const targets = Object.values(exports).flatMap((target) => (typeof target === "string" ? [target] : Object.values(target)));
      const named = [...targets, ...Object.values(bin)].map((target) => target.replace(/^\.\//, "")).filter((target) => !target.includes("*"));
      const maps = filesOf(own).filter((file) => file.endsWith(".map"));
      const sources = maps.flatMap((map) =>
        (JSON.parse(readFileSync(join(own.folder, map), "utf8")) as { sources: readonly string[] }).sources.map((source) =>
          join(dirname(map), source).replaceAll("\\", "/"),
        ),
      );
      return [...named, ...sources].filter((file) => !filesOf(own).includes(file)).map((file) => `${own.path}: ${file}`);
    });
    expect(missing).to.deep.equal([]);
  });

  it("hold nothing else: no build state, no tests, no archives, no pictures, no hidden files", () => {
    const odd = /\.tsbuildinfo$|(^|\/)(test|tests|node_modules|__pycache__)\/|\.(tgz|log|pyc|png)$|(^|\/)\.|\.test\.|tsconfig/;
    expect(
      published.flatMap((own) =>
        filesOf(own)
          // A template is a package of its own, tests and hidden files included.
          .filter((file) => odd.test(file) && !(own.path === "cli/init" && file.startsWith("templates/")))
          .map((file) => `${own.path}: ${file}`),
      ),
    ).to.deep.equal([]);
  });

  it("hold the viewer's web app", () => {
    expect(packed.get("@autotraj/server-view")).to.include.members(["dist/web/index.html", "dist/web/assets/app.js"]);
  });

  it("ask for each other in ranges that this release satisfies", () => {
    const versions = new Map(workspaces.map(({ manifest }) => [manifest.name, manifest.version]));
    const numbers = (version: string) => version.split(".").map(Number);
    const isFrom = (least: string, version: string) => {
      const [from, now] = [numbers(least), numbers(version)];
      const at = now.findIndex((number, index) => number !== from[index]);
      return at < 0 || (now[at] ?? 0) > (from[at] ?? 0);
    };
    const wrong = published.flatMap((own) => {
      const { dependencies = {}, peerDependencies = {}, optionalDependencies = {} } = manifestOf(own);
      return Object.entries({ ...dependencies, ...peerDependencies, ...optionalDependencies })
        .filter(([name, range]) => {
          const version = versions.get(name);
          return version !== undefined && !(range.startsWith(">=") ? isFrom(range.slice(2), version) : range === version);
        })
        .map(([name, range]) => `${own.path} asks for ${name}@${range}`);
    });
    expect(wrong).to.deep.equal([]);
  });

  describe("laid out as npm would install them, with nothing but what they declare,", () => {
    let folder: string;
    before(() => {
      folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-packed-")));
      for (const own of published) layOut(own, folder, filesOf(own));
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    const withTypes = () =>
      published.flatMap(({ manifest }) =>
        Object.entries(manifest.exports ?? {}).flatMap(([path, target]) => (typeof target === "string" ? [] : [join(manifest.name, path)])),
      );

    const compilerOptions = {
      ...{ target: "es2024", lib: ["es2024"], module: "nodenext", strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      ...{ skipLibCheck: false, types: [], noEmit: true },
    };
    const specifiersOf = (names: RegExp) => withTypes().filter((specifier) => names.test(specifier));
    const importing = (names: RegExp) =>
      specifiersOf(names)
        .map((specifier, index) => `export * as part${index} from "${specifier}";`)
        .join("\n");
    for (const [who, source] of [
      [
        "a plugin's author, with the scorer of the README",
        () => readFileSync(join(root, "core/README.md"), "utf8").split("```ts\n")[1]?.split("```")[0] ?? "",
      ],
      ["a program, and the tests of a plugin", () => importing(/^@autotraj\/(core|testkit)(\/|$)/)],
      ["whoever has all of them", () => importing(/./)],
    ] as const) {
      it(`compile for ${who}: strict, every declaration checked, no other types installed`, () => {
        writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
        writeFileSync(join(folder, "index.ts"), source());
        writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["index.ts"] }));
        expect(source()).to.contain("@autotraj/core");
        expect(outputOf(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "."], folder)).to.equal("");
      });
    }

    it("load, each entry of each", () => {
      const loading = `for (const specifier of ${JSON.stringify(withTypes())}) await import(specifier);`;
      writeFileSync(join(folder, "load.mjs"), loading);
      expect(outputOf(process.execPath, ["--disable-warning=ExperimentalWarning", "load.mjs"], folder)).to.equal("");
    });
  });
});

/** Copies what its tarball holds, and links the foreign packages that it declares, beside it as a nested installation would. */
function layOut(own: Workspace, folder: string, files: readonly string[]): void {
  const at = join(folder, "node_modules", own.manifest.name);
  for (const file of files) {
    mkdirSync(join(at, dirname(file)), { recursive: true });
    copyFileSync(join(own.folder, file), join(at, file));
  }
  const { dependencies = {}, optionalDependencies = {} } = manifestOf(own);
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    if (workspaces.some(({ manifest }) => manifest.name === name)) continue;
    const installed = [join(own.folder, "node_modules", name), join(root, "node_modules", name)].find((place) => existsSync(place));
    if (installed === undefined) {
      if (name in optionalDependencies) continue;
      throw new Error(`${own.path} asks for ${name}, which is not installed`);
    }
    mkdirSync(join(at, "node_modules", dirname(name)), { recursive: true });
    symlinkSync(installed, join(at, "node_modules", dirname(name), basename(name)), "junction");
  }
}

/** All that it prints; empty where it ends well. */
function outputOf(command: string, args: readonly string[], cwd: string): string {
  try {
    execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    return "";
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string };
    return `${stdout}${stderr}`.replaceAll(`${cwd}/`, "");
  }
}
