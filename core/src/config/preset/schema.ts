/** What a preset holds: its types, and the JSON Schema that files are checked against and editors complete from. */
import type { DialectName, JsonObject } from "../../kernel/plugin.ts";

/** A resolved preset: checked, defaults filled, deep-frozen. It never contains a secret: `options` keep their `{ $env }` references. */
export interface Preset {
  readonly name?: string;
  readonly description?: string;
  /** Absolute paths. A preset to build on names no questions; a run needs `train` or `recorded`. */
  readonly queries: {
    readonly train?: string;
    readonly evaluate?: string;
    readonly limit?: number;
    /** Logs whose trajectories are the candidates, in place of rollouts. `format` is a plugin id, or `auto`. */
    readonly recorded?: readonly RecordedLog[];
    readonly skipBad?: boolean;
    /** Regular expressions: a recorded result that one matches failed, beside what failed by the rule for all formats. */
    readonly failedResults?: readonly string[];
    /** Tools whose call ends a recorded run and gives its answer. */
    readonly finishTools?: readonly string[];
    /** What becomes of trajectories whose calls and results cannot be paired, if a gate would keep them. */
    readonly unpaired?: "discard" | "keep";
  };
  /** By id, in the order of first appearance, which is the order of taps. */
  readonly plugins: Readonly<Record<string, { readonly use: string; readonly options: Readonly<JsonObject> }>>;
  readonly rollout: RolloutSettings;
  readonly repair: { readonly enabled: boolean; readonly repeats: number; readonly repeatTemperature: number };
  readonly reward: { readonly combine: "sum" | "paper" | "bounded"; readonly weights: Readonly<Record<string, number>> };
  /** By name, in the order of first appearance. */
  readonly stages: Readonly<Record<string, StageSettings>>;
  /** By name: stages trained once more with some settings changed, and evaluated beside the others. */
  readonly ablations: Readonly<Record<string, Ablation>>;
  readonly run: RunSettings;
}

/** What a log names in place of a format that is to be found out. */
export const DETECT = "auto";

export interface RecordedLog {
  readonly file: string;
  readonly format: string;
  /** Path of the rows' field that says which rows are candidates of one question. */
  readonly groupBy?: string;
}

export interface RolloutSettings {
  /** Plugin id of the policy that writes the candidates; undefined where they are recorded. */
  readonly policy?: string;
  readonly dialect: DialectName;
  /** Trajectories per question. */
  readonly candidates: number;
  /** 0 is greedy. */
  readonly temperature: number;
  readonly topP: number;
  /** 0 leaves it off. */
  readonly topK: number;
  /** New tokens per turn, at most. */
  readonly maxTokens: number;
  readonly maxToolCalls: number;
  /** More than `maxToolCalls`: the last turn answers. */
  readonly maxTurns: number;
  /** Trajectories written at the same time. */
  readonly inFlight: number;
  /** Questions per wave; a repairer's examples come from finished waves only, so that they do not depend on timing. */
  readonly wave: number;
  /** Plugin ids; undefined: every tool plugin of the preset. */
  readonly tools?: readonly string[];
}

export interface RunSettings {
  readonly seed: number;
  /** How often the loop and training are done: from the second time on the trained policy writes the candidates. */
  readonly rounds: number;
  /** `record` keeps going and leaves the dimension out; `fail` ends the run. */
  readonly onScorerError: "record" | "fail";
  readonly hookTimeoutMs: number;
  readonly startTimeoutMs: number;
  /** Where paid-for model calls are remembered: in this run only, or for every run of this machine. */
  readonly cache: "run" | "shared";
  /** Names of more variables of the environment that processes of trainings and model servers are given. */
  readonly environment: readonly string[];
}

/** Checked against the schemas of the stage and of its backend, once these are there. */
export type StageSettings = Readonly<JsonObject> & { readonly trainer?: string };

/** What one setting is worth: the stage with it changed. */
export interface Ablation {
  readonly stage: string;
  /** Over those of the stage. */
  readonly settings: Readonly<JsonObject>;
}

/** Null in place of anything. */
type Optional<T> = T extends readonly unknown[] ? T : T extends object ? { readonly [K in keyof T]?: Optional<T[K]> | null } : T;
/** By name; false removes what an extended preset has. */
type Named<T> = { readonly [name: string]: T | false | null };

/**
 * A preset as it is written: everything may be left to the presets it extends, or to the defaults. Null takes back what these presets say: the default holds
 * again. In options it is a value where the plugin's schema takes it as one; in an ablation's settings it takes back its stage's.
 */
export interface PresetInput extends Optional<Omit<Preset, "plugins" | "stages" | "ablations">> {
  readonly $schema?: string;
  /** Presets to start from, left to right, later ones win: paths relative to this file, package names, or names like `quickstart`. */
  readonly extends?: string | readonly string[] | null;
  readonly plugins?: Named<{ readonly use?: string; readonly options?: object | null }> | null;
  readonly stages?: Named<Readonly<JsonObject>> | null;
  readonly ablations?: Named<{ readonly stage?: string; readonly settings?: Readonly<JsonObject> | null }> | null;
}

/** Plugin ids appear in key paths, file names and tables; a leading letter also keeps JavaScript from reordering them. */
const PLUGIN_ID = "^[A-Za-z][A-Za-z0-9_-]{0,99}$";

type Schema = Readonly<Record<string, unknown>>;

function section(description: string, properties: Readonly<Record<string, Schema>>, extra: Schema = {}): Schema {
  return { type: "object", description, additionalProperties: false, properties, ...extra };
}
const text = (description: string, extra: Schema = {}): Schema => ({ type: "string", minLength: 1, description, ...extra });
const integer = (description: string, minimum: number, extra: Schema = {}): Schema => ({ type: "integer", minimum, description, ...extra });
function texts(description: string, extra: Schema = {}): Schema {
  return { type: "array", items: { type: "string", minLength: 1 }, description, ...extra };
}
function choice(description: string, values: readonly string[], preset: string): Schema {
  return { type: "string", enum: values, default: preset, description };
}
/** @param is what stands there but for false, as a sentence */
const removable = (is: string, schema: Schema): Schema => ({
  ...schema,
  type: ["object", "boolean"],
  if: { type: "boolean" },
  // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own keyword
  then: { const: false, description: `${is}; false removes an inherited one.` },
});
const stage = (description: string): Schema =>
  removable("A stage is an object of its settings", {
    description: `${description} Its settings: \`autotraj plugin info PACKAGE\`, of the stage or its trainer.`,
    properties: { trainer: text("Which trainer backend runs this stage.") },
  });

const PLUGIN_ENTRY = removable(
  "A plugin is { use, options }",
  section("A plugin as { use, options }, or false to remove an inherited one.", {
    use: text("The plugin's package name, or a path relative to this file. Left out where an extended preset gives it."),
    options: { type: "object", description: "The plugin's options; they merge into the inherited ones of the same plugin." },
  }),
);

const ABLATION = removable(
  "An ablation is { stage, settings }",
  section(
    "An ablation of one stage.",
    {
      stage: text("Which stage."),
      settings: { type: "object", default: {}, description: "What is changed of the stage's settings; null takes one back." },
    },
    { required: ["stage"] },
  ),
);

/** The schema of a resolved preset. A single file may leave out what is `required` here. */
export const PRESET_SCHEMA: Schema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "AutoTraj preset",
  ...section(
    "Which plugins make up a run, and how it is set.",
    {
      $schema: text("Where an editor finds this schema."),
      name: text("What the preset is called in reports. Default: the name of its package, folder or file."),
      description: text("What the preset is for, in one line."),
      extends: {
        type: ["string", "array"],
        description: "Presets to start from, left to right, later ones win: paths relative to this file, package names, or names like quickstart.",
        items: { type: "string", minLength: 1 },
      },
      queries: section(
        "The questions.",
        {
          train: text("JSONL file of questions to roll out and learn from, relative to this file."),
          evaluate: text("JSONL file of held-out questions, relative to this file."),
          limit: integer("Use only this many questions, from the start.", 1),
          recorded: {
            type: "array",
            description: "Logs whose trajectories are scored and repaired in place of rollouts; queries.train is then left aside. Empty: none.",
            items: section(
              "A log.",
              {
                file: text("JSONL, JSON or text file, relative to this file; gzip and UTF-16 are read."),
                format: { ...text("Plugin id of the format that reads it; auto takes the one that knows its first rows best."), default: DETECT },
                groupBy: text("Path of the field that says which rows are candidates of one question (metadata.task). Default: what was asked."),
              },
              { required: ["file"] },
            ),
          },
          skipBad: { type: "boolean", description: "Leave out rows of recorded logs that cannot be read, instead of refusing the run." },
          failedResults: texts(
            "Regular expressions: a recorded result that one matches failed. They are added to the rule for all logs (errors, exit codes, HTTP).",
          ),
          finishTools: texts(
            "Tools whose call ends a recorded run, needs no result and gives its answer. Default: finish, submit, final_answer and the like.",
          ),
          unpaired: {
            enum: ["discard", "keep"],
            description: "What becomes of trajectories whose calls and results cannot be paired, if a gate would keep them. Default: discard.",
          },
        },
        { default: {} },
      ),
      plugins: {
        type: "object",
        description: "Plugins by id, in the order in which they tap: judge: { use: …, options: … }.",
        propertyNames: { type: "string", pattern: PLUGIN_ID },
        additionalProperties: PLUGIN_ENTRY,
      },
      rollout: section(
        "How candidate trajectories are written.",
        {
          policy: text("Plugin id of the policy that writes the candidates."),
          dialect: choice("How trajectories are written: tags in the text, or the server's tool calls.", ["tags", "native"], "tags"),
          candidates: integer("Trajectories per question.", 1, { default: 4 }),
          temperature: { type: "number", minimum: 0, default: 0.8, description: "Sampling temperature; 0 is greedy." },
          topP: { type: "number", exclusiveMinimum: 0, maximum: 1, default: 1, description: "Nucleus sampling; 1 leaves it off." },
          topK: integer("Sample among the likeliest k tokens; 0 leaves it off.", 0, { default: 0 }),
          maxTokens: integer("New tokens per turn, at most.", 1, { default: 1024 }),
          maxToolCalls: integer("Tool calls per trajectory, at most.", 0, { default: 3 }),
          maxTurns: integer("Turns per trajectory, at most; more than maxToolCalls, since the last turn answers.", 1, { default: 10 }),
          inFlight: integer("Trajectories written at the same time.", 1, { default: 64 }),
          wave: integer("Questions per wave; a repairer's examples come from finished waves only.", 1, { default: 32 }),
          tools: texts("Plugin ids of the tools on offer. Default: every tool plugin.", { uniqueItems: true }),
        },
        { default: {} },
      ),
      repair: section(
        "Repair of trajectories that the gate refuses.",
        {
          enabled: { type: "boolean", default: true, description: "False only scores and gates." },
          repeats: integer("How often an accepted repair is written again; one that less than half of these reproduce is refused.", 0, {
            default: 0,
          }),
          repeatTemperature: { type: "number", exclusiveMinimum: 0, default: 0.7, description: "Sampling temperature of these." },
        },
        { default: {} },
      ),
      reward: section(
        "How reward terms become one reward.",
        {
          combine: choice(
            "How the terms are combined: sum of all; the paper's max(outcome, outcome + w·r where the outcome is above 0); or the same with the reward model's score bounded.",
            ["sum", "paper", "bounded"],
            "bounded",
          ),
          weights: {
            type: "object",
            additionalProperties: { type: "number" },
            default: {},
            description: "Weight by reward term (plugin id). Default: 1, for a trajectory reward model 0.2.",
          },
        },
        { default: {} },
      ),
      stages: {
        type: "object",
        description: "What is done after the data sets, by stage: training, evaluation, and what plugins of kind stage offer.",
        propertyNames: { type: "string", pattern: PLUGIN_ID },
        properties: {
          sft: stage("Supervised fine-tuning on kept and repaired trajectories."),
          "reward-model": stage("The trajectory reward model, from preference pairs."),
          rl: stage("Reinforcement learning with the reward hook."),
          evaluate: stage("Evaluation on queries.evaluate."),
        },
        additionalProperties: stage("A stage that a plugin of the preset offers."),
        default: {},
      },
      ablations: {
        type: "object",
        description: "Stages trained once more with some settings changed, by name: each model is evaluated beside the stage's own.",
        propertyNames: { type: "string", pattern: PLUGIN_ID },
        additionalProperties: ABLATION,
        default: {},
      },
      run: section(
        "The run as a whole.",
        {
          seed: integer("The same seed gives the same run where the policies are deterministic.", 0, {
            default: 0,
            maximum: Number.MAX_SAFE_INTEGER,
          }),
          rounds: integer("How often the loop and training are done; from the second round on the trained policy writes the candidates.", 1, {
            default: 1,
          }),
          onScorerError: choice("What a failing scorer does: leave its dimension out, or end the run.", ["record", "fail"], "record"),
          // setTimeout takes a 32-bit number and fires at once beyond it.
          hookTimeoutMs: integer("How long one tap may take, in milliseconds.", 1, { default: 600_000, maximum: 2_147_483_647 }),
          startTimeoutMs: integer("How long one plugin may take to start (a model to load, an index to build), in milliseconds.", 1, {
            default: 900_000,
            maximum: 2_147_483_647,
          }),
          cache: choice("Where model calls are remembered: in this run, or for every run of this machine.", ["run", "shared"], "run"),
          environment: texts(
            "Variables of the environment that trainers' and model servers' processes are given besides those that they commonly need (proxies, HF_*, CUDA_*, NCCL_*, WANDB_*, certificates): names, or MINE_* for all that begin so.",
            { items: { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_]*\\*?$" }, uniqueItems: true, default: [] },
          ),
        },
        { default: {} },
      ),
    },
    { required: ["plugins"] },
  ),
};

/** Checks the shape at compile time; returns the preset as it is. For presets written as .ts or .js modules. */
export function definePreset(preset: PresetInput): PresetInput {
  return preset;
}
