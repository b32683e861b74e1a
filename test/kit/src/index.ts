/** The test kit: one plugin set up outside a run, and the checks that hold for every plugin of its kind. */
export type { Candidate, ConformanceCases, QuestionCase, ToolCase } from "./conformance/cases.ts";
export { type Conformance, type ConformanceObserver, conformance, type TestRunner } from "./conformance/conformance.ts";
export type { CheckDescription, CheckResult, ConformanceReport } from "./conformance/report.ts";
export {
  type CapturedTap,
  defaultCacheDir,
  type GivenService,
  type PluginUnderTest,
  type SetupOptions,
  setupPlugin,
  stageSettings,
  testRun,
} from "./plugin-under-test.ts";
