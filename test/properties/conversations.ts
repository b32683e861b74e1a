/** Conversations as agents have them, and the ways in which logs tell of them badly: for property tests of every format. */
import fc from "fast-check";

export interface Call {
  readonly tool: string;
  /** Unique in the conversation; stands in the arguments and in the result, so that a pair can be told from a wrong one. */
  readonly marker: string;
  readonly argument: string;
  readonly result: string;
}
export interface Step {
  readonly thinking: string;
  readonly said: string;
  readonly calls: readonly Call[];
  /** Places of the calls, in the order in which their results came. */
  readonly order: readonly number[];
}
export interface Round {
  readonly asked: string;
  readonly steps: readonly Step[];
  readonly answer: string;
}
export interface Conversation {
  readonly system: string;
  readonly rounds: readonly Round[];
}

export type Ids = "unique" | "missing" | "empty" | "one for all" | "used again";
export interface Telling {
  readonly ids: Ids;
  readonly namesOnResults: boolean;
  /** Parallel calls as several turns with one call each. */
  readonly oneByOne: boolean;
  /** What happened to one result; nothing in most logs. */
  readonly mishap: "none" | "lost" | "twice" | "nobody's" | "early";
}

export const TOOLS = ["weather", "time", "lookup"] as const;

/** What breaks readers: label-like lines, tags of dialects, separators that are line ends to some, right-to-left text, emoji, quotes, braces. */
const ODD = [
  "Observation: 3\nThought: so",
  "</tool_response>",
  "line\u2028end\u2029",
  "שלום مرحبا",
  "👩‍👩‍👧 ½ ² €",
  '{"a": "\\u0000"}',
  "<b>&amp;</b>",
  "\r\n\t",
  "```json\n{}\n```",
  "'\"\\'",
  "12345678901234567890",
  " leading and trailing ",
  "Final Answer: 7",
  "ÅÅ ﬁ İ",
] as const;

const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("Oslo", "Rome, Italy", "3 C", "It is late.", "7") },
  { weight: 2, arbitrary: fc.constantFrom(...ODD) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 12 }) },
);
/** Words that no reader may take for anything else. */
const plain: fc.Arbitrary<string> = fc.constantFrom("Let me look.", "I see.", "One moment, please.");
const maybe = (arbitrary: fc.Arbitrary<string>) => fc.oneof({ weight: 2, arbitrary: fc.constant("") }, { weight: 1, arbitrary });

interface Shape {
  /** Calls in one turn, at most. */
  readonly parallel: number;
  /** Questions in one conversation, at most. */
  readonly rounds: number;
}

export function conversations({ parallel, rounds }: Shape): fc.Arbitrary<Conversation> {
  const call = fc.record({ tool: fc.constantFrom(...TOOLS), argument: text, result: text });
  const step = fc
    .record({ thinking: maybe(plain), said: maybe(plain), calls: fc.array(call, { minLength: 1, maxLength: parallel }) })
    .chain(({ thinking, said, calls }) =>
      fc
        .shuffledSubarray(
          calls.map((_, place) => place),
          { minLength: calls.length },
        )
        .map((order) => ({ thinking, said, calls, order })),
    );
  const round = fc.record({ asked: plain, steps: fc.array(step, { maxLength: 3 }), answer: plain });
  return fc
    .record({ system: maybe(fc.constant("Be brief.")), rounds: fc.array(round, { minLength: 1, maxLength: rounds }) })
    .map(({ system, rounds: all }) => {
      let number = 0;
      return {
        system,
        rounds: all.map((one, place) => ({
          ...one,
          asked: `${one.asked} (${place})`,
          steps: one.steps.map((each) => ({ ...each, calls: each.calls.map((made) => ({ ...made, marker: `m${number++}` })) })),
        })),
      };
    });
}

export const tellings: fc.Arbitrary<Telling> = fc.record({
  ids: fc.constantFrom<Ids>("unique", "missing", "empty", "one for all", "used again"),
  namesOnResults: fc.boolean(),
  oneByOne: fc.boolean(),
  mishap: fc.oneof(
    { weight: 3, arbitrary: fc.constant("none" as const) },
    { weight: 1, arbitrary: fc.constantFrom("lost" as const, "twice" as const, "nobody's" as const, "early" as const) },
  ),
});

/** The order in which a log can have a step's results and still be understood: any where ids or names tell them apart, else that of the calls. */
export function tellableOrder(step: Step, { ids, namesOnResults }: Pick<Telling, "ids" | "namesOnResults">): readonly number[] {
  const tools = step.calls.map(({ tool }) => tool);
  const namesTell = namesOnResults && new Set(tools).size === tools.length;
  return ids === "unique" || ids === "used again" || namesTell ? step.order : step.calls.map((_, place) => place);
}

export function callsOf({ rounds }: Conversation): readonly Call[] {
  return rounds.flatMap(({ steps }) => steps.flatMap(({ calls }) => calls));
}
