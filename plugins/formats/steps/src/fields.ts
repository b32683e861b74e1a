/** Which names a row gives its fields: those of the preset, or the usual ones where the preset leaves the defaults. */
import type { JsonObject } from "@autotraj/core/plugin";
import { invalid, isObject, scalarText } from "@autotraj/core/rows";
import type { FieldNames } from "./options.ts";

/** By default name, what else logs call it. An `action` is a tool's name where its input stands apart from it. */
const IN_A_ROW: Partial<Record<keyof FieldNames, readonly string[]>> = {
  question: ["question", "query", "problem", "instruction"],
  steps: ["steps", "trajectory"],
  final: ["final", "final_answer", "final_response"],
};
const IN_A_STEP: Partial<Record<keyof FieldNames, readonly string[]>> = {
  thought: ["thought", "reasoning", "thinking"],
  tool: ["tool", "tool_name", "action", "action_name"],
  input: ["input", "tool_input", "action_input", "arguments", "args"],
  observation: ["observation", "result", "tool_output", "output"],
};
/** What carries a call in other logs; and what does so where no input stands beside it. */
const CALLS = ["action", "tool_call", "tool_calls", "function_call"];
const INPUTS = ["function", "command", "code", "parameters"];

export function fieldsOf(row: JsonObject, names: FieldNames): FieldNames {
  const inRow = { ...names, ...chosen(IN_A_ROW, names, [row]) };
  const steps = row[inRow.steps];
  return { ...inRow, ...chosen(IN_A_STEP, names, Array.isArray(steps) ? steps.filter(isObject) : []) };
}

/** The same for one step: a log may call what one step holds otherwise than in the others. A step without a tool has words of its own, and no result. */
export function fieldsOfStep(step: JsonObject, names: FieldNames, chosenForRow: FieldNames): FieldNames {
  const own = { ...chosenForRow, ...chosen(IN_A_STEP, names, [step]) };
  return (step[own.tool] ?? "") === "" ? { ...own, observation: chosenForRow.observation } : own;
}

/** The first name that some object has, where the preset's is the default and no object has it. */
function chosen(usual: typeof IN_A_ROW, names: FieldNames, objects: readonly JsonObject[]): Partial<FieldNames> {
  const isThere = (name: string) => objects.some((object) => (object[name] ?? null) !== null);
  const found = Object.entries(usual).flatMap(([field, others]): [string, string][] => {
    const own = names[field as keyof FieldNames] as string;
    const other = own === others[0] && !isThere(own) ? others.find(isThere) : undefined;
    return other === undefined ? [] : [[field, other]];
  });
  return Object.fromEntries(found) as Partial<FieldNames>;
}

/** @throws where the step holds a call that no field reads: it would be lost */
export function refuseOtherCalls(step: JsonObject, path: string, { tool, input, thought, observation }: FieldNames): void {
  const carriers = (step[input] ?? "") === "" ? [...CALLS, ...INPUTS] : CALLS;
  const stray = carriers.find((name) => ![tool, input, thought, observation].includes(name) && (step[name] ?? "") !== "");
  const action = tool === "action" && step[input] === undefined ? scalarText(step[tool]) : undefined;
  // A name has no spaces and no brackets: this is tool and input in one text.
  const name = stray ?? (action !== undefined && /[\s[({]/.test(action.trim()) ? tool : undefined);
  if (name === undefined) return;
  throw invalid(
    `${path}.${name}`,
    "holds a call that no field reads; name where its tool and its input stand (the format's options fields.tool and fields.input)",
  );
}
