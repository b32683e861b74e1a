import { readFileSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { expect } from "chai";
import { codeLines, importsOf } from "./scan.ts";
import { plugins, presets, root, type Workspace, workspace, workspaces } from "./workspaces.ts";

/** See docs/adr/0003-the-size-of-the-core.md. */
/** Code lines at most, by part of the core (docs/adr/0003): growth is a decision, not a drift. */
const CORE_PARTS: readonly { readonly part: string; readonly files: RegExp; readonly atMost: number }[] = [
  { part: "the contract", files: /^src\/plugin\.ts$/, atMost: 550 },
  { part: "the trajectory model", files: /^src\/trajectory\//, atMost: 500 },
  { part: "the preset reader", files: /^src\/preset\//, atMost: 1400 },
  { part: "the store", files: /^src\/store\//, atMost: 540 },
  { part: "training", files: /^src\/(training\/|(trainings|stages|launcher|model-servers|process-groups|episodes|reward)\.ts$)/, atMost: 1650 },
  { part: "evaluation", files: /^src\/evaluation\//, atMost: 900 },
  { part: "recorded logs", files: /^src\/recorded\/(?!trace)/, atMost: 1250 },
  { part: "recorded traces", files: /^src\/recorded\/trace/, atMost: 350 },
  {
    part: "data in and out",
    files: /^src\/(json|text-files|dataset-rows|queries|row-index|lines|questions|datasets|exports|dataset-card|summary|figures|cost|progress)\.ts$/,
    atMost: 1150,
  },
  { part: "errors, names and texts for others", files: /^src\/(errors|names|redaction|terminal-text)\.ts$/, atMost: 275 },
  { part: "what a run is, and what stands behind it", files: /^src\/(run-identity|plugin-code|policy-record)\.ts$/, atMost: 200 },
  { part: "plugins: loading and life", files: /^src\/(plugin-.*|kernel.*|single-plugin|container|options|tool-names|cache-dir)\.ts$/, atMost: 850 },
  { part: "the kernel and stage 1", files: /^src\/[^/]+\.ts$/, atMost: 2200 },
];

/** Code lines at most of other packages: the command line shows what others do, and a server speaks its protocols. */
const PACKAGES: readonly { readonly path: string; readonly atMost: number }[] = [
  { path: "cli", atMost: 2000 },
  { path: "plugins/servers/http", atMost: 1200 },
  { path: "plugins/servers/sandbox", atMost: 1200 },
];

/** What a plugin may import of core: the contract, and for formats the reading of rows. */
const CONTRACT = ["@autotraj/core/plugin", "@autotraj/core/rows"];

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

/** Node's own modules, the package's own files and the dependencies it declares, but for the workspaces of this repository. */
function isOwn(own: Workspace, specifier: string, file: string): boolean {
  const declared = { ...own.manifest.dependencies, ...own.manifest.peerDependencies };
  const isWorkspace = workspaces.some(({ manifest }) => manifest.name === packageOf(specifier));
  return specifier.startsWith("node:") || staysInside(own, specifier, file) || (packageOf(specifier) in declared && !isWorkspace);
}

describe("the imports of", () => {
  for (const plugin of plugins) {
    it(`${plugin.path} reach the plugin contract, Node, its own dependencies and its own files, nothing else`, () => {
      expect(plugin.sources, `${plugin.path}/src`).not.to.be.empty;
      expect(refused(plugin, (specifier, file) => CONTRACT.includes(specifier) || isOwn(plugin, specifier, file))).to.deep.equal([]);
    });
  }

  it("the command line reach core, never a plugin", () => {
    const cli = workspace("cli");
    expect(cli.sources).not.to.be.empty;
    expect(refused(cli, (specifier, file) => packageOf(specifier) === "@autotraj/core" || isOwn(cli, specifier, file))).to.deep.equal([]);
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
    expect(only("src/container.ts", ["tsyringe", "reflect-metadata"])).to.deep.equal([]);
  });

  it("only hooks.ts knows tapable", () => {
    expect(only("src/hooks.ts", ["tapable"])).to.deep.equal([]);
  });

  it("the plugin contract imports nothing at run time", () => {
    const imports = importsOf(readFileSync(resolve(core.folder, "src/plugin.ts"), "utf8"));
    expect(imports).not.to.be.empty;
    expect(imports.filter(({ typeOnly }) => !typeOnly)).to.deep.equal([]);
  });

  const partOf = (file: string) => CORE_PARTS.find(({ files }) => files.test(relative(core.folder, file)))?.part;
  for (const { part, atMost } of CORE_PARTS) {
    it(`${part} has at most ${atMost} lines of code`, () => {
      const sources = core.sources.filter((file) => partOf(file) === part);
      const lines = sources.map((file) => codeLines(readFileSync(file, "utf8"))).reduce((sum, count) => sum + count, 0);
      expect(lines).to.be.greaterThan(0).and.at.most(atMost);
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
