/** What stands behind a number: a unit that converts, a currency, or what is counted. */
import { CURRENCY_SIGN, isCurrency, nounStem, unitsNamed, withKnownPhrases } from "./unit-names.ts";

export interface Unit {
  /** What the unit may mean, each a product of named units: `pounds` is a mass or money. Empty where nothing converts. */
  readonly readings: readonly Reading[];
  /** What is counted or measured, in stems: `red apples`, `of flour`. */
  readonly noun: readonly string[];
  /** One letter that stands for a unit, or for a variable: `2 m`. */
  readonly isLetter: boolean;
  /** Written with capitals, as in a name: `30 Rock`. */
  readonly isName: boolean;
}

export interface Reading {
  readonly powers: ReadonlyMap<string, number>;
  /** Of a named unit: cents are hundredths. */
  readonly hundredths: number;
}

export const NO_UNIT: Unit = { readings: [], noun: [], isLetter: false, isName: false };

/** How two units go together: alike but for `hundredths`, or to be converted by pint, or never. */
export type Agreement = { readonly hundredths: number } | "convert" | "differ";

const MAX_WORDS = 8;
const MAX_READINGS = 8;
const TOKEN = new RegExp(
  String.raw`\s*(?:\^\s?[{(]?(-?\d)[)}]?|(?<=\p{L})([23])(?![\d.])|(\*|·|\\cdot|\/|\(|\)|-(?=\p{L}))|([\p{L}_]+\.?|°[CFK]?|['"¢]|${CURRENCY_SIGN}))`,
  "uy",
);
/** Only these may be one letter: others are variables. */
const UNIT_LETTER = /[mgshlLVWJNKCFAT]|[^a-zA-Z]/;
const ATTACHED_LETTER = /[mgshlLVWJNKCF]|[^a-zA-Z]/;
/** Short words inside what is counted: `18 a day`, `5 of the eggs`. Alone they are nothing: `4 a` is a product. */
const LINK_WORD = /^(?:of|at|on|by|an|per|a|the|in|to|for|from)$/i;
const NOUN_WORD = /^\p{L}[\p{L}'’]*(?:[-/.][\p{L}'’]+){0,3}\.?$/u;
/** Words after a number that make another value of it, or another statement, or a date. */
const NO_NOUN = new RegExp(
  `^(?:${[
    "pi|sqrt|sin|cos|tan|log|ln|exp|inf|mod|and|or|but|not|nor|plus|minus|times|to|than|over|under|half|halves|thirds?|(?:four|fif|six|seven|eigh|nin|ten|eleven|twelf|[a-z]*teen|[a-z]+tie|hundred|thousand|million)ths|less|more|fewer|least|most|max|maximum|minimum",
    "squared|cubed|factorial|choose|root|is|isn't|are|aren't|was|were|if|wrong|incorrect|recurring|repeating|ish|approximately|approx|roughly|base",
    "hundreds?|thousands?|millions?|billions?|trillions?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve",
    "january|february|march|april|may|june|july|august|september|october|november|december|bc|ad|bce|ce|am|pm|a\\.m\\.?|p\\.m\\.?|o'clock",
  ].join("|")})$`,
  "i",
);
/** After these the thing counted has been named: `7 apples left`, `7 cups of flour`. */
const FOLLOWS_NOUN =
  /^(?:of|in|on|at|for|from|by|with|per|each|every|a|an|the|left|remaining|total|altogether|overall|now|today|ago|old|away|apart|long|tall|wide|high|deep|together|during|after|before)$/;

/** Reads all of a text as what stands behind a number; undefined where it is something else. `attached`: no space before it. */
export function readUnit(text: string, attached: boolean): Unit | undefined {
  const known = withKnownPhrases(text);
  const physical = readPhysical(known, attached);
  if (physical === undefined) return LINK_WORD.test(known) ? undefined : readNoun(wordsOf(known), attached);
  const behind = readNoun(wordsOf(known.slice(physical.length)), false);
  return behind && { ...behind, readings: physical.readings, isLetter: physical.isLetter && behind.noun.length === 0 };
}

function wordsOf(text: string): readonly string[] {
  return text.split(/\s+/, MAX_WORDS + 2).filter((word) => word !== "");
}

/** What is counted, which may be a unit behind an adjective: `working hours`. */
function readNoun(words: readonly string[], attached: boolean): Unit | undefined {
  const [first] = words;
  if (words.length > MAX_WORDS || !words.every(isNounWord)) return undefined;
  if (first !== undefined && attached && (first.length < 4 || LINK_WORD.test(first))) return undefined;
  const noun = words.map((word) => (FOLLOWS_NOUN.test(word) ? word : nounStem(word.replace(/\.$/, ""))));
  const end = words.findIndex((word) => FOLLOWS_NOUN.test(word));
  for (let start = 1; start < (end < 0 ? words.length : end); start++) {
    const physical = readPhysical(words.slice(start).join(" "), false);
    if (physical === undefined || physical.isLetter) continue;
    const behind = words.slice(start).join(" ").slice(physical.length).trim();
    const others = [...noun.slice(0, start), ...(behind === "" ? [] : noun.slice(-behind.split(" ").length))];
    return { ...NO_UNIT, readings: physical.readings, noun: others };
  }
  return { ...NO_UNIT, noun, isName: words.some((word) => /^\p{Lu}/u.test(word)) };
}

/** True for a text that is a unit, a currency or `%` and nothing else. */
export function isUnitAlone(text: string): boolean {
  const plain = withKnownPhrases(text.replace(/\\(?:text|mathrm|mbox)\s?\{|\\[,;: ]|[{}]/g, " ").trim());
  return /^(?:%|percent)$/i.test(plain) || readPhysical(plain, false)?.length === plain.length;
}

/** Whether two units may be of one quantity. Where one names none, the other does no harm. */
export function compareUnits(gold: Unit, given: Unit): Agreement {
  if (!sameNoun(gold, given)) return "differ";
  if (gold.readings.length === 0 || given.readings.length === 0) {
    const isMixed = (gold.readings.length > 0 && given.noun.length > 0) || (given.readings.length > 0 && gold.noun.length > 0);
    return isMixed ? "differ" : { hundredths: 0 };
  }
  for (const one of gold.readings) {
    const same = given.readings.find((other) => key(one) === key(other));
    if (same !== undefined) return { hundredths: same.hundredths - one.hundredths };
  }
  const rate = rateAgreement(gold, given) ?? rateAgreement(given, gold);
  if (rate !== undefined) return rate;
  return gold.readings.some((one) => given.readings.some((other) => currencies(one) === currencies(other))) ? "convert" : "differ";
}

/** `$18` for `$18 a day`: a sum of money need not say for what. */
function rateAgreement(sum: Unit, rate: Unit): Agreement | undefined {
  const isSum = ({ powers }: Reading) => [...powers.keys()].every(isCurrency);
  const isRate = ({ powers }: Reading) => [...powers].every(([name, power]) => isCurrency(name) || power < 0);
  const same = sum.readings.some((one) => isSum(one) && rate.readings.some((other) => isRate(other) && currencies(one) === currencies(other)));
  return same ? { hundredths: 0 } : undefined;
}

/** The readings as pint has them; money is left out, since it does not convert. */
export function pintUnits(unit: Unit): readonly { readonly money: string; readonly unit: string }[] {
  return unit.readings.map((reading) => ({
    money: currencies(reading),
    unit: [...reading.powers]
      .filter(([name]) => !isCurrency(name))
      .map(([name, power]) => `${name} ** ${power}`)
      .join(" * "),
  }));
}

function key({ powers }: Reading): string {
  return [...powers]
    .map(([name, power]) => `${name}^${power}`)
    .sort()
    .join("*");
}

function currencies({ powers, hundredths }: Reading): string {
  const money = [...powers].filter(([name]) => isCurrency(name));
  return money.length === 0 ? "" : `${hundredths} ${JSON.stringify(money.sort())}`;
}

interface Physical {
  readonly readings: readonly Reading[];
  /** How much of the text it takes. */
  readonly length: number;
  readonly isLetter: boolean;
}

/** The longest unit that opens the text: `km/h`, `kg * m / s^2`, `J/(kg K)`, `square feet`, `dollars per hour`. */
function readPhysical(text: string, attached: boolean): Physical | undefined {
  let found: Physical | undefined;
  let readings: Reading[] = [{ powers: new Map(), hundredths: 0 }];
  let previous: readonly string[] = [];
  // Below a fraction line powers are negative; in parentheses below one, all of them.
  let [direction, previousDirection, group, raised, count, isOpen] = [1, 1, 1, 1, 0, false];
  TOKEN.lastIndex = 0;
  for (let token = TOKEN.exec(text); token !== null && count < MAX_WORDS; token = TOKEN.exec(text)) {
    const [, caret, digit, operator, word = ""] = token;
    const exponent = caret ?? digit ?? (/^(?:squared|cubed)$/i.test(word) ? (/^s/i.test(word) ? 2 : 3) : undefined);
    const isUnder = operator === "/" || /^(?:[Pp]er|an?|[Ee]ach|[Ee]very)$/.test(word);
    if (exponent !== undefined) {
      if (previous.length === 0) break;
      readings = multiplied(readings, previous, (Number(exponent) - 1) * previousDirection);
      previous = [];
    } else if (operator === "(") [isOpen, group] = [true, direction];
    else if (operator === ")") {
      if (!isOpen) break;
      [isOpen, group, direction] = [false, 1, 1];
    } else if (isUnder || operator !== undefined) {
      if (count === 0) break;
      direction = isUnder ? -group : group;
      continue;
    } else if (/^(?:square|sq\.?|cubic|cu\.?)$/i.test(word)) {
      raised = /^s/i.test(word) ? 2 : 3;
      continue;
    } else {
      const name = word.replace(/\.$/, "");
      const names = unitsNamed(name);
      if (names.length === 0 || !mayBeUnit(name, text.slice(TOKEN.lastIndex), count, attached)) break;
      readings = multiplied(readings, names, raised * direction);
      previous = names;
      previousDirection = direction;
      [direction, raised, count] = [group, 1, count + 1];
    }
    if (!isOpen && count > 0) found = { readings, length: TOKEN.lastIndex, isLetter: /^\s*\p{L}\s*$/u.test(text.slice(0, TOKEN.lastIndex)) };
  }
  return found;
}

/** `in` is an inch only where nothing follows; one letter is a unit only where it is a common one. */
function mayBeUnit(name: string, rest: string, count: number, attached: boolean): boolean {
  if (/^in$/i.test(name)) return count === 0 && /^\.?\s*(?:$|[\^*/·)])/.test(rest);
  return name.length > 1 || count > 0 || (attached ? ATTACHED_LETTER : UNIT_LETTER).test(name);
}

function multiplied(readings: readonly Reading[], names: readonly string[], power: number): Reading[] {
  return readings
    .flatMap((reading) =>
      names.map((name) => {
        const powers = new Map(reading.powers);
        const isHundredth = name.endsWith("*1/100");
        for (const [factor, share] of factorsOf(name.replace("*1/100", ""))) {
          const sum = (powers.get(factor) ?? 0) + share * power;
          if (sum === 0) powers.delete(factor);
          else powers.set(factor, sum);
        }
        return { powers, hundredths: reading.hundredths + (isHundredth ? power : 0) };
      }),
    )
    .slice(0, MAX_READINGS);
}

function factorsOf(name: string): readonly (readonly [string, number])[] {
  return name.split("/").map((part, index) => {
    const [factor = "", power = "1"] = part.split("^");
    return [factor, Number(power) * (index === 0 ? 1 : -1)];
  });
}

function isNounWord(word: string): boolean {
  return (
    NOUN_WORD.test(word) &&
    !NO_NOUN.test(word) &&
    (LINK_WORD.test(word) || (word.match(/[\p{L}'’]+/gu) ?? []).some((part) => part.length > 2 || unitsNamed(part).length > 0))
  );
}

/** Whether both may count the same thing: one phrase is in the other, and the thing itself is the same; adjectives and what follows do no harm. */
function sameNoun(gold: Unit, given: Unit): boolean {
  const [short, long] = gold.noun.length <= given.noun.length ? [gold.noun, given.noun] : [given.noun, gold.noun];
  const words = short.filter((word) => !LINK_WORD.test(word));
  if (words.length === 0) return true;
  if (!words.every((word) => long.includes(word))) return false;
  return headOf(short) === headOf(long) || (gold.readings.length > 0 && given.readings.length > 0);
}

/** The last word before `of`, `in`, `left`, …: the thing counted. */
function headOf(noun: readonly string[]): string | undefined {
  const start = noun.findIndex((word) => !FOLLOWS_NOUN.test(word));
  const end = noun.findIndex((word, index) => index > start && FOLLOWS_NOUN.test(word));
  return noun[(end < 0 ? noun.length : end) - 1];
}
