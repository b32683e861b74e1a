/** A first preset, with data to try it on. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, isAbsolute, join, relative, resolve, sep } from "node:path";
import { AutoTrajError } from "@autotraj/core";
import { writeNewFiles } from "./new-files.ts";
import { STARTS, type Start, type StartName } from "./starts.ts";
import { filledFiles, filledPiece, filledText, type NewFile } from "./templates.ts";

export interface NewPreset {
  readonly start: StartName;
  /** Relative to `cwd`, as the files below. */
  readonly folder: string;
  /** JSONL of {question, answer} rows, in place of the samples. */
  readonly questions?: string | undefined;
  /** Recorded conversations, in place of the samples. */
  readonly logs?: string | undefined;
  /** The API root of the server that is asked. */
  readonly endpoint?: string | undefined;
  readonly model?: string | undefined;
  readonly cwd: string;
}

export interface WrittenPreset {
  readonly folder: string;
  readonly files: readonly string[];
  /** AutoTraj's packages that the preset uses and that cannot be found from its folder. */
  readonly missing: readonly string[];
}

/** @throws ATRAJ_USAGE for what does not fit the start or is not there, and where a file is in the way */
export function writePreset(wanted: NewPreset): WrittenPreset {
  checkWanted(wanted, STARTS[wanted.start]);
  const folder = resolve(wanted.cwd, wanted.folder);
  const files = filesOf(wanted, STARTS[wanted.start], folder);
  const used = [...(files[0]?.text ?? "").matchAll(/use: "(@autotraj\/[^"]+)"/g)].map(([, name = ""]) => name);
  const needed = ["@autotraj/cli", ...new Set(used)];
  return { folder, files: writeNewFiles(folder, files), missing: needed.filter((name) => !isInstalled(name, folder)) };
}

const PIECES = ["policy", "rollout", "examples", "scorer", "minimums"];
const SAMPLES = {
  model: "`questions.jsonl` holds eight questions to try it on; your own go in its place, a row of `question` and `answer` each.",
  recorded: "`sample-logs.jsonl` holds eight conversations to try it on; name your own in `queries.recorded`.",
};

/** The preset first. */
function filesOf(wanted: NewPreset, start: Start, folder: string): readonly NewFile[] {
  const { questions = "", logs = "", cwd } = wanted;
  const own = `starts/${wanted.start}`;
  const shared = `starts/${start.from}`;
  const given = (file: string, sample: string) => (file === "" ? sample : yamlText(pathFrom(folder, resolve(cwd, file))));
  const blanks = {
    model: yamlText(wanted.model ?? start.model ?? ""),
    endpoint: yamlText(wanted.endpoint ?? start.endpoint ?? ""),
    questions: given(questions, "./questions.jsonl"),
    logs: given(logs, "./sample-logs.jsonl"),
    ...{ title: basename(folder), run: basename(folder), about: start.about },
    data: questions + logs === "" ? SAMPLES[start.from] : "",
  };
  const pieces = Object.fromEntries(PIECES.map((name) => [name, filledPiece([`${own}/${name}.yaml`, `${shared}/${name}.yaml`], blanks)]));
  const samples = [...filledFiles(`${shared}/files`, blanks), ...filledFiles(`${own}/files`, blanks)];
  const replaced = [...(questions === "" ? [] : ["questions.jsonl"]), ...(logs === "" ? [] : ["sample-logs.jsonl"])];
  return [
    { path: "preset.yaml", text: filledText(`${shared}/preset.yaml`, { ...blanks, ...pieces }) },
    { path: "README.md", text: `${filledText("starts/README.md", blanks).trimEnd()}\n` },
    // A start's own file stands in place of one that all like it have.
    ...new Map(samples.filter(({ path }) => !replaced.includes(path)).map((file) => [file.path, file])).values(),
  ];
}

function checkWanted({ start: name, questions, logs, endpoint, model, cwd }: NewPreset, start: Start): void {
  const unfit = [
    ["questions", questions, start.from === "model"],
    ["logs", logs, start.from === "recorded"],
    ["endpoint", endpoint, start.endpoint !== undefined],
    ["model", model, start.model !== undefined],
  ] as const;
  for (const [option, value, fits] of unfit) {
    if (value === undefined || fits) continue;
    throw refused(`--${option} says nothing for the start ${name}.`, `${start.title}: leave --${option} out, or name another start.`);
  }
  for (const file of [questions, logs]) {
    if (file === undefined || existsSync(resolve(cwd, file))) continue;
    throw refused(`there is no file ${file}.`, "Name one that is there, or leave it out: samples are written in its place.");
  }
  if (endpoint === undefined) return;
  const problem = endpointProblem(endpoint);
  if (problem !== undefined) throw refused(`the endpoint ${problem}.`, "It is the server's API root, as http://127.0.0.1:8000/v1.");
}

/** What keeps a text from being a server's API root, as the end of a sentence; undefined where nothing does. */
export function endpointProblem(endpoint: string): string | undefined {
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol)) return "is no http or https address";
  return url.username === "" && url.password === "" ? undefined : "holds a user or a password, which would stand in the preset";
}

function refused(what: string, hint: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_USAGE", { who: "init", what, hint });
}

/** As a preset in this folder names the file. */
function pathFrom(folder: string, file: string): string {
  const path = relative(folder, file).replaceAll(sep, "/");
  return isAbsolute(path) || path.startsWith("../") ? path : `./${path}`;
}

/** A JSON text is one of YAML too. */
function yamlText(text: string): string {
  return JSON.stringify(text);
}

function isInstalled(name: string, folder: string): boolean {
  try {
    createRequire(join(folder, "preset.yaml")).resolve(`${name}/package.json`);
    return true;
  } catch {
    return false;
  }
}
