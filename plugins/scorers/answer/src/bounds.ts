/** Bounds and hedges: `at least 42`, `42+`, `about 42` say something of 42, but not that it is the answer. */

export type Qualifier = ">" | "≥" | "<" | "≤" | "≈";

export interface Qualified {
  readonly qualifier: Qualifier | undefined;
  /** What is left without it. */
  readonly rest: string;
}

/** Longer phrases stand before those they begin with. */
const BEFORE: Readonly<Record<Qualifier, string>> = {
  "≥": String.raw`at least|no(?:t)? (?:less|fewer|lower|smaller) than|(?:greater|more|larger|higher) than or equal to|at a minimum|>=|=>|≥|\\geq?(?:slant)?(?![a-z])`,
  "≤": String.raw`at most|no(?:t)? (?:more|greater|larger|higher|over) than|(?:less|fewer|smaller|lower) than or equal to|up to|as (?:many|much) as|at a maximum|<=|=<|≤|\\leq?(?:slant)?(?![a-z])`,
  ">": String.raw`(?:more|greater|larger|higher|bigger|longer) than|over|above|beyond|exceed(?:s|ing)|in excess of|upwards? of|north of|>|\\g(?:tr)?t?(?![a-z])|&gt;`,
  "<": String.raw`(?:less|fewer|smaller|lower|shorter) than|under|below|beneath|short of|<|\\lt(?![a-z])|&lt;`,
  "≈": String.raw`about|around|approximately|approx\.?|roughly|nearly|almost|close to|circa|ca\.|some|somewhere (?:around|near)|something like|in the region of|an estimated|estimated(?: at)?|in the neighbou?rhood of|on the order of|~|≈|≃|≅|\\approx(?:eq)?(?![a-z])|\\sim(?:eq)?(?![a-z])|\\thickapprox|\\doteq`,
};
const AFTER: Readonly<Record<Qualifier, string>> = {
  "≥": String.raw`\+|(?:or|and) (?:more|greater|higher|above|over|up|upwards?|larger|longer|later|older)|at least|(?:at )?(?:the )?minimum|plus`,
  "≤": "or (?:less|fewer|lower|below|under|smaller|shorter|earlier|younger)|at most|(?:at )?(?:the )?max(?:imum)?|tops",
  ">": "(?!)",
  "<": "(?!)",
  "≈": String.raw`or so|or thereabouts|-?ish|approximately|approx\.?|roughly|give or take|\((?:approx\.?|approximately|about|roughly|estimated)\)`,
};
const DEGREE = "(?:(?:just|well|slightly|a little|a bit|somewhat|far|considerably|strictly|only) )?";
/** These state the value itself. */
const STATED = "(?:(?:exactly|precisely|only|just|a total of|equal to|equals) ){0,2}";
const QUALIFIERS = Object.keys(BEFORE) as readonly Qualifier[];
const phrase = (words: string) => String.raw`${DEGREE}(?:${words})(?![a-z])\s*${STATED}`;
const leading = QUALIFIERS.map((qualifier) => [qualifier, new RegExp(`^${phrase(BEFORE[qualifier])}`, "i")] as const);
const closing = QUALIFIERS.map((qualifier) => [qualifier, new RegExp(String.raw`(?:^|[^\p{L}])${phrase(BEFORE[qualifier])}$`, "iu")] as const);
const trailing = QUALIFIERS.map(
  (qualifier) => [qualifier, new RegExp(String.raw`(?:(?<=\d\s?)|(?<=[\s,]))(?:${AFTER[qualifier]})[.)]?$`, "i")] as const,
);
const VALUE = new RegExp(`^${STATED}`, "i");

/** Takes a bound or hedge off either end of a short text. */
export function withoutQualifier(text: string): Qualified {
  const stated = text.replace(VALUE, "");
  for (const [qualifier, pattern] of leading) {
    const found = pattern.exec(stated);
    if (found !== null) return { qualifier, rest: stated.slice(found[0].length) };
  }
  for (const [qualifier, pattern] of trailing) {
    const found = pattern.exec(stated);
    if (found !== null) return { qualifier, rest: stated.slice(0, found.index).replace(/[\s,(]+$/, "") };
  }
  return { qualifier: undefined, rest: stated };
}

/** The bound or hedge that the text before a number ends with. */
export function qualifierBefore(text: string): Qualifier | undefined {
  return closing.find(([, pattern]) => pattern.test(text))?.[0];
}

/** Whether a statement under one qualifier answers a gold answer under another. A rounded decimal is stated with `≈`; an integer is no rounding. */
export function sameQualifier(gold: Qualifier | undefined, given: Qualifier | undefined, goldIsInteger: boolean): boolean {
  if (gold === given) return true;
  if (gold === "≈") return given === undefined;
  return gold === undefined && given === "≈" && !goldIsInteger;
}
