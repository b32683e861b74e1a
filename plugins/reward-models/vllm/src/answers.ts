/** What the servers' answers say; whatever is no answer is refused. */
import { PluginError } from "@autotraj/core/plugin";

export type Failure = { readonly failed: string };
export type Judgement = { readonly score: number } | Failure;

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return value !== null && typeof value === "object" ? (value as Fields) : {};
}

/** In the inputs' order, which `index` tells. @throws where it is no answer to this many inputs */
export function readScores(answer: unknown, inputs: number): readonly Judgement[] {
  const { data } = fields(answer);
  if (!Array.isArray(data) || data.length !== inputs)
    throw new Error(`${Array.isArray(data) ? data.length : "no"} scores for ${inputs} trajectories`);
  const judgements = new Map<unknown, Judgement>();
  data.forEach((row: unknown, position) => {
    const { index = position, probs } = fields(row);
    if (!Array.isArray(probs) || probs.length === 0) throw new Error("an answer without probs");
    if (probs.length > 1)
      throw new PluginError("REWARD_MODEL_CLASSES", `the served model sorts into ${probs.length} classes; a reward model has one score.`, {
        hint: "Serve the folder that the stage reward-model left, with --runner pooling.",
      });
    const score: unknown = probs.at(-1);
    judgements.set(index, typeof score === "number" && Number.isFinite(score) ? { score } : { failed: "the model's score is no number" });
  });
  return Array.from({ length: inputs }, (_, index) => {
    const judgement = judgements.get(index);
    if (judgement === undefined) throw new Error(`no score with index ${index}`);
    return judgement;
  });
}

export function readTokens(answer: unknown): readonly number[] {
  const { tokens } = fields(answer);
  if (Array.isArray(tokens) && tokens.every(Number.isInteger)) return tokens as number[];
  throw new Error("an answer without tokens");
}

export interface ServedModel {
  readonly id: string;
  /** The folder or hub name behind the name. */
  readonly root: string | undefined;
}

export function readModels(answer: unknown): readonly ServedModel[] {
  const { data } = fields(answer);
  return (Array.isArray(data) ? data : []).flatMap((entry: unknown): ServedModel[] => {
    const { id, root } = fields(entry);
    return typeof id === "string" ? [{ id, root: typeof root === "string" ? root : undefined }] : [];
  });
}
