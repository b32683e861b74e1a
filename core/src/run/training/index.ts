/** Stage 2, after the loop: sft → reward-model → rl. Each training's model is an artifact with the hash of all that decided it. */
export { artifactOf, lastPolicyModel, roundDir, type StageArtifact } from "./artifact.ts";
export type { ServeEpisodes, StageObserver, StagesContext } from "./context.ts";
export { playableTasks } from "./data.ts";
export { episodesOf, loadedRewardModel } from "./rewards.ts";
export { runTraining } from "./run.ts";
export { checkStages } from "./settings.ts";
