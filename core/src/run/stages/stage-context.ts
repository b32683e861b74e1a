/** What a stage is given of its run. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readQueries } from "../../data/queries.ts";
import { launch } from "../../host/launcher.ts";
import { AutoTrajError } from "../../kernel/errors.ts";
import type { LoadedPolicy, Policy, StageContext, StageResult, TrainedModel, TrainJob, TrainResult } from "../../kernel/plugin.ts";
import { offTheClock } from "../../kernel/plugin-clock.ts";
import { orInterrupted } from "../../kernel/stop.ts";
import { contentHash, seedFrom } from "../../kernel/trajectory/identity.ts";
import { policyIdentity } from "../../loop/policy-record.ts";
import { createRollout } from "../../loop/rollout.ts";
import { Semaphore } from "../../loop/semaphore.ts";
import type { Session } from "../../loop/session.ts";
import { artifactOf, roundDir, stageDir } from "../../results/artifact.ts";
import { contentOf } from "../../results/content.ts";
import { datasetFiles } from "../../results/datasets.ts";
import { backendSettings, type ChosenStage } from "./chosen-stages.ts";
import { changedSettings } from "./key.ts";
import { playing } from "./playing.ts";
import type { StagePlace } from "./stage-place.ts";
import { startingModel } from "./start-model.ts";

export function stageContext(chosen: ChosenStage, place: StagePlace): StageContext {
  const { session, runDir, observer, stop, looped } = place;
  const { name, valid, plugin, stage } = chosen;
  const { rollout } = session.settings;
  const { seed } = session.settings.run;
  const { evaluate } = session.settings.queries;
  const { sft, preferences, siblings } = datasetFiles(runDir);
  return {
    name,
    settings: valid,
    seed,
    dir: stageDir(runDir, name, plugin.trains),
    runDir,
    log: { info: place.info, warn: (message) => place.incident(stage, message) },
    signal: stop.signal,
    orStopped: (work) => orInterrupted(work, stop.signal),
    datasets: { sft, preferences, siblings },
    questions: () => withPassRates(place),
    heldOut: () => (evaluate === undefined ? undefined : readQueries(evaluate)),
    artifact: (other) => (session.settings.stages[other] === undefined ? undefined : artifactOf(runDir, other)),
    models: () => trainedModels(place),
    random: (...parts) => seedFrom(seed, ...parts) / 2 ** 31,
    hashOf: contentHash,
    contentOf,
    startModel: () => startingModel(chosen, place),
    train: (job) => train(chosen, place, job),
    play: (by = valid) => playing({ name, settings: by }, place, withPassRates(place)),
    async ask(query) {
      const { drop, request } = await session.lifecycle.beforeRollout(session.rolloutRequest(query));
      return drop === undefined ? request : { drop: drop.reason };
    },
    score: (query, trajectories) => session.lifecycle.score(query, trajectories),
    sampling: { temperature: rollout.temperature, topP: rollout.topP, topK: rollout.topK, maxTokens: rollout.maxTokens },
    dimensions: [...session.lifecycle.scorePlan.dimensions.keys()],
    policy: () => policyOf(session, name),
    policyWith(modelDir) {
      const { id, policy } = policyOf(session, name);
      return loadedPolicy(policy, id, modelDir, stop.signal);
    },
    identityOf: policyIdentity,
    rollouts: (policy) =>
      createRollout({
        policy: () => policy,
        tool: (id) => session.tool(id),
        calls: looped.calls,
        seed,
        slots: new Semaphore(session.settings.rollout.inFlight),
        health: looped.health,
        tracking: session.tracking,
      }),
    progress: (what, done) => observer.evaluating?.(what, done),
  };
}

async function* withPassRates({ queries, passRate }: StagePlace): ReturnType<StageContext["questions"]> {
  let position = 0;
  for await (const query of queries()) yield { query, passRate: passRate(position++) };
}

/** Of all rounds, ablations behind the stage they belong to; ablations belong to the first round. */
function trainedModels({ session, root, all, models = {} }: StagePlace): readonly TrainedModel[] {
  const policies = all.filter(({ plugin }) => plugin.leavesPolicy === true);
  const trained = Array.from({ length: session.settings.run.rounds }, (_, index) => index + 1).flatMap((round) =>
    policies
      .filter(({ isAblation }) => round === 1 || !isAblation)
      .flatMap((chosen): TrainedModel[] => {
        const artifact = artifactOf(roundDir(root, round), chosen.name);
        if (artifact?.modelPath === undefined) return [];
        const [change] = artifact.parts === undefined ? [] : changedSettings(artifact.parts, chosen, session);
        const outOfDate = artifact.outOfDate ?? (change === undefined ? undefined : `${change} since it was trained`);
        const model = round === 1 ? chosen.name : `${chosen.name} round ${round}`;
        const { stage, isAblation } = chosen;
        return [{ model, path: artifact.modelPath, artifact, stage, isAblation, ...(outOfDate === undefined ? {} : { outOfDate }) }];
      }),
  );
  return [...trained, ...Object.entries(models).map(([model, path]): TrainedModel => ({ model, path, isAblation: false }))];
}

async function train(chosen: ChosenStage, place: StagePlace, { leaves, ...job }: Parameters<StageContext["train"]>[0]): Promise<StageResult> {
  const { name, stage, plugin, backend, valid, seed } = chosen;
  const { session, stop, groups, observer, info, runDir } = place;
  if (backend === undefined || plugin.trains === undefined) {
    throw new AutoTrajError("ATRAJ_PLUGIN_INVALID", {
      who: `stage "${stage}"`,
      what: "it trains, but does not say by which backend.",
      hint: "A stage that trains has `trains`.",
    });
  }
  const dir = stageDir(runDir, name, plugin.trains);
  const whole: TrainJob = {
    ...job,
    stage: plugin.trains,
    options: backendSettings(plugin, backend, valid),
    dir,
    seed: seedFrom(seed, stage),
    launch: (plan) => {
      observer.stage?.(name, "trains");
      return offTheClock(() =>
        launch(plan, {
          who: `stage "${name}"`,
          dir,
          cacheDir: session.kernel.cacheDir,
          environment: session.settings.run.environment,
          stop,
          groups,
          onProgress: (progress) => observer.training?.(name, progress),
          onInfo: info,
        }),
      );
    },
  };
  const result = await session.lifecycle.train(whole, session.kernel.pluginOf(backend.name)?.id);
  checkModel(name, leaves, result);
  return { ...result, trainer: backend.name };
}

function checkModel(name: string, wanted: TrainResult["kind"], { modelPath, kind }: TrainResult): void {
  const missing = existsSync(join(modelPath, "config.json")) ? undefined : `${modelPath} holds no model (no config.json)`;
  const problem = kind === wanted ? missing : `the trainer left a model of kind "${kind}"`;
  if (problem === undefined) return;
  throw new AutoTrajError("ATRAJ_TRAINER_FAILED", { who: `stage "${name}"`, what: `${problem}.`, hint: "This is a fault of the trainer plugin." });
}

function policyOf(session: Session, who: string): { readonly id: string; readonly policy: Policy } {
  const id = session.settings.rollout.policy;
  if (id !== undefined) return { id, policy: session.policy(id) };
  throw new AutoTrajError("ATRAJ_STAGE_INPUT", { who, what: "the preset names no policy.", hint: "Set rollout.policy." });
}

/** @throws ATRAJ_STAGE_INPUT where the policy cannot load weights; ATRAJ_INTERRUPTED as soon as the run is stopped at once */
export async function loadedPolicy(
  policy: Policy,
  id: string,
  path: string,
  signal: AbortSignal,
): Promise<{ readonly policy: LoadedPolicy; dispose(): Promise<void> }> {
  if (policy.withModel === undefined) throw cannotLoad(id, path);
  const loading = policy.withModel(path);
  try {
    const loaded = await orInterrupted(loading, signal);
    return { policy: loaded, dispose: () => loaded.dispose() };
  } catch (error) {
    // Weights that come when nobody waits for them any longer.
    void loading.then(
      (late) => late.dispose(),
      () => {},
    );
    throw error;
  }
}

function cannotLoad(policy: string, path: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_STAGE_INPUT", {
    who: "evaluate",
    what: `the policy "${policy}" cannot load other weights, so ${path} cannot be sampled with it.`,
    hint: "Tell @autotraj/policy-openai how to serve it (its option serve), evaluate it with a preset whose policy points to a server of it, or use @autotraj/policy-local.",
  });
}
