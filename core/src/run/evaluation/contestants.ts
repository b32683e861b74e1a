/** Which models an evaluation compares: the policy as it is, with the preset's worked examples too where it has any, then what the stages left. */

import { ABLATED_STAGES } from "../../config/preset/schema.ts";
import type { Query } from "../../kernel/plugin.ts";
import type { Session } from "../session.ts";
import { artifactOf, roundDir, type StageArtifact } from "../training/artifact.ts";
import { changedSettings } from "../training/key.ts";
import { type Training, trainingsOf } from "../trainings.ts";

/** A model to evaluate. */
export interface Contestant {
  /** What it is called in tables. */
  readonly model: string;
  /** Its folder; null: the policy's own weights. */
  readonly path: string | null;
  /** Whether it is shown the preset's worked examples. */
  readonly examples: boolean;
  /** Models it is compared with. */
  readonly against: readonly string[];
  /** The training that left it. */
  readonly artifact?: StageArtifact;
  /** Why it is not what the preset would give now. */
  readonly outOfDate?: string;
}

/**
 * Models are compared with what came last before them: never with an ablation's, which nothing goes on from.
 * @param others further models, by name, with their folders
 */
export async function contestantsOf(
  session: Session,
  runDir: string,
  questions: AsyncIterable<Query>,
  others: Readonly<Record<string, string>> = {},
): Promise<readonly Contestant[]> {
  const base: Contestant = { model: "base", path: null, examples: false, against: [] };
  const shown = { ...base, model: "base+examples", examples: true, against: ["base"] };
  const found = (await hasExamples(session, questions)) ? [base, shown] : [base];
  let last = found.at(-1)?.model ?? "base";
  for (let round = 1; round <= session.settings.run.rounds; round++) {
    for (const stage of ABLATED_STAGES) {
      const there = trainedIn(roundDir(runDir, round), round, stage, session);
      const own = there.find(({ isAblation }) => !isAblation)?.model;
      const before = [...new Set(["base", last])];
      const ablations = there.filter(({ isAblation }) => isAblation).map(({ model }) => model);
      found.push(...there.map(({ isAblation, ...one }) => ({ ...one, against: isAblation ? before : [...before, ...ablations] })));
      last = own ?? last;
    }
  }
  return [...found, ...Object.entries(others).map(([model, path]) => ({ model, path, examples: false, against: [last] }))];
}

/**
 * What a round's trainings of one stage left. A stage's model is compared with the base model and with what came before it; an ablation's with the same, and
 * the stage's with the ablation's. Ablations belong to the first round.
 */
function trainedIn(
  runDir: string,
  round: number,
  stage: Training["stage"],
  session: Session,
): readonly (Omit<Contestant, "against"> & { readonly isAblation: boolean })[] {
  const trainings = trainingsOf(session.settings).filter((training) => training.stage === stage && (round === 1 || training.name === stage));
  return trainings.flatMap((training) => {
    const { name } = training;
    const artifact = artifactOf(runDir, name);
    if (artifact === undefined) return [];
    const outOfDate = artifact.outOfDate ?? sincePreset(artifact, training, session);
    const model = round === 1 ? name : `${name} round ${round}`;
    const one = { model, path: artifact.modelPath, examples: false, artifact, isAblation: name !== stage };
    return [{ ...one, ...(outOfDate === undefined ? {} : { outOfDate }) }];
  });
}

function sincePreset({ parts }: StageArtifact, training: Training, session: Session): string | undefined {
  if (parts === undefined) return undefined;
  const [change] = changedSettings(parts, training, session);
  return change === undefined ? undefined : `${change} since it was trained`;
}

async function hasExamples(session: Session, questions: AsyncIterable<Query>): Promise<boolean> {
  for await (const query of questions) {
    const state = await session.lifecycle.beforeRollout(session.rolloutRequest(query));
    if (state.drop === undefined) return state.request.examples.length > 0;
  }
  return false;
}
