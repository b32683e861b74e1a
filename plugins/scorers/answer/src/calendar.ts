/** Dates and times of day in one spelling: `4 July 1776` and `July 4th, 1776` as `1776-07-04`, `3.45 p.m.` as `15:45`, `44 BCE` as `44 bc`. */

const MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"];
const MONTH = String.raw`(${MONTHS.map((name) => `${name}|${name.slice(0, 3)}`).join("|")}|sept)\.?`;
const DAY = String.raw`(\d{1,2})(?:st|nd|rd|th)?`;
const YEAR = String.raw`(\d{4})(?!\d)`;
const MONTH_FIRST = new RegExp(String.raw`(?<![\p{L}\d])${MONTH}\s+(?:the\s+)?${DAY}(?:,\s*|\s+(?:of\s+)?)${YEAR}`, "giu");
const DAY_FIRST = new RegExp(String.raw`(?<![\p{L}\d.,/-])(?:the\s+)?${DAY}\s+(?:of\s+)?${MONTH},?\s+${YEAR}`, "giu");
const NO_DAY = new RegExp(String.raw`(?<![\p{L}\d.,/-]|\d\s)${MONTH}(?:,\s*|\s+(?:of\s+)?)${YEAR}`, "giu");
const NO_YEAR = new RegExp(
  String.raw`(?<![\p{L}\d.,/-])(?:${MONTH}\s+(?:the\s+)?${DAY}(?![\p{L}\d:/.-])|(?:the\s+)?${DAY}\s+(?:of\s+)?${MONTH}(?!\p{L}|,?\s+\d))`,
  "giu",
);
const IN_NUMBERS = /(?<![\d./-])(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?![\d/-])/g;
/** Only where no other order is possible. */
const DAY_LAST = /(?<![\d./-])(\d{1,2})\/(\d{1,2})\/(\d{4})(?![\d/])/g;
const TIME_OF_DAY = /(?<![\d.:])(\d{1,2})(?:[:.](\d{2}))?\s?([ap])\.?\s?m(?![\p{L}])\.?/giu;
const ERA = /(?<=\d\s?)(?:(B)\.?\s?C\.?(?:\s?E\.?)?|A\.?\s?D\.?|C\.?\s?E\.?)(?![\p{L}])/gu;

export function withPlainDates(text: string): string {
  return text
    .replace(MONTH_FIRST, (written, month: string, day: string, year: string) => date(written, year, numberOf(month), day))
    .replace(DAY_FIRST, (written, day: string, month: string, year: string) => date(written, year, numberOf(month), day))
    .replace(NO_DAY, (_, month: string, year: string) => `${year}-${twoDigits(numberOf(month))}`)
    .replace(NO_YEAR, (written, first?: string, firstDay?: string, lastDay?: string, last?: string) =>
      date(written, "month", numberOf(first ?? last ?? ""), firstDay ?? lastDay ?? ""),
    )
    .replace(IN_NUMBERS, (written, year: string, month: string, day: string) => date(written, year, Number(month), day))
    .replace(DAY_LAST, (written, one: string, other: string, year: string) =>
      Number(other) > 12 ? date(written, year, Number(one), other) : Number(one) > 12 ? date(written, year, Number(other), one) : written,
    )
    .replace(TIME_OF_DAY, time)
    .replace(ERA, (_, before: string | undefined) => (before === undefined ? "ad" : "bc"));
}

function date(written: string, year: string, month: number, day: string): string {
  return month < 1 || month > 12 || Number(day) < 1 || Number(day) > 31 ? written : `${year}-${twoDigits(month)}-${twoDigits(Number(day))}`;
}

function numberOf(month: string): number {
  return MONTHS.findIndex((name) => name.startsWith(month.toLowerCase().slice(0, 3))) + 1;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** In the morning the hour alone says nothing of which half of the day is meant: `3:45 am` stays one. */
function time(written: string, hour: string, minutes: string | undefined, half: string): string {
  const [at, isMorning] = [Number(hour), half.toLowerCase() === "a"];
  if (at < 1 || at > 12 || Number(minutes ?? 0) > 59) return written;
  if (at === 12) return isMorning ? `00:${minutes ?? "00"}` : `12:${minutes ?? "00"} pm`;
  return isMorning ? `${at}:${minutes ?? "00"} am` : `${at + 12}:${minutes ?? "00"}`;
}
