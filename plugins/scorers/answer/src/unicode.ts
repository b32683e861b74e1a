/** One spelling for what Unicode spells in many ways: signs, digits, fractions, powers, roots, spaces, square unit signs. */

/** Letters, digits and punctuation that differ from the plain ones in looks only: full width, mathematical alphabets, ligatures, one-character units. */
const LOOKS = /[\uFF01-\uFF5E\uFFE0-\uFFE6\u3300-\u33FF\u2100\u2103\u2109\u2126\u212A\u212B\uFB00-\uFB06]|\uD835[\uDC00-\uDFFF]/g;
const SQUARE_UNITS: Readonly<Record<string, string>> = {
  "㎟": "mm^2",
  "㎠": "cm^2",
  "㎡": "m^2",
  "㎢": "km^2",
  "㎣": "mm^3",
  "㎤": "cm^3",
  "㎥": "m^3",
  "㎦": "km^3",
  "㎧": "m/s",
  "㎨": "m/s^2",
};
const CHARACTERS: Readonly<Record<string, string>> = {
  "−": "-",
  "﹣": "-",
  "➖": "-",
  "˗": "-",
  "‐": "-",
  "‑": "-",
  "‒": "-",
  "–": "-",
  "﹢": "+",
  "∗": "*",
  "∕": "/",
  "⁄": "/",
  "∶": ":",
  "⩾": "≥",
  "≧": "≥",
  "⩽": "≤",
  "≦": "≤",
  "٪": "%",
  "٫": ".",
  "٬": ",",
  "。": ".",
  "、": ",",
  º: "°",
  "˚": "°",
  µ: "μ",
  "′": "'",
  "″": '"',
  "⋅": "·",
  "∙": "·",
};
const CHARACTER = new RegExp(`[${Object.keys(CHARACTERS).join("")}]`, "g");
const POWERS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ";
const INDICES = "₀₁₂₃₄₅₆₇₈₉";

/** The text with plain characters: `−２½` is `-2 1/2`, `x²` is `x^2`, `1010₂` is `1010_2`, `√2` is `sqrt(2)`. Case, accents and words are left alone. */
export function plainCharacters(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is plain ASCII already is most of what comes.
  if (/^[\x00-\x7F]*$/.test(text)) return text;
  return text
    .normalize("NFC")
    .replace(/[\u00AD\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g, "")
    .replace(/\p{Zs}/gu, " ")
    .replace(/^\s*[—⁻](?=[\d.])/, "-")
    .replace(/[㎟-㎨]/g, (sign) => SQUARE_UNITS[sign] ?? sign)
    .replace(LOOKS, (sign) => sign.normalize("NFKC"))
    .replace(CHARACTER, (sign) => CHARACTERS[sign] ?? sign)
    .replace(/(\d)?([¼-¾⅐-⅞↉])(?=(\p{L})?)/gu, (_, whole: string | undefined, sign: string, letter: string | undefined) => {
      const fraction = sign.normalize("NFKC").replace("⁄", "/");
      return `${whole === undefined ? "" : `${whole} `}${fraction}${letter === undefined ? "" : " "}`;
    })
    .replace(/(\d)?([⁰¹²³⁴⁵⁶⁷⁸⁹]{1,9})\/([₀-₉]{1,9})/g, (_, whole: string | undefined, top: string, bottom: string) =>
      [...(whole === undefined ? [] : [whole]), `${lowered(top, POWERS)}/${lowered(bottom, INDICES)}`].join(" "),
    )
    .replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+/g, (power) => `^${grouped(lowered(power, POWERS))}`)
    .replace(/[₀-₉]+/g, (index) => `_${grouped(lowered(index, INDICES))}`)
    .replace(/(?![0-9])\p{Nd}/gu, asciiDigit)
    .replace(/√\s?(?:(\d+(?:\.\d+)?|\p{L})|\{([^{}]*)\}|(?=\())/gu, (_, bare: string | undefined, group: string | undefined) =>
      bare === undefined && group === undefined ? "sqrt" : `sqrt(${bare ?? group})`,
    )
    .replace(/([∛∜])\s?(?:(\d+(?:\.\d+)?|\p{L})|\(([^()]*)\)|\{([^{}]*)\})/gu, (_, sign: string, bare?: string, round?: string, group?: string) => {
      return `\\sqrt[${sign === "∛" ? 3 : 4}]{${bare ?? round ?? group}}`;
    });
}

function lowered(text: string, raised: string): string {
  return [...text].map((sign) => "0123456789+-n"[raised.indexOf(sign)] ?? sign).join("");
}

function grouped(text: string): string {
  return text.length === 1 ? text : `{${text}}`;
}

/** The text with 0 to 9 for the digits of any script. */
export function withPlainDigits(text: string): string {
  return text.replace(/(?![0-9])\p{Nd}/gu, asciiDigit);
}

/** Every script's digits stand in runs of ten. */
function asciiDigit(digit: string): string {
  const code = digit.codePointAt(0) as number;
  let zero = code;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return String((code - zero) % 10);
}
