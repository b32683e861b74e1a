/** Whether two quantities are the same answer. All arithmetic is exact; what converts into what is asked of pint. */
import { type PlainNumber, readNumber } from "./numbers.ts";
import { compareUnits } from "./units.ts";

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
  const denominator = gold.denominator * given.denominator;
  const goldPart = abs(gold.numerator * given.denominator);
  const difference = abs(gold.numerator * given.denominator - given.numerator * gold.denominator);
  if (difference === 0n) return true;
  if (gold.form !== "decimal" && given.form !== "decimal") return false;
  const allowed = readNumber(String(tolerance)) as PlainNumber;
  const isLarge = goldPart > denominator;
  if (difference * allowed.denominator > (isLarge ? goldPart : denominator) * allowed.numerator) return false;
  // An integer is no rounding of anything, a decimal of what its last place can't show, a fraction of nothing near its own size.
  if (gold.form === "integer") return difference * 1000n <= denominator;
  if (gold.form === "decimal") return difference * 2n * gold.lastPlace <= denominator;
  return difference * 1000n <= goldPart;
}

/** Whether a converted quantity is gold. A decimal of at least three digits may have been rounded at its last place: `8.05 km` for `5 miles`. */
export function sameConverted(goldInGivenUnits: PlainNumber, given: PlainNumber, tolerance: number): boolean {
  if (sameValue(goldInGivenUnits, given, tolerance)) return true;
  const isRounded = abs(given.numerator) * given.lastPlace >= 100n * given.denominator && given.lastPlace > 1n;
  const difference = abs(goldInGivenUnits.numerator * given.denominator - given.numerator * goldInGivenUnits.denominator);
  return isRounded && difference * 2n * given.lastPlace <= goldInGivenUnits.denominator * given.denominator;
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
  return number.numerator === 0n || abs(number.numerator) >= number.denominator;
}
function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
