/** The formula that a sentence without LaTeX states: `The point is (3, -4).`, `So y = 2x + 3`, `The roots are 1, 2 and 3.` */
import { hasFormula, isFormula } from "./formula.ts";
import { declaredAnswer, unwrap } from "./unwrap.ts";

const LONGEST = 400;
const STATES =
  /(?:^|\s)(?:is|are|was|were|be|becomes?|equals?|equal to|gives?|gets?|yields?|has|have|(?:simplifies|reduces|evaluates|comes) to|so|therefore|thus|hence|then|namely|[^\s\d]{2,40}:),?\s+$/i;
const NAMES_A_VARIABLE = /^[a-zA-Z](?:_\{?\w\}?)?(?:\([a-z]\))?\s?=/;
/** Such words say that it is not this, or only so far, or in some case. */
const RESERVES =
  /\b(?:not|never|no|cannot|neither|nor|either|if|unless|when|where|let|given|suppose|since|because|for|of|than|least|most|about|approximately|around|nearly|almost|over|under|between|wrong|incorrect|doubt)\b|n['’]t\b/i;

/** Undefined where the last sentence, or what is declared as the answer, states none. */
export function statedFormula(text: string): string | undefined {
  const declared = declaredAnswer(text);
  if (declared !== undefined && isValue(declared)) return declared;
  const sentence =
    text
      .trim()
      .split(/\n|[.!?]\s+(?=\S)/)
      .at(-1) ?? "";
  if (sentence.length > LONGEST) return undefined;
  for (const { index } of sentence.matchAll(/(?<=\s)\S/g)) {
    const [before, rest] = [sentence.slice(0, index), unwrap(sentence.slice(index))];
    if (/\d/.test(before) || RESERVES.test(before)) return undefined;
    if (isValue(rest) && (STATES.test(before) || NAMES_A_VARIABLE.test(rest))) return rest;
  }
  return undefined;
}

function isValue(text: string): boolean {
  return !hasFormula(text) && isFormula(text) && /\d|\\[a-z]|[π∞]|\bpi\b|[-+*/^=]/.test(text);
}
