/** The kernel's own API: what the command line, the test kit and other hosts build on. Plugins import `@autotraj/core/plugin` instead. */

export { installedPlugins } from "./config/installed-plugins.ts";
export { type LoadedPlugin, loadPlugin, standaloneEntry } from "./config/plugin-loader.ts";
export * from "./config/preset/index.ts";
export { type ReadyRun, readyPreset } from "./config/ready.ts";
export { dialects } from "./data/dialects/index.ts";
export { nonBlankLines, type TextLine } from "./data/lines.ts";
export { checkQueries, readQueries } from "./data/queries.ts";
export { READING_RULES, type ReadingRules, readConversation } from "./data/recorded/conversation.ts";
export { detectFormat, type ReadingFormat } from "./data/recorded/detect.ts";
export { saysFailed } from "./data/recorded/failed-results.ts";
export { type RecordedRow, type Recording, readRecords, spokenHash } from "./data/recorded/records.ts";
export { defaultCacheDir } from "./host/cache-dir.ts";
export { modelServers } from "./host/model-servers.ts";
export { pythonEnvironments } from "./host/python-environments.ts";
export * from "./host/serving.ts";
export { AutoTrajError, ERROR_CODES, type ErrorCode, type ErrorParts, isAutoTrajError, messageOf } from "./kernel/errors.ts";
export { tellingHealth } from "./kernel/health.ts";
export { HOOK_TABLE, type HookName, type HookRule } from "./kernel/hooks.ts";
export { Kernel, type KernelSettings, type UsedPlugin } from "./kernel/kernel.ts";
export { checkName } from "./kernel/names.ts";
export * from "./kernel/plugin.ts";
export { API_VERSION } from "./kernel/plugin-kinds.ts";
export { keepSecret, mapTexts, redact, withoutSecrets, withoutSecretsIn } from "./kernel/redaction.ts";
export { StopSwitch } from "./kernel/stop.ts";
export { TapGuard } from "./kernel/taps.ts";
export { contentHash, seedFrom, trajectoryId } from "./kernel/trajectory/identity.ts";
export { checkTrajectory, TRAJECTORY_SCHEMA } from "./kernel/trajectory/schema.ts";
export { Calls } from "./run/calls.ts";
export { datasetFiles, preferencePairs, promptTrajectories, sftTrajectories, writeJsonLines } from "./run/datasets.ts";
export { Episodes } from "./run/episodes.ts";
export type { Estimate, EvaluationSummary, LeakageReport, ModelComparison, ModelEvaluation, RewardModelReport } from "./run/evaluation/report.ts";
export { type Explanation, explainRow, locateRow } from "./run/explanation.ts";
export { ExportTally } from "./run/exports.ts";
export { findFormat, installedFormats } from "./run/formats.ts";
export type { Progress, RunPart } from "./run/progress.ts";
export { openQuestions } from "./run/questions.ts";
export { createRollout } from "./run/rollout.ts";
export { askedFor, finish, type PresetRequest, type RunRequest, type RunResult, readSummary, run } from "./run/run.ts";
export { queriesHash } from "./run/run-identity.ts";
export { Semaphore } from "./run/semaphore.ts";
export { Session, type SessionOptions } from "./run/session.ts";
export { loadService, type StartedService, startService } from "./run/single-plugin.ts";
export type { RunObserver } from "./run/stage-one.ts";
export { passRateIn } from "./run/stages.ts";
export { openSharedCache, type StoredCall } from "./run/store/call-cache.ts";
export { type Fate, RunStore, type StoredTrajectory } from "./run/store/run-store.ts";
export type { RunSummary } from "./run/summary.ts";
export { visible, visibleJson, visibleLine } from "./run/terminal-text.ts";
export {
  artifactOf,
  checkStages,
  episodesOf,
  playableTasks,
  type ServeEpisodes,
  type StageArtifact,
  type StageObserver,
} from "./run/training/index.ts";
export { stageNames, stagesUntil, trainingsOf } from "./run/trainings.ts";
