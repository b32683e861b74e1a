import { readFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { expect } from "chai";
import { codeLines, importsOf } from "./scan.ts";
import { libraries, plugins, presets, root, type Workspace, workspace, workspaces } from "./workspaces.ts";

/**
 * The rooms of core, each with what it may hold at most in code lines and the rooms it may reach: what stands further right, never back (docs/adr/0003).
 * Growth is a decision, not a drift.
 */
const ROOMS: Readonly<Record<string, { readonly atMost: number; readonly reaches: readonly string[] }>> = {
  messages: { atMost: 300, reaches: [] },
  kernel: { atMost: 2370, reaches: ["messages"] },
  config: { atMost: 2140, reaches: ["kernel", "messages"] },
  data: { atMost: 2700, reaches: ["config", "kernel", "messages"] },
  host: { atMost: 760, reaches: ["data", "config", "kernel", "messages"] },
  loop: { atMost: 2320, reaches: ["host", "data", "config", "kernel", "messages"] },
  results: { atMost: 1215, reaches: ["loop", "host", "data", "config", "kernel", "messages"] },
  run: { atMost: 1880, reaches: ["results", "loop", "host", "data", "config", "kernel", "messages"] },
};

/** Code lines at most of other packages: the command line shows what others do, a server speaks its protocols, a stage is read in one sitting. */
const PACKAGES: readonly { readonly path: string; readonly atMost: number }[] = [
  { path: "cli", atMost: 4000 },
  { path: "cli/comparison", atMost: 300 },
  { path: "cli/curation", atMost: 650 },
  { path: "cli/inventory", atMost: 300 },
  { path: "cli/editor-schema", atMost: 350 },
  { path: "cli/hub", atMost: 500 },
  { path: "cli/planning", atMost: 900 },
  { path: "cli/report", atMost: 1300 },
  { path: "cli/studies", atMost: 870 },
  { path: "cli/watching", atMost: 350 },
  { path: "cli/init", atMost: 600 },
  { path: "plugins/servers/http", atMost: 1200 },
  { path: "plugins/servers/sandbox", atMost: 1200 },
  { path: "plugins/servers/view", atMost: 2920 },
  { path: "plugins/stages/sft", atMost: 600 },
  { path: "plugins/stages/reward-model", atMost: 600 },
  { path: "plugins/stages/rl", atMost: 600 },
  { path: "plugins/stages/evaluate", atMost: 600 },
];

/** What a plugin may import of core: the contract, the reading of rows, and for stages the reports that tables are made of. */
const CONTRACT = ["@autotraj/core/plugin", "@autotraj/core/rows", "@autotraj/core/reports"];

/** Who imports what, as `file imports "specifier"`, for all imports that `allowed` refuses. */
function refused({ sources }: Workspace, allowed: (specifier: string, file: string) => boolean): string[] {
  return sources.flatMap((file) =>
    importsOf(readFileSync(file, "utf8"))
      .filter(({ specifier }) => !allowed(specifier, file))
      .map(({ specifier }) => `${relative(root, file)} imports "${specifier}"`),
  );
}

/** `@scope/name/deep` → `@scope/name` */
function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

function staysInside({ folder }: Workspace, specifier: string, file: string): boolean {
  return specifier.startsWith(".") && resolve(dirname(file), specifier).startsWith(folder + sep);
}

function declares({ manifest: { dependencies, peerDependencies } }: Workspace, specifier: string): boolean {
  return packageOf(specifier) in { ...dependencies, ...peerDependencies };
}

/** Node's own modules, the package's own files and the dependencies it declares, but for the workspaces of this repository. */
function isOwn(own: Workspace, specifier: string, file: string): boolean {
  const isWorkspace = workspaces.some(({ manifest }) => manifest.name === packageOf(specifier));
  return specifier.startsWith("node:") || staysInside(own, specifier, file) || (declares(own, specifier) && !isWorkspace);
}

/** What plugins share, where it is declared. */
function isLibrary(own: Workspace, specifier: string): boolean {
  return declares(own, specifier) && libraries.some(({ manifest }) => manifest.name === packageOf(specifier));
}

/** Packages of the command line: it asks them, they print nothing. */
const BELOW_THE_COMMAND_LINE = ["comparison", "curation", "editor-schema", "hub", "init", "inventory", "planning", "report", "studies", "watching"];

describe("the imports of", () => {
  for (const own of [...plugins, ...libraries]) {
    it(`${own.path} reach the plugin contract, Node, libraries and other dependencies of its own and its own files, nothing else`, () => {
      expect(own.sources, `${own.path}/src`).not.to.be.empty;
      const allowed = (specifier: string, file: string) => CONTRACT.includes(specifier) || isLibrary(own, specifier) || isOwn(own, specifier, file);
      expect(refused(own, allowed)).to.deep.equal([]);
    });
  }

  it("the command line reach core and the packages below it, and the test kit, never a plugin", () => {
    const cli = workspace("cli");
    expect(cli.sources).not.to.be.empty;
    const hosts = ["@autotraj/core", "@autotraj/testkit", ...BELOW_THE_COMMAND_LINE.map((name) => `@autotraj/${name}`)];
    expect(refused(cli, (specifier, file) => hosts.includes(packageOf(specifier)) || isOwn(cli, specifier, file))).to.deep.equal([]);
  });

  for (const name of BELOW_THE_COMMAND_LINE)
    it(`cli/${name} reach core and libraries, never a plugin`, () => {
      const part = workspace(`cli/${name}`);
      expect(part.sources).not.to.be.empty;
      const allowed = (specifier: string, file: string) =>
        packageOf(specifier) === "@autotraj/core" || isLibrary(part, specifier) || isOwn(part, specifier, file);
      expect(refused(part, allowed)).to.deep.equal([]);
    });

  it("the test kit reach core, never a plugin", () => {
    const kit = workspace("test/kit");
    expect(refused(kit, (specifier, file) => packageOf(specifier) === "@autotraj/core" || isOwn(kit, specifier, file))).to.deep.equal([]);
  });

  it("core reach no other workspace", () => {
    const core = workspace("core");
    expect(refused(core, (specifier, file) => isOwn(core, specifier, file))).to.deep.equal([]);
  });
});

describe("inside core", () => {
  const core = workspace("core");
  const only = (file: string, names: readonly string[]) =>
    refused(core, (specifier, importer) => !names.includes(packageOf(specifier)) || relative(core.folder, importer) === file);

  it("only container.ts knows tsyringe and reflect-metadata", () => {
    expect(only("src/kernel/container.ts", ["tsyringe", "reflect-metadata"])).to.deep.equal([]);
  });

  it("only hooks.ts knows tapable", () => {
    expect(only("src/kernel/hooks.ts", ["tapable"])).to.deep.equal([]);
  });

  it("the kernel knows no files, no YAML and no presets", () => {
    const outside = ["yaml", "jsonc-parser", "node:fs", "node:fs/promises", "node:child_process"];
    const kernel = core.sources.filter((file) => roomOf(file) === "kernel");
    expect(refused({ ...core, sources: kernel }, (specifier) => !outside.includes(specifier))).to.deep.equal([]);
  });

  it("the plugin contract imports nothing at run time but its own files", () => {
    const contract = ["plugin", "hook-types", "services", "training", "stage", "formats", "tracking", "trajectory/model", "interruption", "json"];
    const imported = contract.flatMap((file) => importsOf(readFileSync(resolve(core.folder, `src/kernel/${file}.ts`), "utf8")));
    expect(imported).not.to.be.empty;
    const atRunTime = imported.filter(({ typeOnly }) => !typeOnly).map(({ specifier }) => specifier.replace(/^\.\/|\.ts$/g, ""));
    expect(atRunTime.filter((specifier) => !contract.includes(specifier))).to.deep.equal([]);
  });

  const roomOf = (file: string) => relative(resolve(core.folder, "src"), file).split(sep)[0] ?? "";

  it("every file but the index lies in a room", () => {
    const outside = core.sources.filter((file) => !(roomOf(file) in ROOMS)).map((file) => relative(core.folder, file));
    expect(outside).to.deep.equal(["src/index.ts"]);
  });

  for (const [room, { atMost, reaches }] of Object.entries(ROOMS)) {
    const sources = core.sources.filter((file) => roomOf(file) === room);

    it(`${room} has at most ${atMost} lines of code`, () => {
      const lines = sources.map((file) => codeLines(readFileSync(file, "utf8"))).reduce((sum, count) => sum + count, 0);
      expect(lines).to.be.greaterThan(0).and.at.most(atMost);
    });

    it(`${room} reaches ${reaches.join(", ") || "no other room"}`, () => {
      const isAllowed = (specifier: string, file: string) =>
        !specifier.startsWith(".") || [room, ...reaches].includes(roomOf(resolve(dirname(file), specifier)));
      expect(refused({ ...core, sources }, isAllowed)).to.deep.equal([]);
    });
  }
});

describe("the code of", () => {
  for (const { path, atMost } of PACKAGES) {
    it(`${path} has at most ${atMost} lines`, () => {
      const lines = workspace(path).sources.reduce((sum, file) => sum + codeLines(readFileSync(file, "utf8")), 0);
      expect(lines).to.be.greaterThan(0).and.at.most(atMost);
    });
  }
});

describe("no file", () => {
  const files = workspaces.flatMap(({ sources }) => sources);
  const imported = new Map(files.map((file) => [file, importsOf(readFileSync(file, "utf8")).filter(({ specifier }) => specifier.startsWith("."))]));

  it("reaches itself through what it imports, types included", () => {
    const circles: string[] = [];
    const settled = new Set<string>();
    const visit = (file: string, way: readonly string[]): void => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].map((one) => relative(root, one)).join(" → "));
      if (way.includes(file) || settled.has(file)) return;
      for (const { specifier } of imported.get(file) ?? []) visit(resolve(dirname(file), specifier), [...way, file]);
      settled.add(file);
    };
    expect(files).not.to.be.empty;
    for (const file of files) visit(file, []);
    expect(circles).to.deep.equal([]);
  });
});

describe("presets", () => {
  for (const preset of presets) {
    it(`${preset.path} hold no code`, () => {
      expect(preset.sources).to.deep.equal([]);
      expect(preset.manifest).not.to.have.any.keys("main", "bin");
    });
  }
});

describe("the scanner of these tests", () => {
  const specifiers = (source: string) => importsOf(source).map(({ specifier }) => specifier);

  it("sees static, side-effect, re-exporting and dynamic imports", () => {
    const source = [
      'import a, { b } from "one";',
      'import "two";',
      'export * from "three";',
      "export {",
      "  c,",
      '} from "four";',
      'const d = await import("five");',
    ];
    expect(specifiers(source.join("\n"))).to.deep.equal(["one", "two", "three", "four", "five"]);
  });

  it("sees packages that are resolved or required by name", () => {
    expect(specifiers('  const at = import.meta.resolve("six");\n  require.resolve("seven");')).to.deep.equal(["six", "seven"]);
  });

  it("tells imports of types from others", () => {
    const imports = importsOf('import type { A } from "a";\nexport type * from "b";\nimport { type C } from "c";');
    expect(imports.map(({ typeOnly }) => typeOnly)).to.deep.equal([true, true, false]);
  });

  it("passes over comments and text", () => {
    expect(
      specifiers(
        '// import a from "one";\n/*\nimport b from "two";\n*/\nexport const c = "three";\nexport function from(a = "four") {}\nexport type From = "five";',
      ),
    ).to.deep.equal([]);
  });

  it("counts neither blank lines nor comments as code", () => {
    expect(codeLines("/** a */\n\nconst b = 1; // c\n/*\n d\n*/\nconst e = 2;\n")).to.equal(2);
  });
});
