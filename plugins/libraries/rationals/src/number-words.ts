/** English numbers in words as digits: `forty-two`, `one thousand two hundred and five`, `three quarters`, `twenty-first`. */

const SMALL =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(" ");
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const SCALES: ReadonlyMap<string, bigint> = new Map([
  ["thousand", 10n ** 3n],
  ["million", 10n ** 6n],
  ["billion", 10n ** 9n],
  ["trillion", 10n ** 12n],
]);
const PLACES =
  "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth".split(
    " ",
  );
const TENTHS = "twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth".split(" ");

const UNDER_100 = String.raw`(?:(?:${TENS.join("|")})(?:[-\s](?:${SMALL.slice(1, 10).join("|")}))?|${[...SMALL].reverse().join("|")})(?![\p{L}\p{N}])`;
const UNDER_1000 = String.raw`(?:(?:${UNDER_100}|an?)[-\s]hundred(?![\p{L}\p{N}])(?:\s(?:and\s)?${UNDER_100})?|${UNDER_100})`;
const PHRASE = String.raw`(?<![\p{L}\p{N}])(?:(?:(?:${UNDER_1000}|an?)[-\s](?:${[...SCALES.keys()].join("|")})(?![\p{L}\p{N}])(?:,?\s(?:and\s)?(?=${UNDER_1000}))?)+(?:${UNDER_1000})?|${UNDER_1000})`;
const PLACE = String.raw`(?<![\p{L}\p{N}])(?:(?:(${TENS.join("|")})[-\s])?(${[...PLACES].reverse().join("|")})|(${TENTHS.join("|")}))(?![\p{L}\p{N}])`;
const PARTS: ReadonlyMap<string, number> = new Map([
  ["half", 2],
  ["halve", 2],
  ["quarter", 4],
  ["hundredth", 100],
  ["thousandth", 1000],
  ...PLACES.slice(2).map((place, index): [string, number] => [place, index + 3]),
  ...TENTHS.map((tenth, index): [string, number] => [tenth, 10 * (index + 2)]),
]);
const EVERY_PHRASE = new RegExp(PHRASE, "giu");
const EVERY_PLACE = new RegExp(PLACE, "giu");
const LEADING_PHRASE = new RegExp(`^${PHRASE}`, "iu");
const LEADING_PART = new RegExp(
  String.raw`^(?:(${PHRASE})\sand\s)?(?:(${PHRASE}|an?)[-\s])?(${[...PARTS.keys()].sort((a, b) => b.length - a.length).join("|")})s?(?![\p{L}\p{N}])`,
  "iu",
);

/** Behind a number these make another one of it. */
const GOES_ON = new RegExp(
  String.raw`^[-\s](?:and\s)?(?:${[...SMALL, ...TENS, ...SCALES.keys(), ...PLACES, ...TENTHS, "hundred", "point", "half", "halves", "quarter"].join("|")})s?(?![\p{L}\p{N}])`,
  "iu",
);

/** The text with digits for each number in words, and `21st` for `twenty-first`. */
export function withDigits(text: string): string {
  return text
    .replace(EVERY_PLACE, (_, tens: string | undefined, place: string | undefined, tenth: string | undefined) =>
      ordinal(10 * (tens === undefined ? 0 : TENS.indexOf(tens.toLowerCase()) + 2) + placeOf(place, tenth)),
    )
    .replace(EVERY_PHRASE, (phrase) => String(sizeOf(phrase) ?? phrase));
}

/** The text with digits for the number in words that it begins with: `42 apples`, `3/4 of it`, `2 1/2`. Parts of more than a whole (`seven quarters`) are left alone. */
export function withLeadingDigits(text: string): string {
  const part = LEADING_PART.exec(text);
  if (part !== null) {
    const [written, whole, above, part_ = ""] = part;
    const below = PARTS.get(part_.toLowerCase()) ?? 0;
    const count = above === undefined || /^an?$/i.test(above) ? 1n : sizeOf(above);
    // `Third` is a place, `half` a part.
    const isPart = above !== undefined || (whole === undefined && /^half$/i.test(part_));
    if (!isPart || count === undefined || count >= BigInt(below)) return text;
    return `${whole === undefined ? "" : `${sizeOf(whole)} `}${count}/${below}${text.slice(written.length)}`;
  }
  const phrase = LEADING_PHRASE.exec(text)?.[0] ?? "";
  const value = GOES_ON.test(text.slice(phrase.length)) ? undefined : sizeOf(phrase);
  return value === undefined ? text : `${value}${text.slice(phrase.length)}`;
}

/** Undefined where scales do not fall: `one thousand two million`. */
function sizeOf(phrase: string): bigint | undefined {
  const words = phrase.toLowerCase().match(/\p{L}+/gu) ?? [];
  let [total, current, last] = [0n, 0n, 10n ** 15n];
  for (const word of words) {
    const scale = SCALES.get(word);
    if (scale !== undefined) {
      if (scale >= last) return undefined;
      [total, current, last] = [total + (current === 0n ? 1n : current) * scale, 0n, scale];
    } else if (word === "hundred") current = (current === 0n ? 1n : current) * 100n;
    else current += BigInt(Math.max(SMALL.indexOf(word), 10 * (TENS.indexOf(word) + 2) * (TENS.includes(word) ? 1 : 0), 0));
  }
  return words.length === 0 ? undefined : total + current;
}

function placeOf(place: string | undefined, tenth: string | undefined): number {
  return tenth === undefined ? PLACES.indexOf((place ?? "").toLowerCase()) + 1 : 10 * (TENTHS.indexOf(tenth.toLowerCase()) + 2);
}

function ordinal(value: number): string {
  const suffix = value % 100 > 10 && value % 100 < 14 ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th");
  return `${value}${suffix}`;
}
