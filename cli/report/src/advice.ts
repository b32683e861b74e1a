/** Where a run gave nothing to learn from, or a model did nothing with its tools: what that comes from most often, and what to try. */
import type { RunSummary } from "@autotraj/core";
import { count } from "./figures/numbers.ts";

export function adviceOn(summary: RunSummary): readonly string[] {
  return [...nothingKept(summary), ...noToolCalled(summary)];
}

const LOW = 0.5;

function nothingKept({ funnel, right, dimensions, datasets }: RunSummary): readonly string[] {
  if (funnel.candidates === 0 || datasets.sft > 0) return [];
  const form = dimensions["format"]?.candidates;
  const why = [
    ...(form != null && form < LOW
      ? [
          `Most candidates break the form (format ${form.toFixed(2)} on average): show worked examples (@autotraj/preparer-few-shot), or set rollout.dialect to native for a model that was taught tool calls.`,
        ]
      : []),
    ...(right !== null && right.judged > 0 && right.candidates === 0
      ? [
          "No candidate's answer is right: try easier questions, a stronger model, worked examples, or more candidates and a higher rollout.temperature.",
        ]
      : []),
    ...(right !== null && right.candidates > 0
      ? [
          `${right.candidates === 1 ? "1 candidate is right, and the gate does not keep it" : `${count(right.candidates)} candidates are right, and the gate keeps none of them`}: its thresholds, or a dimension that it requires, stand against it.`,
        ]
      : []),
    ...(right !== null && right.judged === 0
      ? ["No answer could be judged: the questions have no gold answers, so correctness says nothing. The preset no-gold does without."]
      : []),
  ];
  return [
    "Nothing was kept: there is nothing to learn from.",
    ...why.map((line) => `  ${line}`),
    "  `autotraj explain RUN '#1'` shows the first question's candidates with their scores and verdicts.",
  ];
}

function noToolCalled({ toolCalls, funnel, usage }: RunSummary): readonly string[] {
  const tools = Object.keys(toolCalls);
  const asked = Object.values(usage).reduce((sum, { calls }) => sum + calls, 0);
  // What a cache of several runs answered was asked elsewhere, tools included.
  if (tools.length === 0 || asked < funnel.candidates || asked === 0 || Object.values(toolCalls).some((calls) => calls > 0)) return [];
  return [
    `No candidate called a tool (${tools.join(", ")}).`,
    "  With rollout.dialect native: does the server parse tool calls (vLLM: --enable-auto-tool-choice and a parser for the model)? With tags: show worked examples that call one,",
    "  or a model that was taught to. Questions that need no tool are answered without.",
  ];
}
