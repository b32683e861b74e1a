/**
 * What everybody knows of units: how many of one make another. A text that speaks of both may name the number (12 months in a year), and may say in one unit
 * what it was told in the other (7,200 seconds are 2 hours). English names; common symbols.
 */
import { over, plus, type Rational, times, whole } from "@autotraj/rationals/rational";
import { rational } from "./written-numbers.ts";

const ONE = whole(1n);
const values = (text: string): readonly Rational[] => text.split(" ").flatMap((value) => rational(value) ?? []);

const NAMES = {
  millisecond: "millisecond milliseconds",
  second: "second seconds sec secs",
  minute: "minute minutes min mins",
  hour: "hour hours hourly hr hrs noon midnight o'clock",
  day: "day days daily everyday today tomorrow yesterday morning mornings night nights nightly overnight",
  week: "week weeks weekly weekend weekends monday tuesday wednesday thursday friday saturday sunday",
  month: "month months monthly january february march april may june july august september october november december",
  year: "year years yearly annual annually annum yr yrs age ages old",
  decade: "decade decades",
  century: "century centuries",
  fortnight: "fortnight fortnights",
  dozen: "dozen dozens",
  percent: "% percent percentage percentages",
  cent: "¢ cent cents",
  penny: "penny pennies",
  nickel: "nickel nickels",
  dime: "dime dimes",
  quarter: "quarter quarters",
  dollar: "$ € £ dollar dollars usd euro euros eur pound pounds gbp money price prices cost costs",
  millimetre: "millimetre millimetres millimeter millimeters",
  centimetre: "centimetre centimetres centimeter centimeters",
  metre: "metre metres meter meters",
  kilometre: "kilometre kilometres kilometer kilometers",
  inch: "inch inches",
  foot: "foot feet",
  yard: "yard yards",
  mile: "mile miles",
  milligram: "milligram milligrams",
  gram: "gram grams gramme grammes",
  kilogram: "kilo kilos kilogram kilograms",
  tonne: "ton tons tonne tonnes",
  ounce: "ounce ounces",
  poundWeight: "pound pounds",
  millilitre: "millilitre millilitres milliliter milliliters",
  litre: "litre litres liter liters",
  teaspoon: "teaspoon teaspoons tsp",
  tablespoon: "tablespoon tablespoons tbsp",
  cup: "cup cups",
  pint: "pint pints",
  quart: "quart quarts",
  gallon: "gallon gallons",
  byte: "byte bytes",
  kilobyte: "kilobyte kilobytes",
  megabyte: "megabyte megabytes",
  gigabyte: "gigabyte gigabytes",
  terabyte: "terabyte terabytes",
  degree: "° degree degrees",
  triangle: "triangle triangles triangular",
  finger: "finger fingers toe toes",
  circle: "circle circles circular circumference radius diameter rotation rotations",
  pi: "π pi",
  square: "square squares rectangle rectangles rectangular perpendicular",
  kilowatt: "kilowatt kilowatts kw kwh",
  magnitude: "thousand thousands million millions billion billions trillion trillions",
  celsius: "celsius",
  fahrenheit: "fahrenheit",
} as const;

/** Read only after a number: elsewhere they are other words. */
const SYMBOLS = new Map<string, readonly Unit[]>([
  ["ms", ["millisecond"]],
  ["s", ["second"]],
  ["h", ["hour"]],
  ["am", ["hour"]],
  ["pm", ["hour"]],
  ["a", ["hour"]],
  ["p", ["hour"]],
  ["d", ["day"]],
  ["wk", ["week"]],
  ["wks", ["week"]],
  ["mo", ["month"]],
  ["c", ["cent"]],
  ["mm", ["millimetre"]],
  ["cm", ["centimetre"]],
  ["m", ["metre", "minute"]],
  ["km", ["kilometre"]],
  ["in", ["inch"]],
  ["ft", ["foot"]],
  ["yd", ["yard"]],
  ["mi", ["mile"]],
  ["mg", ["milligram"]],
  ["g", ["gram"]],
  ["kg", ["kilogram"]],
  ["kgs", ["kilogram"]],
  ["t", ["tonne"]],
  ["oz", ["ounce"]],
  ["lb", ["poundWeight"]],
  ["lbs", ["poundWeight"]],
  ["ml", ["millilitre"]],
  ["l", ["litre"]],
  ["b", ["byte"]],
  ["kb", ["kilobyte"]],
  ["kib", ["kilobyte"]],
  ["mb", ["megabyte"]],
  ["mib", ["megabyte"]],
  ["gb", ["gigabyte"]],
  ["gib", ["gigabyte"]],
  ["tb", ["terabyte"]],
]);

export type Unit = keyof typeof NAMES;

/** So many of the second make one of the first. */
const RATIOS = (
  [
    ["second", "millisecond", "1000"],
    ["minute", "second", "60"],
    ["hour", "minute", "60"],
    ["hour", "second", "3600"],
    ["day", "hour", "24"],
    ["day", "minute", "1440"],
    ["day", "second", "86400"],
    ["week", "day", "7"],
    ["week", "hour", "168"],
    ["month", "day", "30 31 28 29"],
    ["month", "week", "4"],
    ["year", "month", "12"],
    ["year", "week", "52"],
    ["year", "day", "365 366"],
    ["decade", "year", "10"],
    ["century", "year", "100"],
    ["fortnight", "day", "14"],
    ["dollar", "cent", "100"],
    ["dollar", "penny", "100"],
    ["dollar", "nickel", "20"],
    ["dollar", "dime", "10"],
    ["dollar", "quarter", "4"],
    ["centimetre", "millimetre", "10"],
    ["metre", "centimetre", "100"],
    ["metre", "millimetre", "1000"],
    ["kilometre", "metre", "1000"],
    ["mile", "kilometre", "1.6 1.61 1.609"],
    ["foot", "inch", "12"],
    ["yard", "foot", "3"],
    ["yard", "inch", "36"],
    ["mile", "foot", "5280"],
    ["mile", "yard", "1760"],
    ["inch", "centimetre", "2.54"],
    ["gram", "milligram", "1000"],
    ["kilogram", "gram", "1000"],
    ["tonne", "kilogram", "1000"],
    ["tonne", "poundWeight", "2000"],
    ["poundWeight", "ounce", "16"],
    ["kilogram", "poundWeight", "2.2 2.20 2.205"],
    ["litre", "millilitre", "1000"],
    ["gallon", "quart", "4"],
    ["gallon", "pint", "8"],
    ["gallon", "cup", "16"],
    ["gallon", "ounce", "128"],
    ["quart", "ounce", "32"],
    ["pint", "ounce", "16"],
    ["quart", "pint", "2"],
    ["quart", "cup", "4"],
    ["pint", "cup", "2"],
    ["cup", "ounce", "8"],
    ["cup", "tablespoon", "16"],
    ["tablespoon", "teaspoon", "3"],
    ["kilobyte", "byte", "1024 1000"],
    ["megabyte", "kilobyte", "1024 1000"],
    ["gigabyte", "megabyte", "1024 1000"],
    ["terabyte", "gigabyte", "1024 1000"],
  ] as const satisfies readonly (readonly [Unit, Unit, string])[]
).map(([larger, smaller, ratios]) => ({ larger, smaller, ratios: values(ratios), inverse: values(ratios).map((ratio) => over(ONE, ratio)) }));

/** Numbers that belong to words themselves. */
const FACTS = (
  [
    [["dozen"], "12"],
    [["percent"], "100"],
    [["fortnight"], "14"],
    [["decade"], "10"],
    [["century"], "100"],
    [["nickel"], "0.05"],
    [["dime"], "10 0.1"],
    [["quarter"], "25 0.25"],
    [["penny"], "0.01"],
    [["degree", "circle"], "360"],
    [["degree", "triangle"], "180"],
    [["degree", "square"], "90"],
    [["circle"], "3.14 3.1416 3.14159 3.141592653589793"],
    [["pi"], "3.14 3.1416 3.14159 3.141592653589793"],
    [["kilowatt"], "1000"],
    [["finger"], "10"],
    [["celsius", "fahrenheit"], "32 1.8"],
  ] as const satisfies readonly (readonly [readonly Unit[], string])[]
).map(([needed, facts]) => ({ needed, facts: values(facts) }));

const UNITS = new Map<string, readonly Unit[]>();
for (const unit of Object.keys(NAMES) as Unit[]) for (const name of NAMES[unit].split(" ")) UNITS.set(name, [...(UNITS.get(name) ?? []), unit]);
const WORD = /[\p{L}]+|[%$€£¢°π]/gu;
/** `0.5 of an hour` and `half an hour` too. */
const AFTER = /[\s*_}-]{0,4}(?:of (?:an?|one) |(?<=\b(?:half|quarter) )an? )?(\p{L}{1,12}|[%¢°]|["″](?![\p{L}\d]))/uy;
const MONEY_BEFORE = /[$€£]\s?$/;

/** `60"`, not `"60"`. */
const INCHES = /(?<!["“\d.,])\d{1,6}(?:\.\d{1,3})?["″](?![\p{L}\d])/u;

/** The units a text speaks of. */
export function unitsIn(text: string, found: Set<Unit> = new Set()): Set<Unit> {
  for (const { 0: written, index } of text.matchAll(WORD)) {
    const word = written.toLowerCase();
    for (const unit of UNITS.get(word) ?? []) found.add(unit);
    const symbol = SYMBOLS.get(word);
    if (symbol !== undefined && /\d\s?$/.test(text.slice(Math.max(0, index - 2), index))) for (const unit of symbol) found.add(unit);
  }
  if (INCHES.test(text)) found.add("inch");
  return found;
}

/** The numbers that these units bring along. */
export function everydayNumbers(spoken: (unit: Unit) => boolean): readonly Rational[] {
  return [
    ...RATIOS.flatMap(({ larger, smaller, ratios }) => (spoken(larger) && spoken(smaller) ? ratios : [])),
    ...FACTS.flatMap(({ needed, facts }) => (needed.every(spoken) ? facts : [])),
  ];
}

/** The unit a number at [start, end) is given in. */
export function unitsOf(text: string, start: number, end: number): readonly Unit[] {
  if (MONEY_BEFORE.test(text.slice(Math.max(0, start - 2), start))) return ["dollar"];
  AFTER.lastIndex = end;
  const word = AFTER.exec(text)?.[1]?.toLowerCase() ?? "";
  // A closing quotation mark is none.
  if (/["″]/.test(word)) return /["“]/.test(text[start - 1] ?? "") ? [] : ["inch"];
  return UNITS.get(word) ?? SYMBOLS.get(word) ?? [];
}

/** By what a number of these units is multiplied to be said in another one that the text speaks of. */
export function conversions(units: readonly Unit[], spoken: (unit: Unit) => boolean): readonly Rational[] {
  if (units.length === 0) return [];
  return RATIOS.flatMap(({ larger, smaller, ratios, inverse }) => [
    ...(units.includes(larger) && spoken(smaller) ? ratios : []),
    ...(units.includes(smaller) && spoken(larger) ? inverse : []),
  ]);
}

const TIMES: ReadonlySet<Unit> = new Set(["minute", "hour", "day", "week", "month", "year"]);

/** By what a number of minutes, hours, … is multiplied to be said in smaller units of time, and one of dollars to be said in cents. */
export function smallerAmounts(units: readonly Unit[]): readonly { readonly unit: Unit; readonly factor: Rational }[] {
  return RATIOS.flatMap(({ larger, smaller, ratios }) =>
    units.includes(larger) && (TIMES.has(larger) || smaller === "cent") ? ratios.map((factor) => ({ unit: smaller, factor })) : [],
  );
}

/** How many of the second unit `2 hours 45 minutes` are, where the units belong together. */
export function together(count: Rational, units: readonly Unit[], rest: Rational, restUnits: readonly Unit[]): Rational | undefined {
  const [ratio] = RATIOS.find(({ larger, smaller }) => units.includes(larger) && restUnits.includes(smaller))?.ratios ?? [];
  return ratio === undefined ? undefined : plus(times(count, ratio), rest);
}
