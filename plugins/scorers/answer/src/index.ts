/** Is the final answer right? Text and numbers are judged here, formulas by math-verify in processes of their own. */
import { definePlugin, type PluginApi, PYTHON, type RunContext, type Score, type ScoreItem, type Scores } from "@autotraj/core/plugin";
import { type Finding, judge } from "./judge.ts";
import { MathVerify, type WorkerVerdict } from "./math-verify.ts";
import { type AnswerOptions, OPTIONS_SCHEMA } from "./options.ts";
import { answerBody } from "./paper-judge.ts";
import { readOptions } from "./shown-options.ts";

/** What is known of one trajectory's answer: one finding per gold answer. */
type Findings = readonly Finding[];

export default definePlugin<AnswerOptions>({
  meta: {
    name: "@autotraj/scorer-answer",
    apiVersion: 1,
    kind: "scorer",
    description: "Is the final answer right? Exact text, EM and F1, numbers, LaTeX through math-verify",
    options: OPTIONS_SCHEMA,
    requires: [PYTHON],
    supports: { deterministic: true, network: false },
  },
  setup(api, options) {
    const mathVerify = new MathVerify(api.use(PYTHON), { ...options, settings: options.mathVerify });
    api.onDispose(() => mathVerify.dispose());
    const [correctness, f1] = [`correctness${options.suffix}`, `f1${options.suffix}`];
    const dimensions = {
      [correctness]: { description: "1: the final answer matches one of the gold answers; 0: it does not" },
      [f1]: { description: "Token F1 with the closest gold answer, where answers are compared as text; by the paper's rules, everywhere" },
    };
    api.hooks.score.tapPromise({ dimensions }, async (batch, run) => {
      const findings = batch.map((item) => findingsOf(item, options));
      const verdicts = await askMathVerify(findings, mathVerify, run, api);
      return findings.map((found): Scores => {
        if (found === undefined)
          return { [correctness]: { skipped: "the query has no gold answer" }, [f1]: { skipped: "the query has no gold answer" } };
        return { [correctness]: correctnessOf(found, verdicts), [f1]: f1Of(found) };
      });
    });
  },
});

/** Undefined where the query has no gold answer. */
function findingsOf({ trajectory, query }: ScoreItem, options: AnswerOptions): Findings | undefined {
  const answers = query.answers.filter((answer) => answer.trim() !== "");
  if (answers.length === 0) return undefined;
  const method = (query.task === undefined ? undefined : options.methods[query.task]) ?? options.method;
  const shown = readOptions(query.question, query.meta);
  const given = options.rules === "strict" ? (trajectory.answer ?? "") : answerBody(trajectory);
  if (given === undefined) return answers.map(() => ({ verdict: "wrong", reason: "there is no <answer>", f1: 0 }));
  return answers.map((gold) => judge(gold, given, { ...options, method }, shown));
}

/** Asks only where no gold answer matches already. A machine without math-verify costs the formulas their score, not the rest. */
async function askMathVerify(
  findings: readonly (Findings | undefined)[],
  mathVerify: MathVerify,
  { signal }: RunContext,
  { log }: PluginApi,
): Promise<ReadonlyMap<Finding, WorkerVerdict>> {
  const open = findings.filter((found) => found !== undefined && !found.some(({ verdict }) => verdict === "right")) as Findings[];
  const asked = open.flat().filter((finding) => finding.verdict === "ask");
  try {
    const verdicts = await mathVerify.compare(
      asked.map(({ workerCase }) => workerCase),
      signal,
    );
    return new Map(asked.map((finding, index) => [finding, verdicts[index] as WorkerVerdict]));
  } catch (error) {
    if (signal.aborted) throw error;
    const failed = `math-verify could not be started: ${error instanceof Error ? error.message : String(error)}`;
    log.warn(`${asked.length} ${asked.length === 1 ? "answer was" : "answers were"} not judged; ${failed}`);
    return new Map(asked.map((finding) => [finding, { failed }]));
  }
}

function correctnessOf(findings: Findings, verdicts: ReadonlyMap<Finding, WorkerVerdict>): Score {
  const scores = findings.map((finding) => scoreOf(finding, verdicts.get(finding)));
  const right = scores.find((score) => "value" in score && score.value === 1);
  const decisive = right ?? scores.find((score) => "failed" in score) ?? (scores[0] as Score);
  if (!("value" in decisive) || decisive.value === 1 || scores.length === 1) return decisive;
  return { value: 0, reason: `none of ${scores.length} gold answers: ${decisive.reason}` };
}

function scoreOf(finding: Finding, verdict: WorkerVerdict | undefined): Score {
  if (finding.verdict !== "ask" || verdict === undefined) return { value: finding.verdict === "right" ? 1 : 0, reason: finding.reason };
  if ("failed" in verdict) return { failed: `${finding.reason}: ${verdict.failed}` };
  if ("equal" in verdict)
    return { value: verdict.equal ? 1 : 0, reason: `${finding.reason}: ${verdict.equal ? "equal" : "not equal"} by math-verify` };
  const equal = verdict.converted.some(([gold, given]) => finding.isConverted?.(gold, given));
  const why = equal ? "equal" : verdict.converted.length === 0 ? "units of different kinds" : "not equal";
  return { value: equal ? 1 : 0, reason: `${finding.reason}: ${why}, once converted by pint` };
}

function f1Of(findings: Findings): Score {
  const values = findings.flatMap((finding) => ("f1" in finding && finding.f1 !== undefined ? [finding.f1] : []));
  return values.length === 0 ? { skipped: "the answer was not compared as text" } : { value: Math.max(...values) };
}
