/** Presets and studies on pages: each is what the schema for editors takes, and each sets up as `config check` does. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { resolvePreset, Session } from "@autotraj/core";
import { closedSchema, knownPlugins } from "@autotraj/editor-schema";
import { readStudy } from "@autotraj/studies";
import { Ajv, type ValidateFunction } from "ajv";
import { expect } from "chai";
import { parse } from "yaml";
import { type Block, blocks, contentOf, pages, titleOf, WORK } from "./pages.ts";

/** What a part of a preset is laid over where it does not say what it extends, and no remark names another. */
const BASE = "quickstart";

/** Whatever variable a page names is set. */
const ANY_ENVIRONMENT = new Proxy<NodeJS.ProcessEnv>({}, { get: () => "http://127.0.0.1:9/v1", has: () => true });

const yaml = blocks.filter(({ language, notRun }) => language === "yaml" && notRun === undefined);

describe("the YAML on pages", () => {
  let validate: ValidateFunction;
  let folder: string;
  before(async () => {
    mkdirSync(WORK, { recursive: true });
    const plugins = await knownPlugins({ warn: (message) => expect.fail(message) });
    validate = new Ajv({ strict: false, allErrors: true }).compile(closedSchema(plugins));
  });
  beforeEach(() => {
    folder = mkdtempSync(join(WORK, "yaml-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  /** The page's other files lie beside it. */
  const writeAll = ({ page }: Block) => {
    write("package.json", '{ "type": "module" }');
    for (const other of pages.find(({ path }) => path === page)?.blocks ?? []) if (other.file !== undefined) write(other.file, contentOf(other));
  };

  for (const block of yaml) {
    it(`${titleOf(block)} sets up`, async () => {
      const value = parse(block.code) as Record<string, unknown>;
      writeAll(block);
      if ("arms" in value) {
        write("study.yaml", block.code);
        await readStudy(join(folder, "study.yaml"));
        return;
      }
      validate(value);
      expect((validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)).to.deep.equal([]);
      write("block.yaml", "extends" in value ? block.code : `extends: ${block.over ?? BASE}\n${block.code}`);
      const preset = await resolvePreset("block.yaml", { cwd: folder, env: ANY_ENVIRONMENT });
      const session = await Session.open(preset);
      await session.dispose();
    });
  }
});
