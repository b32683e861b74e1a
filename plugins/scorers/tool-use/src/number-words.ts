/** Numbers in English words: `twenty-five`, `two dozen`, `one and a half`, `a third`, `twice`. Other languages' words are not read. */
import { compare, minus, over, plus, type Rational, times, whole } from "@autotraj/rationals/rational";
import { rational } from "./written-numbers.ts";

interface WordMeaning {
  /** `seven`, `seventy`. */
  readonly cardinal?: bigint;
  /** `hundred`, `dozen`. */
  readonly scale?: bigint;
  /** `third`: one part of so many. */
  readonly part?: bigint;
  /** Also the place in an order. */
  readonly ordinal?: boolean;
  /** A place in an order, and only after a number: `twenty-first`. */
  readonly place?: bigint;
  /** A number by itself: `twice`, `decade`, `October`. */
  readonly plain?: bigint;
}

const WORDS = new Map<string, WordMeaning>();
counted(
  0,
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
  (cardinal) => ({
    cardinal,
  }),
);
counted(2, "twenty thirty forty fifty sixty seventy eighty ninety", (ten) => ({ cardinal: 10n * ten }));
counted(2, "twenties thirties forties fifties sixties seventies eighties nineties", (ten) => ({ plain: 10n * ten }));
counted(1, "ones twos threes fours fives sixes sevens eights nines tens", (plain) => ({ plain }));
counted(1, "first second", (place) => ({ place }));
counted(3, "third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth", ordinal);
counted(18, "eighteenth nineteenth", ordinal);
counted(2, "twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth", (ten) => ordinal(10n * ten));
counted(3, "thirds fourths fifths sixths sevenths eighths ninths tenths", (part) => ({ part }));
counted(1, "january february march april may june july august september october november december", (plain) => ({ plain }));
counted(2, "twice thrice", (plain) => ({ plain }));
counted(2, "double triple quadruple quintuple", (plain) => ({ plain }));
counted(2, "doubles triples quadruples quintuples", (plain) => ({ plain }));
counted(2, "doubled tripled quadrupled quintupled", (plain) => ({ plain }));
each("half halves halved", { part: 2n });
each("quarter quarters quartered", { part: 4n });
each("hundredth hundredths", { part: 100n });
each("dozen dozens", { scale: 12n });
each("hundred hundreds", { scale: 100n });
each("thousand thousands", { scale: 1000n });
each("million millions", { scale: 10n ** 6n });
each("billion billions", { scale: 10n ** 9n });
each("trillion trillions", { scale: 10n ** 12n });
each("couple pair pairs", { cardinal: 2n });
each("noon midday midnight", { plain: 12n });

function counted(first: number, words: string, meaning: (value: bigint) => WordMeaning): void {
  for (const [index, word] of words.split(" ").entries()) WORDS.set(word, meaning(BigInt(first + index)));
}

function each(words: string, meaning: WordMeaning): void {
  for (const word of words.split(" ")) WORDS.set(word, meaning);
}

function ordinal(part: bigint): WordMeaning {
  return { part, ordinal: true };
}

const WORD = /\d+(?:\.\d+)?|[a-z]+/gi;
const JOIN = /^[\s-]{1,3}$/;

export interface SaidNumber {
  readonly value: Rational;
  /** Where its last word ends. */
  readonly end: number;
}

/** All numbers said in words, each compound also in its parts (`two dozen` gives 24 and 12), each fraction also with what it leaves of a whole. */
export function wordNumbersIn(text: string): readonly SaidNumber[] {
  const reader = new Reader();
  let end = 0;
  for (const match of text.matchAll(WORD)) {
    if (match.index - end > 3 || !JOIN.test(text.slice(end, match.index))) reader.stop();
    end = match.index + match[0].length;
    reader.read(match[0].toLowerCase(), end);
  }
  return [...reader.found, ...unitsAndPartsIn(text)];
}

const ONE = whole(1n);
const AND_A_PART = /\b(\p{L}{1,12}|\d{1,6})(\s\p{L}{1,16})\sand\s(?:a\s|one\s)?(half|third|quarter)\b/giu;
const PARTS = new Map([
  ["half", over(ONE, whole(2n))],
  ["third", over(ONE, whole(3n))],
  ["quarter", over(ONE, whole(4n))],
]);

/** `an hour and a half`: said of what stands behind the first word. */
function unitsAndPartsIn(text: string): readonly SaidNumber[] {
  return [...text.matchAll(AND_A_PART)].flatMap(({ index, 1: word = "", 3: part = "" }) => {
    const count = smallCount(word);
    return count === undefined ? [] : [{ value: plus(count, PARTS.get(part.toLowerCase()) ?? ONE), end: index + word.length }];
  });
}

/** One for `a`, 2 for `two` and `2`. */
export function smallCount(word: string): Rational | undefined {
  const lower = word.toLowerCase();
  const cardinal = WORDS.get(lower)?.cardinal;
  if (cardinal !== undefined) return whole(cardinal);
  return lower === "a" || lower === "an" ? ONE : rational(word);
}

/** Reads word by word; `stop` ends a number that is being read. */
class Reader {
  readonly found: SaidNumber[] = [];
  #end = 0;
  /** Thousands and more that are complete. */
  #total = whole(0n);
  #value: Rational | undefined;
  /** Size of what was added last: only smaller words go on with the number. */
  #last = 0n;
  #fraction: Rational | undefined;
  #afterAnd = false;

  stop(): void {
    this.#total = whole(0n);
    this.#value = undefined;
    this.#fraction = undefined;
    this.#afterAnd = false;
  }

  read(word: string, end: number): void {
    this.#end = end;
    if (/^\d/.test(word)) {
      this.stop();
      this.#value = rational(word);
      this.#last = 0n;
    } else if (word === "and") this.#afterAnd = this.#value !== undefined;
    else if (word !== "a" && word !== "an" && word !== "of") this.#readWord(WORDS.get(word));
  }

  #readWord(meaning: WordMeaning | undefined): void {
    if (meaning?.cardinal !== undefined) this.#add(meaning.cardinal);
    else if (meaning?.scale !== undefined) this.#scale(meaning.scale);
    else if (meaning?.part !== undefined) this.#part(meaning.part, meaning.ordinal);
    else {
      if (meaning?.place !== undefined && this.#value !== undefined) this.#say(plus(this.#value, whole(meaning.place)));
      if (meaning?.plain !== undefined) this.#say(whole(meaning.plain));
      this.stop();
    }
  }

  #add(cardinal: bigint): void {
    this.#say(whole(cardinal));
    const goesOn = this.#last >= 100n ? cardinal < this.#last : this.#last >= 20n && cardinal < 10n;
    if (this.#value === undefined || !goesOn) this.stop();
    this.#value = plus(this.#value ?? whole(0n), whole(cardinal));
    this.#last = cardinal;
    this.#sayAll();
  }

  #scale(scale: bigint): void {
    if (scale === 12n) this.#say(whole(scale));
    if (this.#fraction !== undefined) this.#say(times(this.#fraction, whole(scale)));
    // `hundred hundred` is no number.
    if (this.#value !== undefined && compare(this.#value, whole(scale < 1000n ? scale : 1000n)) >= 0) this.stop();
    const value = times(this.#value ?? ONE, whole(scale));
    if (scale < 1000n) this.#value = value;
    else {
      this.#total = plus(this.#total, value);
      this.#value = whole(0n);
    }
    this.#last = scale;
    this.#sayAll();
  }

  /** `two thirds`, `a third`, `the third`, `twenty-third`, `two and a third`. */
  #part(part: bigint, ordinal: boolean | undefined): void {
    const [value, one] = [this.#value, over(ONE, whole(part))];
    const said = value === undefined || this.#afterAnd ? one : times(value, one);
    this.#say(said);
    if (compare(said, ONE) < 0) this.#say(minus(ONE, said));
    if (ordinal === true) this.#say(plus(value ?? whole(0n), whole(part)));
    if (value !== undefined && this.#afterAnd) this.#say(plus(value, one));
    this.stop();
    this.#fraction = said;
  }

  #sayAll(): void {
    this.#say(plus(this.#total, this.#value ?? whole(0n)));
    this.#afterAnd = false;
    this.#fraction = undefined;
  }
  #say(value: Rational): void {
    this.found.push({ value, end: this.#end });
  }
}
