/** Stage `sft`: supervised fine-tuning of the policy on what the loop kept and repaired. */
import { existsSync } from "node:fs";
import { DIALECTS, type Dialects, definePlugin, type JsonObject, STAGE, type Stage, type StageContext } from "@autotraj/core/plugin";
import { rowsIn } from "@autotraj/core/rows";
import { ROW_SETTINGS, type SplitRows, splitRows } from "@autotraj/training-rows/split";
import { repairerRows } from "./repairer-rows.ts";

interface Settings {
  readonly heldOut: number;
  readonly rows: "all" | "kept" | "repaired" | "gained";
  readonly sampling: "rows" | "questions";
  readonly learns: "policy" | "repairer";
  readonly see: readonly ("trajectory" | "diagnosis")[];
}

const stageOf = (dialects: Dialects): Stage => ({
  name: "sft",
  trains: "sft",
  leavesPolicy: true,
  decisive: ["heldOut", "rows", "sampling", "learns", "see"],
  settings: {
    type: "object",
    additionalProperties: false,
    properties: {
      model: {
        ...ROW_SETTINGS.model,
        description:
          "Model to start from: a folder in Hugging Face's layout, or a name that the trainer knows. Later rounds start from what the round before has left.",
      },
      heldOut: { ...ROW_SETTINGS.heldOut, default: 0 },
      rows: {
        type: "string",
        enum: ["all", "kept", "repaired", "gained"],
        default: "all",
        description:
          "Which trajectories it learns from: all; only candidates that were kept; only repairs; or (gained) what was kept, and repairs only of questions of which nothing was kept.",
      },
      learns: {
        type: "string",
        enum: ["policy", "repairer"],
        default: "policy",
        description:
          "policy: to answer the questions, from the SFT rows. repairer: to mend bad trajectories, from the preference pairs: asked as `@autotraj/repairer-llm` asks, it learns to write the accepted repair.",
      },
      see: {
        type: "array",
        items: { enum: ["trajectory", "diagnosis"] },
        uniqueItems: true,
        default: ["trajectory", "diagnosis"],
        description: "What a repairer sees besides the question, as in the options of `@autotraj/repairer-llm`. A policy sees the question.",
      },
      sampling: {
        type: "string",
        enum: ["rows", "questions"],
        default: "rows",
        description:
          "What counts the same. rows: each row stands once in the training file. questions: each question stands equally often, with its rows in turn, so that one with many rows weighs no more than one with one; the file grows, so give the trainer's length in steps.",
      },
    },
  },
  async prepare(context) {
    const { heldOut, rows: wanted, sampling, learns, see } = context.settings as unknown as Settings;
    const start = await context.startModel();
    const ofRepairer = learns === "repairer";
    const source = ofRepairer ? context.datasets.preferences : context.datasets.sft;
    const split = splitRows(context, {
      source: ofRepairer ? () => repairerRows(source, see, dialects) : source,
      what: ofRepairer
        ? "pair of a repair and what it repairs"
        : `${wanted === "all" || wanted === "gained" ? "kept or repaired" : wanted} trajectory`,
      heldOut,
      sampling,
      takes: taking(wanted, source),
    });
    return {
      parts: { "start model": start.identity, "the rows to train on": await context.contentOf(source) },
      madeFrom: { files: [source], stages: start.artifact === undefined ? [] : [start.artifact] },
      run: () => train(context, start.path, split),
    };
  },
});

function taking(wanted: Settings["rows"], source: string): (row: JsonObject) => boolean {
  if (wanted === "all") return () => true;
  if (wanted !== "gained") return (row) => isRepair(row) === (wanted === "repaired");
  const kept = new Set<string>();
  if (existsSync(source)) for (const row of rowsIn(source)) if (!isRepair(row)) kept.add(questionOf(row));
  return (row) => !isRepair(row) || !kept.has(questionOf(row));
}

function questionOf({ query }: JsonObject): string {
  return String((query as JsonObject | undefined)?.["id"]);
}

function isRepair({ provenance }: JsonObject): boolean {
  return (provenance as JsonObject | undefined)?.["origin"] === "repair";
}

async function train(context: StageContext, model: string, { rows, drawn, write }: SplitRows) {
  if (drawn !== undefined) {
    const { questions, visits, different } = drawn;
    context.log.info(
      `${context.name}: a pass over the training file sees each of ${questions} questions ${visits} times: ${rows.train} rows, ${different} of them different.`,
    );
  }
  const result = await context.train({ model, data: await write(), leaves: "causal" });
  return { ...result, startedFrom: model, rows, ...(drawn === undefined ? {} : { drawn }) };
}

export default definePlugin<JsonObject>({
  meta: {
    name: "@autotraj/stage-sft",
    apiVersion: 1,
    kind: "stage",
    description: "Stage sft: supervised fine-tuning on what was kept and repaired",
    options: { type: "object", additionalProperties: false, properties: {} },
    provides: [STAGE],
  },
  setup(api) {
    const stage = stageOf(api.use(DIALECTS));
    api.provide(STAGE, stage, stage.name);
  },
});
