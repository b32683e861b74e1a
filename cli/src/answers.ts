/** What commands print with `--json`, field by field: declared beside what they do, printed in the reference, and held to it by a test. */

/** One way that a command is called in. */
export interface Answer {
  /** Its action, or option; undefined where there is one way only. */
  readonly when?: string;
  /** The document is a list of such. */
  readonly isList?: true;
  /** By name. What is not there is null. */
  readonly fields: Readonly<Record<string, string>>;
  /** Of other names, by what these are. */
  readonly others?: string;
}

/** `summary.json`: of a run that is finished or not. */
export const SUMMARY: Answer["fields"] = {
  run: "its id",
  preset: "its preset's name",
  finished: "whether its loop is complete",
  funnel: "questions, candidates, repairs: how many came how far",
  datasets: "rows of the data sets, and what of them is there twice",
  right: "candidates that are right, of those that were judged",
  repairers: "by repairer: repairs accepted and refused",
  causes: "why candidates were not kept, counted",
  refusals: "why repairs were refused, counted",
  dimensions: "by dimension: means of candidates, kept ones, and repairs before and after; how often it failed or was skipped",
  tasks: "by the questions' task: candidates, kept, repaired, hard",
  seconds: "by part of the run",
  usage: "by policy: calls, tokens, US dollars (null: its price is not known)",
  toolCalls: "by tool",
  incidents: "how many there were",
  incidentsBy: "… by plugin",
  stages: "by stage: trainer, model's folder, rows, metrics, seconds, why it is out of date",
  rewardModel: "what its evaluation found",
  evaluation: "models with their shares right, and how they compare; each with an interval of 95 % (value, low, high, n)",
};

/** What a command leaves that works on a run. */
export const RUN_ANSWERS: readonly Answer[] = [
  {
    fields: {
      ...SUMMARY,
      folder: "the run's, as a whole path",
      files: "sft, preferences, siblings, hardCases, card, summary: whole paths",
      report: "the report's whole path, where the run has stages",
    },
  },
];
