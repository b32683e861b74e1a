/** The units and currencies that are known, by the names pint has for them. What they convert to is pint's business, in the worker. */

/** Symbols that take prefixes, with the prefixes people use: `pm` is an hour of the day, not a picometre. */
const PREFIXED_SYMBOLS: Readonly<Record<string, readonly [name: string, prefixes: string]>> = {
  m: ["meter", "k c m d μ u n"],
  g: ["gram", "k m μ u n c d"],
  s: ["second", "m μ u n p"],
  L: ["liter", "m c d μ u k h"],
  l: ["liter", "m c d μ u k h"],
  A: ["ampere", "m μ u n k"],
  V: ["volt", "m μ u k M"],
  W: ["watt", "m k M G T"],
  Hz: ["hertz", "k M G T"],
  J: ["joule", "m k M G"],
  N: ["newton", "m k M"],
  Pa: ["pascal", "h k M G"],
  B: ["byte", "k K M G T P"],
  bit: ["bit", "k K M G T"],
  b: ["bit", "k K M G T"],
  Ω: ["ohm", "m k M"],
  F: ["farad", "m μ u n p"],
  C: ["coulomb", "m μ u n"],
  T: ["tesla", "m μ n"],
  eV: ["electron_volt", "m k M G"],
  cal: ["calorie", "k"],
  bar: ["bar", "m"],
  mol: ["mole", "m μ u n k"],
  K: ["kelvin", "m"],
  Wh: ["watt_hour", "k M G"],
  Ah: ["ampere_hour", "m"],
  Sv: ["sievert", "m μ u"],
  lm: ["lumen", ""],
  cd: ["candela", ""],
  lx: ["lux", ""],
  rad: ["radian", "m"],
};
const PREFIX_NAMES: Readonly<Record<string, string>> = {
  k: "kilo",
  K: "kilo",
  c: "centi",
  m: "milli",
  d: "deci",
  h: "hecto",
  μ: "micro",
  u: "micro",
  n: "nano",
  p: "pico",
  M: "mega",
  G: "giga",
  T: "tera",
  P: "peta",
};
/** Some stand for two things, and agree with either. */
const SYMBOLS: Readonly<Record<string, string>> = {
  h: "hour",
  hr: "hour",
  hrs: "hour",
  min: "minute",
  mins: "minute",
  sec: "second",
  secs: "second",
  yr: "year",
  yrs: "year",
  wk: "week",
  wks: "week",
  in: "inch",
  ft: "foot",
  yd: "yard",
  yds: "yard",
  mi: "mile",
  lb: "pound",
  lbs: "pound",
  oz: "ounce|fluid_ounce",
  gal: "gallon",
  qt: "quart",
  pt: "pint",
  tsp: "teaspoon",
  tbsp: "tablespoon",
  ha: "hectare",
  atm: "atmosphere",
  torr: "torr",
  mmHg: "millimeter_Hg",
  psi: "pound_force_per_square_inch",
  lbf: "force_pound",
  hp: "horsepower",
  kn: "knot",
  nmi: "nautical_mile",
  ly: "light_year",
  au: "astronomical_unit",
  AU: "astronomical_unit",
  Å: "angstrom",
  deg: "degree|degC|degF",
  "°": "degree|degC|degF",
  "°C": "degC",
  "°F": "degF",
  "°K": "kelvin",
  C: "coulomb|degC",
  F: "farad|degF",
  "'": "foot|arcminute",
  '"': "inch|arcsecond",
  cc: "centimeter^3",
  mph: "mile/hour",
  kph: "kilometer/hour",
  kmh: "kilometer/hour",
  kmph: "kilometer/hour",
  fps: "foot/second",
  mpg: "mile/gallon",
  rpm: "revolution/minute",
  bps: "bit/second",
  kbps: "kilobit/second",
  Mbps: "megabit/second",
  Gbps: "gigabit/second",
};
const PREFIXED_NAMES =
  "meter gram second ampere kelvin mole liter newton joule watt pascal hertz volt coulomb farad ohm tesla henry byte bit calorie watt_hour electron_volt sievert becquerel radian";
const LONG_PREFIXES = "kilo mega giga tera centi deci hecto milli micro nano pico";
/** Names written in full, in the singular. */
const NAMES: Readonly<Record<string, string>> = {
  metre: "meter",
  litre: "liter",
  amp: "ampere",
  gramme: "gram",
  kilo: "kilogram",
  hour: "hour",
  minute: "minute",
  day: "day",
  week: "week",
  fortnight: "fortnight",
  month: "month",
  year: "year",
  decade: "decade",
  century: "century",
  inch: "inch",
  foot: "foot",
  yard: "yard",
  mile: "mile",
  furlong: "furlong",
  pound: "pound|GBP",
  ounce: "ounce|fluid_ounce",
  stone: "stone",
  ton: "ton|metric_ton",
  tonne: "metric_ton",
  gallon: "gallon",
  quart: "quart",
  pint: "pint",
  cup: "cup",
  teaspoon: "teaspoon",
  tablespoon: "tablespoon",
  acre: "acre",
  hectare: "hectare",
  knot: "knot",
  parsec: "parsec",
  micron: "micron",
  angstrom: "angstrom",
  carat: "carat",
  horsepower: "horsepower",
  atmosphere: "atmosphere",
  bar: "bar",
  lumen: "lumen",
  lux: "lux",
  candela: "candela",
  revolution: "revolution",
  degree: "degree|degC|degF",
  celsius: "degC",
  centigrade: "degC",
  fahrenheit: "degF",
};
/** Several words that are one name. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/(?:°|degrees?|deg\.?)\s{0,3}(?:celsius|centigrade|C(?!\p{L}))/giu, "°C"],
  [/(?:°|degrees?|deg\.?)\s{0,3}(?:fahrenheit|F(?!\p{L}))/giu, "°F"],
  [/(?:°|degrees?)\s{0,3}(?:kelvin|K(?!\p{L}))/giu, "°K"],
  [/\b(?:fl\.?|fluid)\s?(?:oz|ounces?)(?!\p{L})\.?/giu, "fluid_ounce"],
  [/\bnautical\s?miles?/gi, "nmi"],
  [/\blight[- ]years?/gi, "ly"],
  [/\bmetric\s?tons?\b/gi, "tonne"],
  [/\bwatt[- ]hours?/gi, "watt_hour"],
  [/(?<=kilo|mega|giga)watt[- ]hours?/gi, "watt_hour"],
  [/\b(?:u\.?s\.?|american)\s?dollars?|\bUS\s?\$/gi, "USD"],
  [/\b(?:canadian|can)\s?dollars?|\bCA?\$/gi, "CAD"],
  [/\b(?:australian|aus)\s?dollars?|\bAU?\$/gi, "AUD"],
  [/\bHK\$/g, "HKD"],
  [/\bNZ\$/g, "NZD"],
  [/\bpounds?\s?sterling/gi, "GBP"],
];
const CURRENCIES: Readonly<Record<string, string>> = {
  $: "USD",
  "€": "EUR",
  "£": "GBP",
  "¥": "JPY|CNY",
  "₹": "INR",
  "₩": "KRW",
  "₽": "RUB",
  "₺": "TRY",
  "₪": "ILS",
  "₫": "VND",
  "฿": "THB",
  "₱": "PHP",
  "₦": "NGN",
  "¢": "USD*1/100|EUR*1/100",
  usd: "USD",
  dollar: "USD",
  buck: "USD",
  eur: "EUR",
  euro: "EUR",
  gbp: "GBP",
  quid: "GBP",
  jpy: "JPY",
  yen: "JPY",
  cny: "CNY",
  rmb: "CNY",
  yuan: "CNY",
  inr: "INR",
  rupee: "INR",
  rs: "INR",
  krw: "KRW",
  won: "KRW",
  rub: "RUB",
  ruble: "RUB",
  rouble: "RUB",
  chf: "CHF",
  franc: "CHF",
  cad: "CAD",
  hkd: "HKD",
  nzd: "NZD",
  aud: "AUD",
  peso: "PHP|MXN",
  cent: "USD*1/100|EUR*1/100",
  penny: "USD*1/100|GBP*1/100",
  pence: "GBP*1/100",
};
export const CURRENCY_SIGN = "[$€£¥₹₩₽₺₪₫฿₱₦]";
export const CURRENCY_CODE = "(?:USD|EUR|GBP|JPY|CNY|RMB|INR|KRW|RUB|CHF|CAD|AUD|Rs\\.?)";
const CURRENCY_CODES = new Set(Object.values(CURRENCIES).flatMap((names) => names.split("|").map((name) => name.slice(0, 3))));
const IRREGULAR: Readonly<Record<string, string>> = {
  feet: "foot",
  children: "child",
  people: "person",
  men: "man",
  women: "woman",
  mice: "mouse",
  geese: "goose",
  teeth: "tooth",
  lives: "life",
  knives: "knife",
  leaves: "leaf",
  loaves: "loaf",
  halves: "half",
  shelves: "shelf",
  wolves: "wolf",
  wives: "wife",
};

const bySymbol = new Map<string, string>(Object.entries(SYMBOLS));
for (const [symbol, [name, prefixes]] of Object.entries(PREFIXED_SYMBOLS)) {
  if (!bySymbol.has(symbol)) bySymbol.set(symbol, name);
  for (const prefix of prefixes.split(" ")) if (prefix !== "") bySymbol.set(`${prefix}${symbol}`, `${PREFIX_NAMES[prefix]}${name}`);
}
const byName = new Map<string, string>([...Object.entries(NAMES), ...Object.entries(CURRENCIES), ["fluid_ounce", "fluid_ounce"]]);
for (const name of PREFIXED_NAMES.split(" ")) {
  byName.set(name, name);
  for (const prefix of LONG_PREFIXES.split(" ")) byName.set(`${prefix}${name}`, `${prefix}${name}`);
}
for (const name of ["meter", "liter"])
  for (const prefix of LONG_PREFIXES.split(" ")) byName.set(`${prefix}${name.slice(0, -2)}re`, `${prefix}${name}`);

/** What a word may stand for as a unit or currency: `mile/hour`, `centimeter^3`, `USD*1/100`. Symbols keep their case, names do not. */
export function unitsNamed(word: string): readonly string[] {
  const name = word.toLowerCase();
  const spellings = [name, IRREGULAR[name], name.replace(/s$/, ""), name.replace(/es$/, ""), name.replace(/ies$/, "y")];
  const found = bySymbol.get(word) ?? spellings.map((spelling) => byName.get(spelling ?? "")).find((names) => names !== undefined);
  return found?.split("|") ?? [];
}

export function isCurrency(name: string): boolean {
  return CURRENCY_CODES.has(name);
}

export function withKnownPhrases(text: string): string {
  return PHRASES.reduce((phrase, [pattern, name]) => phrase.replace(pattern, name), text);
}

/** One form for a noun's singular and plural: `berry` and `berries` are `berr`. */
export function nounStem(noun: string): string {
  const word = noun.toLowerCase();
  return (IRREGULAR[word] ?? word.replace(/(?<=[^sui])s$/, "")).replace(/(?<=..)(?:ie|e|y)$/, "");
}
