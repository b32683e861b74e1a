/** Replays a worked solution through the real tools: right reasoning whose every observation is real. */

import { resolve } from "node:path";
import { DIALECTS, definePlugin, type Query, ROLLOUT, type RolloutRequest, TOOL, type ToolMessage, type Trajectory } from "@autotraj/core/plugin";
import { madeCalls } from "@autotraj/evidence/calls";
import { hasOperation } from "@autotraj/evidence/handed";
import { handingCall } from "@autotraj/repair-offers/handed-answer";
import { brief } from "@autotraj/trajectory-text/brief";
import { agrees } from "./agreement.ts";
import { SOLUTION_DIALECTS, type WorkedSolution } from "./dialects.ts";
import { Nothing } from "./nothing.ts";
import { OPTIONS, type ReferenceRepairerOptions } from "./options.ts";
import { readSolutions, Solutions } from "./solutions.ts";
import { type CallShape, callShape, turnsOf } from "./turns.ts";

export type { ReferenceRepairerOptions } from "./options.ts";

export default definePlugin<ReferenceRepairerOptions>({
  meta: {
    name: "@autotraj/repairer-reference",
    apiVersion: 1,
    kind: "repairer",
    description: "Replays a worked solution through the real tools",
    options: OPTIONS,
    supports: { deterministic: true, network: false, gold: true },
  },
  setup(api, options) {
    const rollout = api.use(ROLLOUT);
    const dialects = api.use(DIALECTS);
    const solutionDialect = SOLUTION_DIALECTS[options.dialect];
    const toolId = options.tool || solutionDialect.tool;
    const nothing = new Nothing(api.log);
    let solutions = new Solutions();
    let shape: CallShape;
    // Only now: a tool may be offered as late as its own start.
    api.onStart(async () => {
      shape = callShape(api.use(TOOL, toolId), options.call);
      if (options.solutions === "") return;
      solutions = readSolutions(resolve(api.baseDir, options.solutions));
      if (solutions.repeated > 0) {
        api.log.warn(`${options.solutions}: ${solutions.repeated} × another solution for a question that is there already; the first one counts`);
      }
    });
    api.onDispose(() => nothing.sumUp());

    const solutionOf = ({ meta, solution, question }: Query): string | undefined => {
      const own = options.field === "" ? undefined : meta?.[options.field];
      return typeof own === "string" ? own : (solution ?? solutions.find(question));
    };

    api.hooks.repair.tapPromise({}, async ({ request, original }, run) => {
      const offerNothing = ({ reason, details }: NoReplay) => nothing.offered(request.query.id, reason, details);
      const text = solutionOf(request.query);
      if (text === undefined) return offerNothing({ reason: "there is no worked solution" });
      const { worked, problem } = solutionDialect.read(text);
      if (worked === undefined) return offerNothing({ reason: `the solution cannot be replayed: ${problem}` });
      const refused = refusedBy(request, toolId, worked.steps.length);
      if (refused !== undefined) return offerNothing(refused);
      const turns = turnsOf(worked, shape, dialects.get(request.dialect));
      if (turns === undefined) return offerNothing({ reason: `the solution's text breaks the dialect ${request.dialect}` });
      const replayed = await rollout.replay(request, {
        key: `reference ${api.id} ${original.trajectory.id}`,
        turns,
        answer: worked.answer,
        provenance: {
          origin: "repair",
          parent: original.trajectory.id,
          sawGold: true,
          notes: { source: "solution", dialect: options.dialect, marks: worked.steps.length },
        },
        signal: run.signal,
      });
      const outcome = outcomeOf(replayed, worked, options.onMismatch);
      return "reason" in outcome ? offerNothing(outcome) : outcome;
    });
  },
});

/** Why nothing is offered. */
interface NoReplay {
  readonly reason: string;
  readonly details?: string;
}

/** What the request does not allow of so many calls of this tool. */
function refusedBy({ tools, maxToolCalls, maxTurns }: RolloutRequest, tool: string, calls: number): NoReplay | undefined {
  if (!tools.includes(tool)) return { reason: `the tool "${tool}" is not among rollout.tools` };
  if (calls > maxToolCalls) return { reason: "the solution makes more calls than rollout.maxToolCalls", details: `${calls}, not ${maxToolCalls}` };
  if (calls + 1 > maxTurns) return { reason: "the solution takes more turns than rollout.maxTurns", details: `${calls + 1}, not ${maxTurns}` };
  return undefined;
}

/** The replay, where it ended as the solution does and the tools agree with it as far as is asked for. */
function outcomeOf(replayed: Trajectory, worked: WorkedSolution, onMismatch: ReferenceRepairerOptions["onMismatch"]): Trajectory | NoReplay {
  const { failed, contradicted } = compare(replayed, worked);
  if (failed !== undefined) return { reason: "a call failed", details: shown(failed.content) };
  if (replayed.finish !== "answer") return { reason: `the replay ended early (${replayed.finish})` };
  const copied = copiedIn(replayed);
  if (copied !== undefined) return copied;
  const [first] = contradicted;
  if (first === undefined) return replayed;
  if (onMismatch === "refuse") return { reason: "the tool gave another value than the solution states", details: first };
  const { provenance } = replayed;
  return { ...replayed, provenance: { ...provenance, notes: { ...provenance.notes, mismatches: contradicted.length } } };
}

/** A solution whose calls only print shows nobody how to compute, however right it is. */
function copiedIn(replayed: Trajectory): NoReplay | undefined {
  const handing = handingCall(replayed);
  if (handing !== undefined)
    return { reason: "a call holds the gold answer, which neither the question nor a result has given", details: shown(handing.text) };
  const calls = madeCalls(replayed, []);
  if (calls.some(({ kind, text }) => kind === "search" || hasOperation(text))) return undefined;
  return { reason: "no call computes anything", details: shown(calls[0]?.text ?? "") };
}

/** The first call that failed, and where the tools contradict the solution. */
function compare({ messages }: Trajectory, { steps }: WorkedSolution): { failed: ToolMessage | undefined; contradicted: readonly string[] } {
  const results = messages.filter((message): message is ToolMessage => message.role === "tool");
  const contradicted = steps.flatMap(({ call, expected }, index) => {
    const seen = results[index]?.content;
    if (expected === undefined || seen === undefined || agrees(seen, expected)) return [];
    return [`${shown(call)} gave ${shown(seen)}, not ${shown(expected)}`];
  });
  return { failed: results.find(({ ok }) => !ok), contradicted };
}

function shown(text: string): string {
  return brief(text, 80);
}
