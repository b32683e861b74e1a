/** What `autotraj` alone says: what it is, and what can be typed first in the folder where one stands. */
import { formatNames, installedPackages } from "@autotraj/core";
import { spokenPresets } from "@autotraj/inventory";
import { program } from "./command-line.ts";
import { usualFormat } from "./display/closing.ts";

type Line = readonly [command: string, what: string];

const INIT: Line = ["init", "asks where you begin; writes preset and data"];
const LOOK: readonly Line[] = [
  INIT,
  ["preset list", "presets that are here, and what each is for"],
  ["plan quickstart", "what a run would do; spends nothing"],
  ["doctor quickstart", "what this machine lacks for it, if anything"],
];
const DO: readonly Line[] = [
  ["run quickstart --until data", "a small model here; needs no key"],
  ["run clean-logs --recorded FILE", "your agent's logs; needs no model"],
  ["run my-preset.yaml", "a preset of your own"],
];
const afterwards = (format = "chat"): readonly Line[] => [
  ["runs list", "runs below this folder"],
  ["explain RUN 2", "why question 2 ended as it did"],
  ["compare RUN RUN", "two runs, question by question"],
  [`export RUN --to ${format} --out data`, "its data sets for a trainer"],
];

/** At most 80 columns. @param version of this program */
export async function overview(version: string): Promise<string> {
  const presets = spokenPresets((await installedPackages("autotraj-preset")).map(({ name }) => name));
  const blocks = [
    [`AutoTraj ${version} makes, scores, repairs and learns from tool-use trajectories.`],
    section("Begin", presets.length === 0 ? [INIT] : LOOK.filter(isPossible(presets))),
    presets.length === 0 ? ["No preset is installed here; this brings one to begin with:", "  npm install @autotraj/preset-quickstart"] : [],
    section("Do", DO.filter(isPossible(presets))),
    section("Afterwards", afterwards(usualFormat(await formatNames()))),
    ["`autotraj --help` lists commands, `autotraj run --help` one's options."],
  ];
  return blocks
    .filter(({ length }) => length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

/** What names a preset that is not here is not said. */
function isPossible(presets: readonly string[]): (line: Line) => boolean {
  return ([command]) => {
    const [, named] = /^(?:plan|doctor|run) ([\w-]+)(?: |$)/.exec(command) ?? [];
    return named === undefined || presets.includes(named);
  };
}

function section(title: string, lines: readonly Line[]): readonly string[] {
  const column = Math.max(...lines.map(([command]) => command.length));
  return [title, ...lines.map(([command, what]) => `  ${program()} ${command.padEnd(column)}  ${what}`)];
}
