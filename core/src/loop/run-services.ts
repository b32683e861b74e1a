/** What a run offers its plugins: rollouts, what was kept so far, the questions. They find it in setup; it answers from the moment on at which there is something to say. */
import { hostPlugin } from "../host/plugins.ts";
import { KEPT, type KeptTrajectories, QUERIES, type Queries, ROLLOUT, type Rollout } from "../kernel/plugin.ts";
import { offTheClock } from "../kernel/plugin-clock.ts";
import type { UsedPlugin } from "../kernel/used-plugin.ts";

/** What there is while questions are worked on. */
export interface RunParts {
  readonly rollout: Rollout;
  readonly kept: KeptTrajectories;
}

/** The services of one run, and the built-in plugin that provides them. A tap that waits for one is not at work: its clock stands still. */
export class RunServices {
  #parts: RunParts | undefined;
  #queries: Queries | undefined;

  /** From here on rollouts and exemplars come from these. */
  begin(parts: RunParts): void {
    this.#parts = parts;
  }

  /** From here on these are the questions. */
  ask(queries: Queries): void {
    this.#queries = queries;
  }

  readonly plugin: UsedPlugin = hostPlugin("run", "Rollouts with real tools, kept trajectories, the questions", [ROLLOUT, KEPT, QUERIES], (api) => {
    api.provide(ROLLOUT, {
      replay: (request, options) => offTheClock(async () => this.#underWay().rollout.replay(request, options)),
      write: (request, options) => offTheClock(async () => this.#underWay().rollout.write(request, options)),
      complete: (policy, request) => offTheClock(async () => this.#underWay().rollout.complete(policy, request)),
    });
    api.provide(KEPT, { similarTo: (repairCase, k) => offTheClock(async () => this.#underWay().kept.similarTo(repairCase, k)) });
    api.provide(QUERIES, { train: () => this.#asked().train(), evaluate: () => this.#asked().evaluate() });
  });

  #underWay(): RunParts {
    if (this.#parts === undefined) throw new Error("this service works only while a run is under way, not in setup or start");
    return this.#parts;
  }

  #asked(): Queries {
    if (this.#queries === undefined) throw new Error("the questions are known from start on, in a run; not in setup");
    return this.#queries;
  }
}
