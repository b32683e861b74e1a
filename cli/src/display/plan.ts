/** A plan as a person reads it: what is wired to what, then what it would ask, write, cost and take, and what nobody knows. */
import { type AbsentValue, counted, HOOK_TABLE, type HookName, placeText } from "@autotraj/core";
import type { Estimate, Plan } from "@autotraj/planning";
import { count, seconds } from "@autotraj/report";
import { absentLines, lackLines } from "./absent.ts";
import { sentence } from "./lines.ts";
import { table } from "./table.ts";

export interface PlanSurroundings {
  readonly absent: readonly AbsentValue[];
  /** The command that asks a few questions for real. */
  readonly probing: string;
}

export function renderPlan(plan: Plan, { absent, probing }: PlanSurroundings): string {
  const blocks = [
    [`preset ${plan.preset}`, ...plan.notices].join("\n"),
    tableOf(["id", "kind", "package", "version"], plan.plugins.map(Object.values)),
    tableOf(["policy", "model", "USD per million tokens: prompt, written"], Object.entries(plan.models).map(modelRow)),
    table(["hook", "taps in order"], hookRows(plan)),
    tableOf(["dimension", "filled by", "a high value means"], plan.dimensions.map(Object.values)),
    tableOf(
      ["stage", "trainer", "settings"],
      plan.stages.map(({ stage, trainer, settings }) => [stage, trainer ?? "–", JSON.stringify(settings)]),
    ),
    sentence(calls(plan)),
    plan.estimate === null ? notEstimated(plan, probing) : estimateText(plan.estimate),
    absentLines(absent).join("\n"),
    lackLines(plan.lacks).join("\n"),
  ];
  return blocks.filter((block) => block !== "").join("\n\n");
}

/** Nothing where there is nothing to list. */
function tableOf(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? "" : table(header, rows);
}

function modelRow([id, { model, price, priceFrom }]: [string, Plan["models"][string]]): readonly string[] {
  if (price === null || typeof price !== "object") return [id, model, "not known"];
  const { input, output } = price as { readonly input: number; readonly output: number };
  return [id, model, `${input}, ${output}${priceFrom === undefined ? "" : ` (${priceFrom})`}`];
}

function hookRows(plan: Plan): readonly (readonly string[])[] {
  return (Object.keys(HOOK_TABLE) as HookName[]).map((hook) => {
    const order = hook === "score" ? plan.scoreLevels.map((level) => level.join(" + ")).join(" → ") : (plan.hooks[hook] ?? []).join(" → ");
    return [hook, order === "" ? "–" : order];
  });
}

function calls(plan: Plan): string {
  if (plan.recorded.length > 0)
    return `Candidates are read from ${plan.recorded.map((file) => placeText({ file, line: 0 })).join(", ")}; nothing is rolled out, and ${callersOf(plan)}.`;
  if (plan.questions === null) return "No questions yet: set queries.train.";
  const cost = plan.rolloutUsdAtMost === null ? "" : `, at most $${plan.rolloutUsdAtMost.toFixed(2)} for what the policy writes`;
  return `${counted(plan.questions, "question")}: ${count(plan.rolloutCalls.atLeast)} to ${counted(plan.rolloutCalls.atMost, "model call")} for rollouts${cost}; ${repairsOf(plan)}.`;
}

function callersOf({ models }: Plan): string {
  return Object.keys(models).length === 0 ? "no model is called" : "only repairs and judges call models";
}

function repairsOf({ repairsPerQuestionAtMost: { trajectories, repeats }, repairCallsAtMost }: Plan): string {
  if (trajectories === 0) return "nothing is repaired";
  const again = repeats === 0 ? "" : `, each of which may be written again (${count(repeats)} in all)`;
  return `on top come repairs, at most ${count(trajectories)} per question${again}: ${counted(repairCallsAtMost, "model call")} if every one takes every turn`;
}

function notEstimated({ questions, recorded }: Plan, probing: string): string {
  if (questions === null || recorded.length > 0) return "";
  return [
    sentence(
      "Not known before anything is asked: how long prompts and answers are, how many candidates need a repair, what judges are asked, how long it all takes.",
    ),
    sentence(`\`${probing}\` asks three questions for real and estimates from them.`),
  ].join("\n");
}

/** `1,200,000` → `1.2 million`: an estimate has no more figures than that. */
function about(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toPrecision(2)} million`;
  return count(Number(value.toPrecision(2)));
}

function estimateText({ from, spending, total, margin, loopSeconds, stageSeconds, unknown }: Estimate): string {
  const rows = spending.map(({ part, policy, calls, promptTokens, completionTokens, usd }) => [
    ...[part, policy, about(calls), about(promptTokens), about(completionTokens)],
    usd === null ? "not known" : `$${usd.toFixed(2)}`,
  ]);
  const known = Object.entries(stageSeconds).flatMap(([name, value]) => (value === null ? [] : [`${name} ${seconds(value)}`]));
  const time = [...(loopSeconds === null ? [] : [`the questions ${seconds(loopSeconds)}`]), ...known];
  const cost = total.usd === null ? "" : `, $${total.usd.toFixed(2)}`;
  const off = margin === null ? "" : `, give or take ${Math.round(100 * margin)}% as questions differ`;
  return [
    `Estimated from ${counted(from.questions, "question")} in ${from.runDir}:`,
    table(["calls for", "policy", "calls", "prompt tokens", "written tokens", "cost"], rows),
    sentence(
      `In all about ${about(total.calls)} calls, ${about(total.promptTokens)} prompt tokens and ${about(total.completionTokens)} written${cost}${off}.`,
    ),
    ...(time.length === 0 ? [] : [sentence(`Time: ${time.join(", ")}, on a machine like the one that did it.`)]),
    ...(unknown.length === 0 ? [] : ["Not known:", ...unknown.map((line) => `  ${line}`)]),
  ].join("\n");
}
