/** Units by themselves: what stands behind a number, and which of them go together. */
import { expect } from "chai";
import { nounStem } from "../../src/unit-names.ts";
import { compareUnits, isUnitAlone, pintUnits, readUnit, type Unit } from "../../src/units.ts";

/** `meter second^-1`, `USD/100 | EUR/100`, with what is counted behind a colon; `none` where it is no unit. */
function shown(unit: Unit | undefined): string {
  if (unit === undefined) return "none";
  const readings = unit.readings.map(({ powers, hundredths }) => {
    const named = [...powers].map(([name, power]) => (power === 1 ? name : `${name}^${power}`)).join(" ");
    return hundredths === 0 ? named : `${named}/${100 ** hundredths}`;
  });
  return [readings.join(" | "), unit.noun.join(" ")].filter((part) => part !== "").join(": ");
}

const UNITS: readonly (readonly [text: string, unit: string])[] = [
  ["", ""],
  ["  ", ""],
  ["cm", "centimeter"],
  ["cm^2", "centimeter^2"],
  ["cm^{-2}", "centimeter^-2"],
  ["cm2", "centimeter^2"],
  ["m^(3)", "meter^3"],
  ["metres squared", "meter^2"],
  ["meters cubed", "meter^3"],
  ["square feet", "foot^2"],
  ["sq. ft", "foot^2"],
  ["cubic centimetres", "centimeter^3"],
  ["cu. in", "inch^3"],
  ["cubic inches", "inch^3"],
  ["in", "inch"],
  ["in.", "inch"],
  ["in^2", "inch^2"],
  ["in the box", "in the box"],
  ["km/h", "kilometer hour^-1"],
  ["km per hour", "kilometer hour^-1"],
  ["miles an hour", "mile hour^-1"],
  ["mph", "mile hour^-1"],
  ["m/s^2", "meter second^-2"],
  ["m/s/s", "meter second^-2"],
  ["kg * m / s^2", "kilogram meter second^-2"],
  ["kg·m", "kilogram meter"],
  ["kg \\cdot m", "kilogram meter"],
  ["N-m", "newton meter"],
  ["J/(kg K)", "joule kilogram^-1 kelvin^-1"],
  ["J/(kg K) m", "joule kilogram^-1 kelvin^-1 meter"],
  ["kWh", "kilowatt_hour"],
  ["dollars per hour", "USD hour^-1"],
  ["$", "USD"],
  ["cents", "USD/100 | EUR/100"],
  ["cents per minute", "USD minute^-1/100 | EUR minute^-1/100"],
  ["pounds", "pound | GBP"],
  ["°C", "degC"],
  ["degrees Fahrenheit", "degF"],
  ["fl. oz.", "fluid_ounce"],
  ["light-years", "light_year"],
  ["US dollars", "USD"],
  ["cups of flour", "cup: of flour"],
  ["red apples", "red appl"],
  ["berries", "berr"],
  ["children", "child"],
  ["apples left", "appl left"],
  ["working hours", "hour: working"],
  ["working hours a day", "hour day^-1: working"],
  ["big cups of flour", "cup: big of flour"],
  ["of the eggs", "of the egg"],
  ["a", "none"],
  ["of", "none"],
  ["x", "none"],
  ["m", "meter"],
  ["A", "ampere"],
  ["T", "tesla"],
  ["z", "none"],
  ["m long", "meter: long"],
  ["or 6", "none"],
  ["hundred", "none"],
  ["is wrong", "none"],
  ["halves", "none"],
  ["fifths", "none"],
  ["fifteenths", "none"],
  ["o'clock", "none"],
  ["January", "none"],
  ["one two three four five six seven eight nine", "none"],
  ["big red round old new soft good apples", "big red round old new soft good appl"],
  ["big red round old new soft good fine apples", "none"],
  ["x2", "none"],
  ["non-zero values", "non-zero valu"],
  ["X-rays", "x-ra"],
  ["x-y", "none"],
  ["apples per working hour", "appl per working hour"],
  ["came in", "cam in"],
  ["of working hours", "of working hour"],
  ["big cups of white flour", "cup: big of whit flour"],
  ["big m long", "big m long"],
  ["km each hour", "kilometer hour^-1"],
  ["km every hour", "kilometer hour^-1"],
  ["Km Per hour", "none"],
  ["squared m", "none"],
  ["^2", "none"],
  ["cm) m", "none"],
  ["J/(kg K", "none"],
  ["/h", "none"],
  ["per hour", "per hour"],
  ["sq ft", "foot^2"],
  ["cu ft", "foot^3"],
  ["cu. ft.", "foot^3"],
  ["min late", "minute: lat"],
  ["inches wide", "inch: wide"],
  ["lb in", "pound: in"],
  ["J/B", "joule byte^-1"],
  ["m/m", ""],
  ["seconds", "second"],
  ["pennies", "USD/100 | GBP/100"],
  ["degree Celsius", "degC"],
  ["deg C", "degC"],
  ["deg. C", "degC"],
  ["degrees  C", "degC"],
  ["degrees centigrade", "degC"],
  ["degrees C outside", "degC: outsid"],
  ["degree Fahrenheit", "degF"],
  ["deg F", "degF"],
  ["deg. F", "degF"],
  ["degrees  F", "degF"],
  ["degrees F", "degF"],
  ["degrees F outside", "degF: outsid"],
  ["degrees kelvin", "kelvin"],
  ["degree K", "kelvin"],
  ["degrees  K", "kelvin"],
  ["degrees K", "kelvin"],
  ["degrees K outside", "kelvin: outsid"],
  ["fl oz", "fluid_ounce"],
  ["fl.oz", "fluid_ounce"],
  ["fluid ounce", "fluid_ounce"],
  ["fluid ounces", "fluid_ounce"],
  ["nautical miles", "nautical_mile"],
  ["nautical mile", "nautical_mile"],
  ["light year", "light_year"],
  ["light-year", "light_year"],
  ["metric tons", "metric_ton"],
  ["metric ton", "metric_ton"],
  ["watt-hours", "watt_hour"],
  ["watt hour", "watt_hour"],
  ["kilowatt-hours", "kilowatt_hour"],
  ["kilowatt hour", "kilowatt_hour"],
  ["U.S. dollar", "USD"],
  ["american dollars", "USD"],
  ["US $", "USD"],
  ["Canadian dollars", "CAD"],
  ["Canadian dollar", "CAD"],
  ["C$", "CAD"],
  ["CA$", "CAD"],
  ["Australian dollars", "AUD"],
  ["Australian dollar", "AUD"],
  ["A$", "AUD"],
  ["AU$", "AUD"],
  ["HK$", "HKD"],
  ["NZ$", "NZD"],
  ["pounds sterling", "GBP"],
  ["pound sterling", "GBP"],
];
const ATTACHED: readonly (readonly [text: string, unit: string])[] = [
  ["m", "meter"],
  ["A", "none"],
  ["T", "none"],
  ["cm", "centimeter"],
  ["th", "none"],
  ["each", "each"],
  ["apples", "appl"],
];
const COMPARED: readonly (readonly [gold: string, given: string, agreement: string])[] = [
  ["", "", "same"],
  ["", "cm", "same"],
  ["cm", "", "same"],
  ["apples", "", "same"],
  ["apples", "apple", "same"],
  ["apples", "pears", "differ"],
  ["red apples", "apples", "same"],
  ["apples", "red apples", "same"],
  ["apples left", "apples", "same"],
  ["apple trees", "apples", "differ"],
  ["cups of flour", "cups", "same"],
  ["cups of flour", "cups of sugar", "differ"],
  ["cups of flour", "liters of flour", "convert"],
  ["cm", "apples", "differ"],
  ["apples", "cm", "differ"],
  ["cm", "centimeters", "same"],
  ["cm", "m", "convert"],
  ["cm^2", "cm", "convert"],
  ["m/s", "s/m", "convert"],
  ["m s", "s m", "same"],
  ["pounds", "kg", "convert"],
  ["pounds", "£", "same"],
  ["$", "dollars", "same"],
  ["$", "€", "differ"],
  ["$", "cents", "hundredths 1"],
  ["cents", "$", "hundredths -1"],
  ["$", "pence", "differ"],
  ["$", "$ a day", "same"],
  ["$ per hour", "$", "same"],
  ["$", "€ a day", "differ"],
  ["$", "$ km", "convert"],
  ["$ per hour", "$ per day", "convert"],
  ["$ per hour", "€ per day", "differ"],
  ["$", "km", "differ"],
  ["kg", "pounds", "convert"],
  ["pounds", "£ per hour", "same"],
  ["£", "pounds per hour", "same"],
  ["apples in a box", "apples in the box", "same"],
  ["apples in boxes", "red apples in bags", "differ"],
  ["cups of flour mix", "cups of flour", "same"],
  ["of the eggs", "of the egg cartons", "differ"],
];
const ALONE: readonly (readonly [text: string, isUnit: boolean])[] = [
  ["cm", true],
  ["\\text{ cm}", true],
  ["\\text{cm}^2", true],
  ["\\mathrm {m}", true],
  ["%", true],
  ["Percent", true],
  ["$", true],
  ["degrees Celsius", true],
  ["", false],
  ["apples", false],
  ["cm long", false],
  ["%x", false],
  ["x%", false],
  ["\\,cm", true],
];

describe("readUnit reads", () => {
  for (const [text, unit] of UNITS)
    it(`${JSON.stringify(text)} as ${JSON.stringify(unit)}`, () => expect(shown(readUnit(text, false))).to.equal(unit));
  for (const [text, unit] of ATTACHED) {
    it(`${JSON.stringify(text)}, where no space is before it, as ${JSON.stringify(unit)}`, () => expect(shown(readUnit(text, true))).to.equal(unit));
  }
  it("whether a letter may be a variable, or a word a name", () => {
    expect(["m", "m long", "cm", "m^2", "°"].map((text) => readUnit(text, false)?.isLetter)).to.deep.equal([true, false, false, false, false]);
    expect(["Rock", "big Rocks", "rocks", "iPhones"].map((text) => readUnit(text, false)?.isName)).to.deep.equal([true, true, false, false]);
  });
});

describe("compareUnits", () => {
  for (const [gold, given, expected] of COMPARED) {
    it(`finds ${JSON.stringify(given)} for ${JSON.stringify(gold)}: ${expected}`, () => {
      const agreement = compareUnits(readUnit(gold, false) as Unit, readUnit(given, false) as Unit);
      const found = typeof agreement === "string" ? agreement : agreement.hundredths === 0 ? "same" : `hundredths ${agreement.hundredths}`;
      expect(found).to.equal(expected);
    });
  }
});

describe("isUnitAlone", () => {
  for (const [text, isUnit] of ALONE)
    it(`${isUnit ? "takes" : "does not take"} ${JSON.stringify(text)}`, () => expect(isUnitAlone(text)).to.equal(isUnit));
});

describe("pintUnits", () => {
  const pint = (text: string) => pintUnits(readUnit(text, false) as Unit).map(({ money, unit }) => `${money} ${unit}`.trim());
  it("keeps money apart", () => {
    expect(pint("km/h")).to.deep.equal(["kilometer ** 1 * hour ** -1"]);
    expect(pint("$ per hour")).to.deep.equal(['0 [["USD",1]] hour ** -1']);
    expect(pint("pounds")).to.deep.equal(["pound ** 1", '0 [["GBP",1]]']);
  });
});

describe("nounStem", () => {
  it("is one for singular and plural", () => {
    for (const [one, many] of [
      ["berry", "berries"],
      ["apple", "apples"],
      ["child", "children"],
      ["Cookie", "cookies"],
      ["leaf", "leaves"],
      ["bus", "bus"],
      ["rose", "roses"],
      ["basket", "baskets"],
      ["movie", "movies"],
      ["employee", "employees"],
    ] as const)
      expect(nounStem(many), many).to.equal(nounStem(one));
  });
});
