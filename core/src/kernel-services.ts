/** The services that the kernel itself provides to plugins. Those of a run answer only while one is under way. */
import { type ModelServersPlace, modelServers } from "./model-servers.ts";
import { DIALECTS, KEPT, type KeptTrajectories, MODEL_SERVERS, PYTHON, QUERIES, type Queries, ROLLOUT, type Rollout, SECRETS } from "./plugin.ts";
import type { PluginLife } from "./plugin-life.ts";
import { pythonEnvironments } from "./python-environments.ts";
import { withoutSecrets } from "./redaction.ts";
import { offTheClock } from "./tap-clock.ts";
import { dialects } from "./trajectory/dialects/index.ts";

/** What only exists while a run is under way. */
export interface RunServices {
  readonly rollout: Rollout;
  readonly kept: KeptTrajectories;
}

/** What there is at this moment; the kernel fills it in. */
export interface Current {
  run?: RunServices;
  queries?: Queries;
}

export function provideKernelServices({ services, disposes, cacheDir }: PluginLife, current: Current, place: ModelServersPlace = {}): void {
  const run = (): RunServices => {
    if (current.run === undefined) throw new Error("this service works only while a run is under way, not in setup or start");
    return current.run;
  };
  services.provide(DIALECTS, dialects, "kernel");
  services.provide(PYTHON, pythonEnvironments(cacheDir), "kernel");
  services.provide(SECRETS, { hide: withoutSecrets }, "kernel");
  const servers = modelServers(place);
  disposes.push({ by: "kernel", dispose: () => servers.close() });
  services.provide(MODEL_SERVERS, servers, "kernel");
  services.provide(
    ROLLOUT,
    {
      replay: (request, options) => {
        const { rollout } = run();
        return offTheClock(() => rollout.replay(request, options));
      },
      write: (request, options) => {
        const { rollout } = run();
        return offTheClock(() => rollout.write(request, options));
      },
      complete: (policy, request) => {
        const { rollout } = run();
        return offTheClock(() => rollout.complete(policy, request));
      },
    },
    "kernel",
  );
  const queries = (): Queries => {
    if (current.queries === undefined) throw new Error("the questions are known from start on, in a run; not in setup");
    return current.queries;
  };
  services.provide(QUERIES, { train: () => queries().train(), evaluate: () => queries().evaluate() }, "kernel");
  services.provide(
    KEPT,
    {
      similarTo: (repairCase, k) => {
        const { kept } = run();
        return offTheClock(() => kept.similarTo(repairCase, k));
      },
    },
    "kernel",
  );
}
