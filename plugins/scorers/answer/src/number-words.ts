/** Small numbers in words. Larger ones are written in so many ways that reading half of them would surprise more than reading none. */

const WORDS =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split(
    " ",
  );
const TENS: Readonly<Record<string, number>> = { thirty: 30, forty: 40, fifty: 50, sixty: 60, seventy: 70, eighty: 80, ninety: 90 };

/** The value of one word, whatever its case; undefined for any other word. */
export function numberWord(word: string): number | undefined {
  const lower = word.toLowerCase();
  const small = WORDS.indexOf(lower);
  return small >= 0 ? small : Object.hasOwn(TENS, lower) ? TENS[lower] : undefined;
}

/** `seven apples` as `7 apples`; any other text as it is. A word that goes on (`twenty-one`, `one half`) is left alone. */
export function withLeadingDigits(text: string): string {
  const word =
    /^\p{L}+(?=$|\s(?!\p{L}*(?:third|half|quarter|(?:four|fif|six|seven|eigh|nin|ten|twelf|teen|tie|hundred|thousand|million)th|one|two|three|four|five|six|seven|eight|nine)s?\b))/u.exec(
      text,
    )?.[0] ?? "";
  const value = numberWord(word);
  return value === undefined ? text : `${value}${text.slice(word.length)}`;
}
