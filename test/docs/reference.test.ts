/** What generated pages say of merging and of commands, held against what these do. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resolvePreset } from "@autotraj/core";
import { expect } from "chai";
import { autotraj } from "../integration/command.ts";
import { ROOT, WORK } from "./pages.ts";

const page = (name: string) => readFileSync(join(ROOT, "docs/reference", name), "utf8");

/** Rows of a page's tables as their cells. */
function tableRows(text: string): readonly (readonly string[])[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** What values of settings may name. */
const ROOT_PRESET = {
  plugins: Object.fromEntries(["one", "other", "a", "b", "c"].map((id) => [id, { use: "./any.js" }])),
  rollout: { policy: "one", maxToolCalls: 1, maxTurns: 30 },
};

/** Two values of one key, by what the page says that it takes. */
function twoValues(path: string, type: string): readonly [unknown, unknown] {
  if (path === "rollout.policy") return ["one", "other"];
  const [one, other] = [...type.matchAll(/`"([^"]+)"`/g)].map(([, value]) => value);
  if (one !== undefined) return [one, other];
  if (type.startsWith("names to")) return [{ a: 1, b: 1 }, { b: 2 }];
  if (type === "list of string") return [["a", "b"], ["c"]];
  if (type === "list of object") return [[{ file: "a.jsonl" }, { file: "b.jsonl" }], [{ file: "/c.jsonl", format: "auto" }]];
  if (type === "boolean") return [false, true];
  if (type.startsWith("number")) return [0.5, 0.25];
  return type.startsWith("integer") ? [12, 13] : ["/one", "/other"];
}

const within = (path: string, value: unknown): object => path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object;
const at = (path: string, value: unknown): unknown => path.split(".").reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], value);

describe("docs/reference/preset.md", () => {
  let folder: string;
  before(() => {
    mkdirSync(WORK, { recursive: true });
    folder = mkdtempSync(join(WORK, "merge-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const keys = tableRows(page("preset.md")).filter(([key = ""]) => /^`(?:queries|rollout|repair|reward|run)\./.test(key));

  it("has all settings", () => {
    expect(keys).to.have.length.above(30);
  });

  for (const [key = "", type = "", , rule = ""] of keys) {
    const path = key.replaceAll("`", "");
    it(`says rightly that ${path} is ${rule}`, async () => {
      const [below, above] = twoValues(path, type);
      writeFileSync(join(folder, "root.json"), JSON.stringify(ROOT_PRESET));
      writeFileSync(join(folder, "below.json"), JSON.stringify({ extends: "./root.json", ...within(path, below) }));
      writeFileSync(join(folder, "above.json"), JSON.stringify({ extends: "./below.json", ...within(path, above) }));
      const { settings } = await resolvePreset("above.json", { cwd: folder });
      const merged = rule === "merged" ? { ...(below as object), ...(above as object) } : above;
      expect(at(path, settings)).to.deep.equal(merged);
    });
  }
});

describe("docs/reference/commands.md", () => {
  it("has every command that --help lists, and no other", async () => {
    const { stdout } = await autotraj(["--help"], ROOT);
    const listed = [...stdout.matchAll(/^ {2}autotraj ([a-z]+)/gm)].map(([, name = ""]) => name).filter((name) => name !== "completion");
    const described = [...page("commands.md").matchAll(/^`autotraj ([a-z]+)/gm)].map(([, name = ""]) => name);
    expect(listed).to.have.length.above(15);
    expect([...new Set(described)].sort()).to.deep.equal([...new Set(listed)].sort());
  });
});
