import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { PluginMeta } from "@autotraj/core/plugin";
import { expect } from "chai";
import { has, libraries, plugins, presets, root, workspaces } from "./workspaces.ts";

/** `plugins/policies/local` → `policy` */
function kindOf(path: string): string {
  const plural = basename(dirname(path));
  return plural === "policies" ? "policy" : plural === "sandboxes" ? "sandbox" : plural.replace(/s$/, "");
}

describe("the package of", () => {
  for (const { path, folder, manifest, ...rest } of plugins) {
    const plugin = { path, folder, manifest, ...rest };
    const name = `@autotraj/${kindOf(path)}-${basename(path)}`;

    it(`${path} is called ${name}, as its folder and its meta say`, async () => {
      const { meta } = (await import(pathToFileURL(join(folder, "src/index.ts")).href)).default as { meta: PluginMeta };
      expect(manifest.name).to.equal(name);
      expect(meta.name).to.equal(name);
      expect(meta.kind).to.equal(kindOf(path));
    });

    it(`${path} can be found, resolved and published as a plugin`, () => {
      expect(manifest.keywords).to.include("autotraj-plugin");
      expect(manifest.exports?.["."]).to.deep.equal({ types: "./dist/index.d.ts", default: "./dist/index.js" });
      expect(manifest.exports?.["./package.json"]).to.equal("./package.json");
      expect(manifest.files).to.include.members(["src", "dist"]);
      expect(manifest.license).to.equal("MIT");
      expect(has(plugin, "README.md"), "README.md").to.equal(true);
    });
  }

  for (const library of libraries) {
    const { path, manifest } = library;
    it(`${path} is no plugin, and gives each of its parts by a path of its own`, () => {
      expect(manifest.name).to.equal(`@autotraj/${basename(path)}`);
      expect(manifest.keywords ?? []).not.to.include("autotraj-plugin");
      const { "./package.json": own, ...parts } = manifest.exports ?? {};
      expect(own).to.equal("./package.json");
      for (const [part, at] of Object.entries(parts)) {
        const name = part.slice("./".length);
        expect(at, part).to.deep.equal({ types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` });
        expect(has(library, `src/${name}.ts`), `src/${name}.ts`).to.equal(true);
      }
      expect(manifest.files).to.include.members(["src", "dist"]);
      expect(manifest.license).to.equal("MIT");
      expect(has(library, "README.md"), "README.md").to.equal(true);
    });
  }

  for (const { path, manifest } of [...plugins, ...libraries]) {
    it(`${path} takes libraries in the version that it was tested with`, () => {
      for (const { manifest: library } of libraries)
        expect(manifest.dependencies?.[library.name] ?? library.version, library.name).to.equal(library.version);
    });

    it(`${path} has core as an open-ended peer, never as a dependency`, () => {
      expect(manifest.peerDependencies?.["@autotraj/core"]).to.match(/^>=\d+\.\d+\.\d+$/);
      expect(manifest.dependencies ?? {}).not.to.have.property("@autotraj/core");
    });
  }

  for (const preset of presets) {
    it(`${preset.path} can be found and published as a preset`, () => {
      expect(preset.manifest.name).to.equal(`@autotraj/preset-${basename(preset.path)}`);
      expect(preset.manifest.keywords).to.include("autotraj-preset");
      expect(preset.manifest.license).to.equal("MIT");
      expect(preset.manifest.exports).to.include({ ".": "./preset.yaml", "./package.json": "./package.json" });
      expect(has(preset, "preset.yaml"), "preset.yaml").to.equal(true);
      expect(has(preset, "README.md"), "README.md").to.equal(true);
    });
  }
});

describe("the workspaces", () => {
  it("carry one version", () => {
    expect(new Set(workspaces.map(({ manifest }) => manifest.version)).size).to.equal(1);
  });

  it("are all compiled: tsconfig.json names every one that has sources", () => {
    const { references } = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")) as { references: { path: string }[] };
    const withSources = workspaces.filter(({ sources }) => sources.length > 0).map(({ path }) => path);
    expect(references.map(({ path }) => path)).to.include.members(withSources);
  });
});

/** Other systems' binaries of llama.cpp, which the registry that the lock file was written with does not have. */
const NOT_SERVED = /^@node-llama-cpp\/(linux-riscv64|mac-|win-)/;

describe("package-lock.json", () => {
  interface Locked {
    readonly resolved?: string;
    readonly link?: boolean;
    readonly integrity?: string;
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  }
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as { packages: Record<string, Locked> };

  it("names no registry, so that every one can serve it", () => {
    const addresses = Object.entries(packages).filter(([, { resolved }]) => resolved?.includes("://"));
    expect(addresses.map(([path]) => path)).to.deep.equal([]);
  });

  it("holds a hash of every package: what is installed is what was locked", () => {
    const without = Object.entries(packages).filter(
      ([path, { link, integrity }]) => path.includes("node_modules/") && link !== true && integrity === undefined,
    );
    expect(without.map(([path]) => path.slice("node_modules/".length)).filter((name) => !NOT_SERVED.test(name))).to.deep.equal([]);
  });

  it("holds the optional packages of all platforms (else `npm ci` refuses it: run `node scripts/complete-lock.mjs`)", () => {
    const missing = Object.values(packages)
      .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
      .filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)));
    expect(missing).to.deep.equal([]);
  });
});
