/** What people do to a run's rows by hand. An act is never changed: what is no longer meant is undone, and that is an act too. */
import type { Scores, Trajectory, Verdict } from "@autotraj/core/plugin";
import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";

/** What is done, without who and when. `on` is the id of a trajectory, of the run or of an edit. */
export type Deed =
  | { readonly kind: "mark" | "drop" | "pin"; readonly on: string }
  | { readonly kind: "tag"; readonly on: string; readonly tag: string }
  | { readonly kind: "note"; readonly on: string; readonly text: string }
  | { readonly kind: "verdict"; readonly on: string; readonly decision: "keep" | "refuse"; readonly reason?: string }
  | { readonly kind: "undo"; readonly act: string };

/** A repair that somebody has rewritten, as the run's tools, scorers and gates have answered it. `on` is the trajectory that was rewritten. */
export interface EditDeed extends EditedRepair {
  readonly kind: "edit";
  readonly on: string;
}

export interface EditedRepair {
  /** Its provenance names the candidate that it repairs. */
  readonly trajectory: Trajectory;
  readonly scores: Scores;
  readonly verdict: Verdict;
}

export type AnyDeed = Deed | EditDeed;

/** Who did it, when, and to which question of the run, counted from 0. */
export interface Signed {
  readonly id: string;
  readonly at: string;
  readonly by: string;
  readonly position: number;
}

export type Act = AnyDeed & Signed;
export type Edit = EditDeed & Signed;

/** Longer ones are no tags, and no notes. */
export const MOST_CHARACTERS = { tag: 60, note: 10_000, by: 200 } as const;

const text = { type: "string", minLength: 1, maxLength: 200 } as const;
const object = { type: "object" } as const;
const spoken = (most: number) => ({ type: "string", minLength: 1, maxLength: most, pattern: "\\S" });

const trajectory = {
  type: "object",
  required: ["id", "query", "dialect", "tools", "messages", "finish", "faults", "provenance", "usage"],
  properties: { id: text, query: object, provenance: { type: "object", required: ["origin", "parent"] }, messages: { type: "array" } },
} as const;

/** Of each kind of act, what it holds beside its kind. */
const DEEDS = {
  mark: { on: text },
  drop: { on: text },
  pin: { on: text },
  tag: { on: text, tag: spoken(MOST_CHARACTERS.tag) },
  note: { on: text, text: spoken(MOST_CHARACTERS.note) },
  verdict: { on: text, decision: { enum: ["keep", "refuse"] }, reason: spoken(MOST_CHARACTERS.note) },
  edit: { on: text, trajectory, scores: object, verdict: { type: "object", required: ["decision", "reason"] } },
  undo: { act: text },
} as const;

const SIGNED = { id: text, at: text, by: spoken(MOST_CHARACTERS.by), position: { type: "integer", minimum: 0 } };
/** What may be left out. */
const OPTIONAL = ["reason"];

function schemaOf(kinds: readonly (keyof typeof DEEDS)[], more: object) {
  return {
    type: "object",
    required: ["kind"],
    discriminator: { propertyName: "kind" },
    oneOf: kinds.map((kind) => {
      const properties = { kind: { const: kind }, ...more, ...DEEDS[kind] };
      return { additionalProperties: false, required: Object.keys(properties).filter((name) => !OPTIONAL.includes(name)), properties };
    }),
  } as const;
}

const KINDS = Object.keys(DEEDS) as (keyof typeof DEEDS)[];
const ASKED = KINDS.filter((kind) => kind !== "edit");
const ajv = new Ajv({ discriminator: true, strict: false, allErrors: false });
let validateAct: ValidateFunction<Act> | undefined;
let validateDeed: ValidateFunction<Deed> | undefined;

/** The value as an act, or what is wrong with it, as the end of a sentence. */
export function actOf(value: unknown): Act | string {
  validateAct ??= ajv.compile<Act>(schemaOf(KINDS, SIGNED));
  return validateAct(value) ? value : told(validateAct.errors, KINDS);
}

/** The same of what somebody asks for. An edit cannot be asked for: it is what came of playing it. */
export function deedOf(value: unknown): Deed | string {
  validateDeed ??= ajv.compile<Deed>(schemaOf(ASKED, {}));
  return validateDeed(value) ? value : told(validateDeed.errors, ASKED);
}

function told(errors: readonly ErrorObject[] | null | undefined, kinds: readonly string[]): string {
  const [first] = errors ?? [];
  if (first === undefined) return "is no act";
  const { keyword, instancePath, params, message = "is wrong" } = first;
  if (keyword === "discriminator") return `has a kind that is not known here; there are ${kinds.join(", ")}`;
  if (keyword === "additionalProperties") return `has "${String(params["additionalProperty"])}", which its kind does not have`;
  if (keyword === "required") return `lacks "${String(params["missingProperty"])}"${instancePath === "" ? "" : ` in ${keyPath(instancePath)}`}`;
  if (keyword === "pattern") return `says nothing in ${keyPath(instancePath)}`;
  return `is not right: ${instancePath === "" ? "it" : keyPath(instancePath)} ${message}`;
}

function keyPath(pointer: string): string {
  return pointer.slice(1).replaceAll("/", ".");
}
