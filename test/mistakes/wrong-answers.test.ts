/** Taps that answer with something else than their hook takes: what their author reads while the run goes on, and at its end, word for word. */
import { saysInFullHere } from "./mistake.ts";
import { ONE, plugin, scorer } from "./plugins.ts";

const each = (row: string) => `return batch.map(() => (${row}));`;
const gate = (answer: string) => plugin("gate", `api.hooks.shouldRepair.tapPromise({}, async ({ items }) => ${answer});`);

saysInFullHere("a scorer that gives", [
  {
    mistake: "NaN",
    plugin: scorer(each("{ mine: { value: 0 / 0 } }")),
    exit: 1,
    says: `! mine: query q-N: "mine" gave NaN for "mine". A value is a number from 0 to 1; where there is none, give { skipped: "why" } or { failed: "why" }
! mine: query q-N: "mine" gave NaN for "mine". A value is a number from 0 to 1; where there is none, give { skipped: "why" } or { failed: "why" } (more of these are in log.jsonl)
[ATRAJ_SCORER_FAILED] scorer "mine": it failed on 10 questions in a row; the last: "mine" gave NaN for "mine". A value is a number from 0 to 1; where there is none, give { skipped: "why" } or { failed: "why" }
  in mine.mjs:4, named in demo.yaml:9
  Nothing is lost: correct it, then \`autotraj resume runs/demo\` scores again; calls that were made are not made again.`,
  },
  {
    mistake: "a text",
    plugin: scorer(each('{ mine: { value: "good" } }')),
    exit: 1,
    says: `! mine: query q-N: "mine" gave "good" for "mine". A value is a number from 0 to 1; where there is none, give { skipped: "why" } or { failed: "why" }
! mine: query q-N: "mine" gave "good" for "mine". A value is a number from 0 to 1; where there is none, give { skipped: "why" } or { failed: "why" } (more of these are in log.jsonl)
[ATRAJ_SCORER_FAILED] scorer "mine": it failed on 10 questions in a row; the last: "mine" gave "good" for "mine". A value is a number from 0 to 1; where there is none, give { skipped: "why" } or { failed: "why" }
  in mine.mjs:4, named in demo.yaml:9
  Nothing is lost: correct it, then \`autotraj resume runs/demo\` scores again; calls that were made are not made again.`,
  },
  {
    mistake: "more than its range",
    plugin: scorer(each("{ mine: { value: 7 } }")),
    exit: 1,
    says: `! mine: query q-N: "mine" gave 7 for "mine". A value is a number from 0 to 1; a dimension that has another range declares it: { description, range: [least, most] }
! mine: query q-N: "mine" gave 7 for "mine". A value is a number from 0 to 1; a dimension that has another range declares it: { description, range: [least, most] } (more of these are in log.jsonl)
[ATRAJ_SCORER_FAILED] scorer "mine": it failed on 10 questions in a row; the last: "mine" gave 7 for "mine". A value is a number from 0 to 1; a dimension that has another range declares it: { description, range: [least, most] }
  in mine.mjs:4, named in demo.yaml:9
  Nothing is lost: correct it, then \`autotraj resume runs/demo\` scores again; calls that were made are not made again.`,
  },
  {
    mistake: "a bare number in place of a score",
    plugin: scorer(each("{ mine: 1 }")),
    exit: 1,
    says: `! mine: query q-N: "mine" gave the bare number 1 for "mine". A score is an object: { value: 1 }
! mine: query q-N: "mine" gave the bare number 1 for "mine". A score is an object: { value: 1 } (more of these are in log.jsonl)
[ATRAJ_SCORER_FAILED] scorer "mine": it failed on 10 questions in a row; the last: "mine" gave the bare number 1 for "mine". A score is an object: { value: 1 }
  in mine.mjs:4, named in demo.yaml:9
  Nothing is lost: correct it, then \`autotraj resume runs/demo\` scores again; calls that were made are not made again.`,
  },
  {
    mistake: "a bare number in place of a row",
    plugin: scorer(each("1")),
    exit: 1,
    says: `! mine: query q-N: "mine" gave 1 for a trajectory. A row names its dimensions: { mine: { value } }
! mine: query q-N: "mine" gave 1 for a trajectory. A row names its dimensions: { mine: { value } } (more of these are in log.jsonl)
[ATRAJ_SCORER_FAILED] scorer "mine": it failed on 10 questions in a row; the last: "mine" gave 1 for a trajectory. A row names its dimensions: { mine: { value } }
  in mine.mjs:4, named in demo.yaml:9
  Nothing is lost: correct it, then \`autotraj resume runs/demo\` scores again; calls that were made are not made again.`,
  },
  {
    mistake: "too few rows",
    plugin: scorer("return [];"),
    exit: 1,
    says: `! mine: its tap of "score" returned 0 rows for 2 trajectories, query q-N. It must return a list with one row per trajectory, in their order.
! mine: its tap of "score" returned 0 rows for 2 trajectories, query q-N. It must return a list with one row per trajectory, in their order. (more of these are in log.jsonl)
[ATRAJ_SCORER_FAILED] scorer "mine": it failed on 10 questions in a row; the last: its tap of "score" returned 0 rows for 2 trajectories, query q-N. It must return a list with one row per trajectory, in their order.
  in mine.mjs:4, named in demo.yaml:9
  Nothing is lost: correct it, then \`autotraj resume runs/demo\` scores again; calls that were made are not made again.`,
  },
  {
    mistake: "one row for all",
    plugin: scorer("return { mine: { value: 1 } };"),
    exit: 1,
    says: `! mine: its tap of "score" returned an object for 2 trajectories, query q-N. It must return a list with one row per trajectory, in their order.
! mine: its tap of "score" returned an object for 2 trajectories, query q-N. It must return a list with one row per trajectory, in their order. (more of these are in log.jsonl)
[ATRAJ_SCORER_FAILED] scorer "mine": it failed on 10 questions in a row; the last: its tap of "score" returned an object for 2 trajectories, query q-N. It must return a list with one row per trajectory, in their order.
  in mine.mjs:4, named in demo.yaml:9
  Nothing is lost: correct it, then \`autotraj resume runs/demo\` scores again; calls that were made are not made again.`,
  },
  {
    mistake: "nothing",
    plugin: scorer("batch.map(() => ({ mine: { value: 1 } }));"),
    exit: 1,
    says: `! mine: its tap of "score" returned undefined for 2 trajectories, query q-N. It must return a list with one row per trajectory, in their order.
! mine: its tap of "score" returned undefined for 2 trajectories, query q-N. It must return a list with one row per trajectory, in their order. (more of these are in log.jsonl)
[ATRAJ_SCORER_FAILED] scorer "mine": it failed on 10 questions in a row; the last: its tap of "score" returned undefined for 2 trajectories, query q-N. It must return a list with one row per trajectory, in their order.
  in mine.mjs:4, named in demo.yaml:9
  Nothing is lost: correct it, then \`autotraj resume runs/demo\` scores again; calls that were made are not made again.`,
  },
  {
    mistake: "a dimension that it does not declare",
    plugin: scorer(each("{ mien: { value: 1 } }")),
    exit: 1,
    says: `! mine: query q-N: "mine" gave a score for "mien", which it does not declare. Did you mean "mine"?
! mine: query q-N: "mine" gave a score for "mien", which it does not declare. Did you mean "mine"? (more of these are in log.jsonl)
[ATRAJ_SCORER_FAILED] scorer "mine": it failed on 10 questions in a row; the last: "mine" gave a score for "mien", which it does not declare. Did you mean "mine"?
  in mine.mjs:4, named in demo.yaml:9
  Nothing is lost: correct it, then \`autotraj resume runs/demo\` scores again; calls that were made are not made again.`,
  },
  {
    mistake: "a changed trajectory",
    plugin: scorer('for (const { trajectory } of batch) trajectory.answer = "42";', ONE),
    exit: 1,
    says: `! mine: its tap of "score" tried in mine.mjs:5 to change "answer" of what it was given, query q-N: all of that is read-only. Change a copy, made by copyOf of @autotraj/core/plugin.
! mine: its tap of "score" tried in mine.mjs:5 to change "answer" of what it was given, query q-N: all of that is read-only. Change a copy, made by copyOf of @autotraj/core/plugin. (more of these are in log.jsonl)
[ATRAJ_SCORER_FAILED] scorer "mine": it failed on 10 questions in a row; the last: its tap of "score" tried in mine.mjs:5 to change "answer" of what it was given, query q-N: all of that is read-only. Change a copy, made by copyOf of @autotraj/core/plugin.
  in mine.mjs:4, named in demo.yaml:9
  Nothing is lost: correct it, then \`autotraj resume runs/demo\` scores again; calls that were made are not made again.`,
  },
  {
    mistake: "more in a list that was handed to it",
    plugin: scorer('batch[0].trajectory.messages.push({ role: "user", content: "And?" });', ONE),
    exit: 1,
    says: `! mine: its tap of "score" tried in mine.mjs:5 to change a list of what it was given, query q-N: all of that is read-only. Change a copy, made by copyOf of @autotraj/core/plugin.
! mine: its tap of "score" tried in mine.mjs:5 to change a list of what it was given, query q-N: all of that is read-only. Change a copy, made by copyOf of @autotraj/core/plugin. (more of these are in log.jsonl)
[ATRAJ_SCORER_FAILED] scorer "mine": it failed on 10 questions in a row; the last: its tap of "score" tried in mine.mjs:5 to change a list of what it was given, query q-N: all of that is read-only. Change a copy, made by copyOf of @autotraj/core/plugin.
  in mine.mjs:4, named in demo.yaml:9
  Nothing is lost: correct it, then \`autotraj resume runs/demo\` scores again; calls that were made are not made again.`,
  },
  {
    mistake: "an error",
    plugin: scorer('throw new Error("out of paper");'),
    exit: 1,
    says: `! mine: its tap of "score" failed in mine.mjs:5, query q-N: out of paper
! mine: its tap of "score" failed in mine.mjs:5, query q-N: out of paper (more of these are in log.jsonl)
[ATRAJ_SCORER_FAILED] scorer "mine": it failed on 10 questions in a row; the last: its tap of "score" failed in mine.mjs:5, query q-N: out of paper
  in mine.mjs:4, named in demo.yaml:9
  Nothing is lost: correct it, then \`autotraj resume runs/demo\` scores again; calls that were made are not made again.`,
  },
  {
    mistake: "no answer in time",
    plugin: scorer("return new Promise(() => {});"),
    run: "hookTimeoutMs: 300",
    exit: 1,
    says: `! mine: its tap of "score" did not come back within 0.3 s, query q-N. Raise run.hookTimeoutMs if the work is really that long.
! mine: its tap of "score" did not come back within 0.3 s, query q-N. Raise run.hookTimeoutMs if the work is really that long. (more of these are in log.jsonl)
[ATRAJ_SCORER_FAILED] scorer "mine": it failed on 10 questions in a row; the last: its tap of "score" did not come back within 0.3 s, query q-N. Raise run.hookTimeoutMs if the work is really that long.
  in mine.mjs:4, named in demo.yaml:9
  Nothing is lost: correct it, then \`autotraj resume runs/demo\` scores again; calls that were made are not made again.`,
  },
  {
    mistake: "NaN, where the preset lets that end the run",
    plugin: scorer(each("{ mine: { value: 0 / 0 } }")),
    run: "onScorerError: fail",
    exit: 1,
    says: `[ATRAJ_SCORER_FAILED] scorer "mine": query q-N: "mine" gave NaN for "mine". A value is a number from 0 to 1; where there is none, give { skipped: "why" } or { failed: "why" }
  in mine.mjs:4, named in demo.yaml:9
  Nothing is lost: correct it, then \`autotraj resume runs/demo\` scores again; calls that were made are not made again.`,
  },
]);

saysInFullHere("another plugin that gives", [
  {
    mistake: "as a gate, a decision that there is not",
    plugin: gate('items.map(() => ({ decision: "accept", reason: "good" }))'),
    exit: 1,
    says: `2 gates decide, and only what all of them keep is kept: gate, mine. To have one alone, take the others out (plugins.gate: false).
! query: [ATRAJ_HOOK_RESULT] plugin "mine" (mine): its tap of "shouldRepair" returned the decision "accept", query q-N. It must return verdicts as { decision: "keep" | "repair" | "discard", reason }. (mine.mjs:4, named in demo.yaml:9)
! query: [ATRAJ_HOOK_RESULT] plugin "mine" (mine): its tap of "shouldRepair" returned the decision "accept", query q-N. It must return verdicts as { decision: "keep" | "repair" | "discard", reason }. (mine.mjs:4, named in demo.yaml:9) (more of these are in log.jsonl)`,
  },
  {
    mistake: "as a gate, a verdict without a reason",
    plugin: gate('items.map(() => ({ decision: "keep" }))'),
    exit: 1,
    says: `2 gates decide, and only what all of them keep is kept: gate, mine. To have one alone, take the others out (plugins.gate: false).
! query: [ATRAJ_HOOK_RESULT] plugin "mine" (mine): its tap of "shouldRepair" returned a verdict without a reason, query q-N. It must return verdicts as { decision: "keep" | "repair" | "discard", reason }. (mine.mjs:4, named in demo.yaml:9)
! query: [ATRAJ_HOOK_RESULT] plugin "mine" (mine): its tap of "shouldRepair" returned a verdict without a reason, query q-N. It must return verdicts as { decision: "keep" | "repair" | "discard", reason }. (mine.mjs:4, named in demo.yaml:9) (more of these are in log.jsonl)`,
  },
  {
    mistake: "as a gate, one verdict for all",
    plugin: gate('({ decision: "keep", reason: "good" })'),
    exit: 1,
    says: `2 gates decide, and only what all of them keep is kept: gate, mine. To have one alone, take the others out (plugins.gate: false).
! query: [ATRAJ_HOOK_RESULT] plugin "mine" (mine): its tap of "shouldRepair" returned an object for 2 trajectories, query q-N. It must return a list with one verdict per trajectory, in their order, or nothing to abstain. (mine.mjs:4, named in demo.yaml:9)
! query: [ATRAJ_HOOK_RESULT] plugin "mine" (mine): its tap of "shouldRepair" returned an object for 2 trajectories, query q-N. It must return a list with one verdict per trajectory, in their order, or nothing to abstain. (mine.mjs:4, named in demo.yaml:9) (more of these are in log.jsonl)`,
  },
  {
    mistake: "as a repairer, a text",
    plugin: plugin("repairer", 'api.hooks.repair.tapPromise({}, async () => "a better answer");'),
    exit: 0,
    says: `! mine: its tap of "repair" returned "a better answer", trajectory t-ID. It must return a trajectory, as the service ROLLOUT writes one, or nothing where it has none to offer.
! mine: its tap of "repair" returned "a better answer", trajectory t-ID. It must return a trajectory, as the service ROLLOUT writes one, or nothing where it has none to offer. (more of these are in log.jsonl)`,
  },
  {
    mistake: "as a preparer, a prompt",
    plugin: plugin("preparer", 'api.hooks.beforeRollout.tapPromise({}, async () => "think first");'),
    exit: 1,
    says: `! query: [ATRAJ_HOOK_RESULT] plugin "mine" (mine): its tap of "beforeRollout" returned "think first", query q-N. It must return the request, changed or not, or { drop: reason }, or nothing. (mine.mjs:4, named in demo.yaml:9)
! query: [ATRAJ_HOOK_RESULT] plugin "mine" (mine): its tap of "beforeRollout" returned "think first", query q-N. It must return the request, changed or not, or { drop: reason }, or nothing. (mine.mjs:4, named in demo.yaml:9) (more of these are in log.jsonl)`,
  },
  {
    mistake: "as a tool, no definition",
    plugin: plugin(
      "tool",
      'api.provide({ key: Symbol.for("autotraj:tool"), name: "tool", many: true }, { identity: "mine 1", call: async () => ({}) });',
    ),
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] tool "mine": it has no definition.
  A tool is { definition: { name, description, parameters }, identity, call }, with a JSON Schema of type object as its parameters.`,
  },
]);
