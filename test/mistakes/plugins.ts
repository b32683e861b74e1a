/** Plugins in their shortest form, line by line, for one mistake each. */

export const EMPTY = '{ type: "object", additionalProperties: false, properties: {} }';

/** Line 2 is its meta, line 4 the first of its set-up. */
export function plugin(kind: string, ...body: readonly string[]): readonly string[] {
  return [
    "export default {",
    `  meta: { name: "mine", apiVersion: 1, kind: "${kind}", description: "Mine", options: ${EMPTY} },`,
    "  setup(api) {",
    ...body.map((line) => `    ${line}`),
    "  },",
    "};",
  ];
}

/** What never comes. In the tests' process its limit is over as soon as nothing else is waited for (`passing-limits.ts`). */
export const FOR_EVER = "new Promise(() => globalThis.hangs?.())";

export const ONE = "return batch.map(() => ({ mine: { value: 1 } }));";

/** A tap of `score` for the dimension `mine`, in three lines or more. */
export function tap(...body: readonly string[]): readonly string[] {
  return [
    'api.hooks.score.tapPromise({ dimensions: { mine: { description: "good" } } }, async (batch) => {',
    ...body.map((line) => `  ${line}`),
    "});",
  ];
}

/** Line 4 taps, line 5 is the tap's first. */
export function scorer(...body: readonly string[]): readonly string[] {
  return plugin("scorer", ...tap(...body));
}

/** The same with something else in one place. */
export function but(lines: readonly string[], right: string | RegExp, wrong: string): readonly string[] {
  return lines.join("\n").replace(right, wrong).split("\n");
}
