/** A mistake that people make, run through the real command, and all that it says. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { expect } from "chai";
import { fixture } from "../../core/test/support/presets.ts";
import { questionRows } from "../../core/test/support/runs.ts";
import { autotraj } from "../integration/command.ts";
import { inThisProcess } from "../integration/in-this-process.ts";
import { withPassingLimits } from "./passing-limits.ts";

export interface Mistake {
  readonly mistake: string;
  /** Lines of the plugin's file `mine.mjs`. */
  readonly plugin?: readonly string[];
  /** The preset, `demo.yaml`; default: one that is right, with the plugin in its last line. */
  readonly preset?: string | Buffer;
  /** What the default preset's entry for the plugin uses. */
  readonly use?: string;
  /** Settings of the default preset's `run`. */
  readonly run?: string;
  /** Other files beside it, by name. */
  readonly files?: Readonly<Record<string, string | Buffer>>;
  /** Default: `run ./demo.yaml`. */
  readonly command?: readonly string[];
  readonly exit: number;
  /** All that it says on stderr but for how far it is; what repeats for another question is there once. */
  readonly says: string;
}

const PLUGINS = dirname(fixture("adder"));

/** A preset that is right: questions in line 1, settings in lines 2 and 3, plugins from line 5 on. */
export function rightPreset(run = ""): string {
  return `queries: { train: questions.jsonl }
rollout: { policy: student, candidates: 2, wave: 4 }
run: { ${run} }
plugins:
  plus: { use: ${fixture("adder")} }
  student: { use: ${fixture("scripted-policy")} }
  exact: { use: ${fixture("exact-scorer")} }
  gate: { use: ${fixture("right-gate")} }
`;
}

export const CHECK: readonly string[] = ["config", "check", "./demo.yaml"];

/** Whether its run has a process of its own, which a plugin that may do anything to it needs; a preset is checked without threads and signals of its own. */
type Place = "in a process" | "in the tests' process";

/** Runs it in a folder of its own. */
export async function told(
  { plugin, use = "./mine.mjs", preset, run, files = {}, command }: Omit<Mistake, "exit" | "says">,
  place: Place = "in a process",
): Promise<Pick<Mistake, "exit" | "says">> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-mistake-")));
  try {
    const all: Record<string, string | Buffer> = {
      "questions.jsonl": questionRows(12),
      "demo.yaml": preset ?? `${rightPreset(run)}  mine: { use: ${use} }\n`,
      ...(plugin === undefined ? {} : { "mine.mjs": `${plugin.join("\n")}\n` }),
      ...files,
    };
    for (const [name, content] of Object.entries(all)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
    if (use === BUNDLER) copyCore(join(folder, "node_modules", BUNDLER, "node_modules/@autotraj/core"));
    const here = command?.[0] === "config" || place === "in the tests' process";
    const words = command ?? ["run", "./demo.yaml", "--show", "0"];
    const { code, stderr, stdout } = await (here ? withPassingLimits(() => inThisProcess(words, folder)) : autotraj(words, folder));
    const text = command === CHECK && code === 0 ? stdout : stderr;
    return { exit: code ?? -1, says: tidied(text, folder) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A package that brings its own copy of core along. */
export const BUNDLER = "autotraj-scorer-mine";

function copyCore(to: string): void {
  const core = resolve(import.meta.dirname, "../../core");
  cpSync(join(core, "dist"), join(to, "dist"), { recursive: true });
  const manifest = JSON.parse(readFileSync(join(core, "package.json"), "utf8")) as object;
  writeFileSync(join(to, "package.json"), JSON.stringify({ ...manifest, version: "0.0.9" }));
}

function tidied(text: string, folder: string): string {
  const lines = text
    .replaceAll(folder, "<folder>")
    .replaceAll(PLUGINS, "<plugins>")
    .replaceAll(resolve(import.meta.dirname, "../.."), "<autotraj>")
    .replaceAll(/^\d+\/\d+ questions · .*\n/gm, "")
    .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
    .replaceAll(/kill -9 \d+/g, "kill -9 PID")
    .replaceAll(/busy for \d+ s/g, "busy for N s")
    .replaceAll(/\bq-\d+/g, "q-N")
    .replaceAll(/\bt-[\da-f]{16}/g, "t-ID")
    .trimEnd()
    .split("\n");
  return lines.filter((line, index) => line !== lines[index - 1]).join("\n");
}

/** One test for each: what it says, word for word. */
export function saysInFull(title: string, mistakes: readonly Mistake[]): void {
  saysIn("in a process", title, mistakes);
}

/** The same without a process for each, of plugins that do nothing but answer wrongly. */
export function saysInFullHere(title: string, mistakes: readonly Mistake[]): void {
  saysIn("in the tests' process", title, mistakes);
}

function saysIn(place: Place, title: string, mistakes: readonly Mistake[]): void {
  describe(title, function () {
    this.timeout(120_000);
    for (const { exit, says, ...mistake } of mistakes) {
      it(mistake.mistake, async () => {
        expect(await told(mistake, place)).to.deep.equal({ exit, says });
      });
    }
  });
}
