/** Whether an accepted repair was luck: its prompt is sampled again, and what less than half of the samples reproduces is refused. */
import type { Rollout, RolloutOptions, RolloutRequest, ScoredTrajectory, Trajectory, Verdict } from "../kernel/plugin.ts";
import { trajectoryId } from "../kernel/trajectory/identity.ts";

export interface RepeatSettings {
  /** How often an accepted repair is written again; 0: never. */
  readonly repeats: number;
  readonly repeatTemperature: number;
}

export interface Judged {
  readonly scored: ScoredTrajectory;
  readonly verdict: Verdict;
}

/** Remembers how the repairs of the questions under way were written, whichever repairer had them written. */
export class RepairWriter {
  readonly #settings: RepeatSettings;
  /** By question, then by what was written. */
  readonly #written = new Map<string, Map<string, Writing>>();

  constructor(settings: RepeatSettings) {
    this.#settings = settings;
  }

  /** The same rollouts, remembered where they are repairs that may be asked for again. */
  remembering(rollout: Rollout): Rollout {
    if (this.#settings.repeats === 0) return rollout;
    return {
      ...rollout,
      write: async (request, options) => {
        const trajectory = await rollout.write(request, options);
        if (options.provenance.origin === "repair") this.#remember(trajectory, { rollout, request, options });
        return trajectory;
      },
    };
  }

  /** Writes a repair anew, from the prompt that it was written from, as often as is set. Undefined where it was not sampled: it would be the same. */
  again(repaired: Trajectory): readonly Promise<Trajectory>[] | undefined {
    const { repeats, repeatTemperature: temperature } = this.#settings;
    const writing = this.#written.get(repaired.query.id)?.get(contentOf(repaired));
    if (repeats === 0 || writing === undefined) return undefined;
    const { rollout, request, options } = writing;
    const repeat = (_: unknown, number: number) =>
      rollout.write(request, { ...options, key: `${options.key} again ${number}`, sampling: { ...options.sampling, temperature } });
    return Array.from({ length: repeats }, repeat);
  }

  /** A question is done: its repairs are not asked for again. */
  forget(queryId: string): void {
    this.#written.delete(queryId);
  }

  #remember(trajectory: Trajectory, writing: Writing): void {
    const { id } = trajectory.query;
    const ofQuestion = this.#written.get(id) ?? new Map<string, Writing>();
    this.#written.set(id, ofQuestion.set(contentOf(trajectory), writing));
  }
}

interface Writing {
  readonly rollout: Rollout;
  readonly request: RolloutRequest;
  readonly options: RolloutOptions;
}

/** Lineage aside, which the kernel writes once a repair is offered. */
function contentOf(trajectory: Trajectory): string {
  return trajectoryId({ ...trajectory, provenance: { origin: "repair" } });
}

/**
 * The accepted repair with what its repeats say of it. A repeat reproduces it when it would be accepted too; one that could not be finished says nothing.
 * @param repeats how the loop judged each
 */
export function settled({ scored, verdict }: Judged, repeats: readonly Judged[]): Judged {
  const finished = repeats.filter((repeat) => repeat.scored.trajectory.finish !== "failed");
  if (finished.length === 0) {
    const reason = `whether it was luck is not known: none of its ${repeats.length} repeats could be finished`;
    return { scored, verdict: { decision: "repair", cause: "unjudged", reason, by: SETTING } };
  }
  const same = finished.filter((repeat) => repeat.verdict.decision === "keep").length;
  if (2 * same >= finished.length)
    return { scored, verdict: { ...verdict, reason: `${verdict.reason}; ${same} of ${finished.length} repeats reproduce it` } };
  const reason = `only ${same} of ${finished.length} repeats reproduce it`;
  return { scored, verdict: { decision: "repair", cause: "unstable", reason, by: SETTING } };
}

const SETTING = "repair.repeats";
