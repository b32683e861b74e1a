/** What an answer takes back: `41, no, 42`, `not 41 but 42`, `42, not 41`, `42 rather than 41`. */

const VALUE = String.raw`[-+$€£¥]{0,3}(?:\d[\d.,/:]*|\p{L}[\p{L}-]{0,20})%?(?:\s\p{L}{1,20}){0,2}`;
const TAKEN_BACK_FIRST = new RegExp(String.raw`\bnot\s${VALUE},?\s+but(?:\s+rather)?\s+(?=\S)`, "giu");
const TAKEN_BACK_LAST = new RegExp(
  String.raw`(?<=\S)(?:\s*[,;–—]\s*(?:and\s)?not|\s*\(not|\s+-\s+not|,?\s+(?:rather than|instead of|as opposed to))\s${VALUE}\)?(?=[.!]?$)`,
  "iu",
);
/** `no` and `wait` are said to oneself only where a pause follows: `no. 5` and `wait 5 minutes` are something else. */
const AGAIN =
  /(?:^|[\s,;:.!?…–—(-])(?:(?:oh\s|oops,?\s|hm+,?\s|sorry,?\s)?(?:no|wait|oops|sorry)(?:,?\s(?:no|wait|sorry|actually))?\s?(?:[,:;!?…–—-]|\.{3})|(?:no,?\swait|wait,?\sno|no,?\sactually|no,?\sit['’]s|actually|correction|scratch that|I mean|I meant|make that|or rather|should be)(?![\p{L}]))[\s,:;.!…–—-]*/giu;

/** The text without what it takes back; from its last correction on, where a value follows there. */
export function asCorrected(text: string): string {
  const kept = text.replace(TAKEN_BACK_FIRST, "").replace(TAKEN_BACK_LAST, "");
  const last = [...kept.matchAll(AGAIN)].at(-1);
  if (last === undefined || !/\d/.test(kept.slice(0, last.index))) return kept;
  const behind = kept.slice(last.index + last[0].length);
  return /\d/.test(behind) ? behind : kept;
}
