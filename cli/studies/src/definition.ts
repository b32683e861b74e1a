/** What a study is: one preset, arms that change something of it, training seeds, and the comparisons that are asked for beforehand. */
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, resolve } from "node:path";
import { AutoTrajError, checkName, counted, type JsonObject, type JsonValue, messageOf, whyUnreadable } from "@autotraj/core";
import { parse } from "yaml";

export interface Compared {
  readonly arm: string;
  readonly against: string;
}

export interface Study {
  readonly name: string;
  /** What messages call it: its file. */
  readonly who: string;
  /** What relative paths and packages mean from. */
  readonly baseDir: string;
  /** A preset's name, package, file or folder. */
  readonly preset: string;
  readonly seeds: readonly number[];
  /** By name: what is changed of the preset, as a preset that extends it would say it. */
  readonly arms: Readonly<Record<string, Readonly<JsonObject>>>;
  readonly compare: readonly Compared[];
  /** Changed for all arms alike. */
  readonly settings: Readonly<JsonObject>;
  /** The stage whose model is compared; undefined: the last that trains the policy. */
  readonly model?: string;
  /** A question's value: its greedy answer, right or not, or the share of right samples (`stages.evaluate.samples`). */
  readonly measure: Measure;
}

export type Measure = "greedy" | "sampled";

const MEASURES: readonly Measure[] = ["greedy", "sampled"];
const KEYS = ["name", "preset", "seeds", "arms", "compare", "settings", "model", "measure"];
/** Of a preset, what an arm may change. What the study itself decides is not among it. */
const CHANGED = ["queries", "plugins", "rollout", "repair", "reward", "stages", "run"];

const SMALL_STUDY = "A small one: { preset: quickstart, seeds: [1, 2], arms: { all: {}, kept: { stages: { sft: { rows: kept } } } } }";

/** Reads a file of YAML, or JSON. @throws ATRAJ_STUDY_INVALID with all that is wrong */
export async function readStudy(path: string): Promise<Study> {
  const file = resolve(path);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw invalid(path, [`${whyUnreadable(error)}.`]);
  });
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw invalid(path, [messageOf(error).split("\n")[0] ?? ""]);
  }
  const stem = basename(file, extname(file));
  return checkStudy(value, { baseDir: dirname(file), name: stem === "study" ? basename(dirname(file)) : stem, who: path });
}

export interface StudyPlace {
  readonly baseDir: string;
  /** Where the study does not say its own. */
  readonly name: string;
  /** What messages call it. */
  readonly who: string;
}

/** @throws ATRAJ_STUDY_INVALID with all that is wrong */
export function checkStudy(value: unknown, { baseDir, name: usual, who }: StudyPlace): Study {
  if (!isObject(value)) throw invalid(who, ["a study is one object with keys such as preset, seeds, arms."]);
  const { name = usual, preset, seeds = [0], arms, compare, settings = {}, model, measure = "greedy" } = value;
  const names = isObject(arms) ? Object.keys(arms) : [];
  const problems = [
    ...Object.keys(value).flatMap((key) => (KEYS.includes(key) ? [] : `${key} is no key of a study. Known: ${KEYS.join(", ")}.`)),
    ...(isText(name) ? [] : ["name must be a text."]),
    ...(isText(preset) ? [] : ["preset must name a preset: a name, a package, a file or a folder."]),
    ...seedProblems(seeds),
    ...(names.length > 0 ? [] : ["arms must be an object with at least one arm: { all: {}, kept: { stages: { sft: { rows: kept } } } }."]),
    ...(isObject(arms) ? Object.entries(arms).flatMap(([arm, change]) => armProblems(arm, change)) : []),
    ...changeProblems("settings", settings),
    ...compareProblems(compare, names),
    ...(model === undefined || isText(model) ? [] : ["model must name a stage."]),
    ...(MEASURES.includes(measure as Measure) ? [] : [`measure must be one of ${MEASURES.join(", ")}.`]),
  ];
  if (problems.length > 0) throw invalid(who, problems);
  checkName(String(name), { code: "ATRAJ_STUDY_INVALID", who, what: "its name", hint: "A study lies in a folder of its name." });
  const [first = "", ...others] = names;
  return {
    ...{ name: String(name), who, baseDir, preset: String(preset), seeds: seeds as readonly number[], measure: measure as Measure },
    ...{ arms: arms as Study["arms"], settings: settings as JsonObject },
    compare: (compare as readonly Compared[] | undefined) ?? others.map((arm) => ({ arm, against: first })),
    ...(model === undefined ? {} : { model: String(model) }),
  };
}

function seedProblems(seeds: unknown): readonly string[] {
  const isList = Array.isArray(seeds) && seeds.length > 0 && seeds.every((seed) => Number.isSafeInteger(seed) && seed >= 0);
  if (!isList) return ["seeds must be a list of whole numbers from 0: [1, 2, 3]."];
  return new Set(seeds).size === seeds.length ? [] : ["seeds must be different from each other."];
}

/** Names of arms are folders, and columns of tables. */
function armProblems(arm: string, change: JsonValue): readonly string[] {
  const named = /^[A-Za-z][A-Za-z0-9_-]{0,99}$/.test(arm) ? [] : [`arms.${arm}: an arm's name is a letter, then letters, digits, - and _.`];
  return [...named, ...changeProblems(`arms.${arm}`, change)];
}

function changeProblems(path: string, change: JsonValue): readonly string[] {
  if (!isObject(change)) return [`${path} must be an object of what is changed of the preset; {} changes nothing.`];
  const unknown = Object.keys(change).filter((key) => !CHANGED.includes(key));
  const seeded = Object.entries(isObject(change["stages"]) ? change["stages"] : {}).filter(
    ([, settings]) => isObject(settings) && "seed" in settings,
  );
  return [
    ...unknown.map((key) => `${path}.${key} cannot be changed by an arm. Known: ${CHANGED.join(", ")}.`),
    ...seeded.map(([stage]) => `${path}.stages.${stage}.seed is the study's to set: name it in seeds.`),
  ];
}

function compareProblems(compare: unknown, arms: readonly string[]): readonly string[] {
  if (compare === undefined) return [];
  const isPair = (one: unknown): one is Compared => isObject(one) && Object.keys(one).length === 2 && isText(one["arm"]) && isText(one["against"]);
  if (!Array.isArray(compare) || !compare.every(isPair)) return ["compare must be a list of { arm: …, against: … }."];
  return compare.flatMap(({ arm, against }, index) => {
    const unknown = [arm, against].filter((one) => !arms.includes(one)).map((one) => `compare[${index}]: there is no arm "${one}".`);
    return arm === against ? [...unknown, `compare[${index}]: "${arm}" cannot be compared with itself.`] : unknown;
  });
}

function invalid(who: string, problems: readonly string[]): AutoTrajError {
  return new AutoTrajError("ATRAJ_STUDY_INVALID", {
    who,
    what: `${counted(problems.length, "thing is", "things are")} wrong with the study.`,
    details: problems,
    hint: SMALL_STUDY,
  });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
