/** Whether two quantities are the same answer. All arithmetic is exact; what converts into what is asked of pint. */
import { absolute, compare, isWithin, minus, type Rational, times, whole } from "@autotraj/rationals/rational";
import { type PlainNumber, readNumber } from "./numbers.ts";
import { compareUnits } from "./units.ts";

const ONE = whole(1n);
const THOUSANDTH: Rational = { numerator: 1n, denominator: 1000n };

/** `convert`: the units are written differently and may be of one kind. */
export type Sameness = "same" | "different" | "convert";

/** `tolerance` is written as a number, e.g. 1e-6; see the README for the rules. */
export function compareQuantities(gold: PlainNumber, given: PlainNumber, tolerance: number): Sameness {
  const isSame = (same: boolean): Sameness => (same ? "same" : "different");
  if (isBased(gold) !== isBased(given) && (gold.base === undefined || given.base === undefined)) return "different";
  const agreement = compareUnits(gold.unit, given.unit);
  if (agreement === "differ" || agreement === "convert") return agreement === "convert" && gold.percent === given.percent ? "convert" : "different";
  const isOtherUnit = (one: PlainNumber, other: PlainNumber) => one.percent && !other.percent && other.unit.readings.length > 0;
  if (isOtherUnit(gold, given) || isOtherUnit(given, gold)) return "different";
  if (agreement.hundredths !== 0) return isSame(sameValue(...scaled(gold, given, agreement.hundredths), tolerance));
  return isSame(sameNumber(gold, given, tolerance));
}

/** `28` may stand for 28%, as `0.28` may. */
function sameNumber(gold: PlainNumber, given: PlainNumber, tolerance: number): boolean {
  if (sameValue(gold, given, tolerance)) return gold.percent === given.percent || standsWithoutPercent(gold);
  if (gold.percent && !given.percent) return sameValue(hundredth(gold), given, tolerance);
  return given.percent && !gold.percent && sameValue(gold, hundredth(given), tolerance);
}

/** Whether `given` is the gold value, as far as gold is written. */
export function sameValue(gold: PlainNumber, given: PlainNumber, tolerance: number): boolean {
  const difference = absolute(minus(gold, given));
  if (difference.numerator === 0n) return true;
  if (gold.form !== "decimal" && given.form !== "decimal") return false;
  const size = absolute(gold);
  const allowed = readNumber(String(tolerance)) as PlainNumber;
  if (compare(difference, compare(size, ONE) > 0 ? times(size, allowed) : allowed) > 0) return false;
  // An integer is no rounding of anything, a decimal of what its last place can't show, and neither it nor a fraction of what is near its own size.
  if (gold.form === "integer") return compare(difference, THOUSANDTH) <= 0;
  const isNearIt = compare(difference, times(size, THOUSANDTH)) <= 0;
  if (gold.form === "fraction") return isNearIt;
  return (isNearIt || compare(allowed, THOUSANDTH) >= 0) && compare(difference, halfOfLastPlace(gold)) <= 0;
}

/** Whether a converted quantity is gold. A decimal of at least three digits may have been rounded at its last place: `8.05 km` for `5 miles`. */
export function sameConverted(goldInGivenUnits: PlainNumber, given: PlainNumber, tolerance: number): boolean {
  if (sameValue(goldInGivenUnits, given, tolerance)) return true;
  const hasThreeDigits = compare(times(absolute(given), whole(given.lastPlace)), whole(100n)) >= 0;
  return hasThreeDigits && given.lastPlace > 1n && isWithin(goldInGivenUnits, given, halfOfLastPlace(given));
}

function halfOfLastPlace({ lastPlace }: PlainNumber): Rational {
  return { numerator: 1n, denominator: 2n * lastPlace };
}

/** Ten needs no mention. */
function isBased({ base }: PlainNumber): boolean {
  return base !== undefined && base !== 10;
}

/** Cents against dollars. */
function scaled(gold: PlainNumber, given: PlainNumber, hundredths: number): [PlainNumber, PlainNumber] {
  return hundredths > 0 ? [gold, hundredth(given)] : [hundredth(gold), given];
}

function hundredth(number: PlainNumber): PlainNumber {
  return {
    ...number,
    denominator: number.denominator * 100n,
    lastPlace: number.lastPlace * 100n,
    form: number.form === "integer" ? "decimal" : number.form,
  };
}
/** `28` may stand for 28%, `0.5` not for 0.5%: it is half. */
function standsWithoutPercent(number: PlainNumber): boolean {
  return number.numerator === 0n || compare(absolute(number), ONE) >= 0;
}
