/** What acts come to. Later ones go before earlier ones, and what is undone counts for nothing. */
import type { Act, AnyDeed, Edit } from "./acts.ts";

/** What people have said of one trajectory. */
export interface RowState {
  readonly marked: boolean;
  readonly tags: readonly string[];
  readonly notes: readonly string[];
  /** In place of the gate's. */
  readonly verdict?: "keep" | "refuse";
  /** Left out whatever its verdict; or there even where another says the same, or an edit would take its place. */
  readonly place?: "drop" | "pin";
  /** Ids of edits that were made of it and that stand, the latest last. */
  readonly edits: readonly string[];
}

export interface KnownAct {
  readonly act: Act;
  /** The act that undoes it. */
  readonly undoneBy?: string;
}

export interface Curation {
  /** All, in the order in which they were made. */
  readonly acts: readonly KnownAct[];
  /** By trajectory. */
  readonly rows: ReadonlyMap<string, RowState>;
  /** Edits that stand. */
  readonly edits: readonly Edit[];
}

export const UNTOUCHED: RowState = { marked: false, tags: [], notes: [], edits: [] };

export function curationOf(acts: readonly Act[]): Curation {
  const undoneBy = new Map<string, string>();
  // From the end: whether an undo counts is known before what it undoes is looked at.
  for (const act of acts.toReversed()) if (act.kind === "undo" && !undoneBy.has(act.id)) undoneBy.set(act.act, act.id);
  const standing = acts.filter(({ id }) => !undoneBy.has(id));
  const rows = new Map<string, RowState>();
  for (const act of standing) if (act.kind !== "undo") rows.set(act.on, withAct(rows.get(act.on) ?? UNTOUCHED, act));
  const known = acts.map((act): KnownAct => {
    const by = undoneBy.get(act.id);
    return by === undefined ? { act } : { act, undoneBy: by };
  });
  return { acts: known, rows, edits: standing.filter((act) => act.kind === "edit") };
}

function withAct(row: RowState, act: Exclude<Act, { kind: "undo" }>): RowState {
  switch (act.kind) {
    case "mark":
      return { ...row, marked: true };
    case "tag":
      return { ...row, tags: [...row.tags, act.tag] };
    case "note":
      return { ...row, notes: [...row.notes, act.text] };
    case "verdict":
      return { ...row, verdict: act.decision };
    case "edit":
      return { ...row, edits: [...row.edits, act.trajectory.id] };
    default:
      return { ...row, place: act.kind };
  }
}

export function stateOf(curation: Curation, id: string): RowState {
  return curation.rows.get(id) ?? UNTOUCHED;
}

/** Why this need not be said; undefined where it says something new. */
export function objectionTo(curation: Curation, deed: AnyDeed): string | undefined {
  if (deed.kind === "undo") return objectionToUndo(curation, deed.act);
  const row = stateOf(curation, deed.on);
  switch (deed.kind) {
    case "mark":
      return row.marked ? "It is marked already." : undefined;
    case "tag":
      return row.tags.includes(deed.tag) ? `It has the tag "${deed.tag}" already.` : undefined;
    case "verdict":
      return row.verdict === deed.decision ? `Its verdict is "${deed.decision}" already, by a person.` : undefined;
    case "drop":
      return row.place === "drop" ? "It is dropped already." : undefined;
    case "pin":
      if (row.verdict === "refuse") return "It was refused by a person. Undo that first.";
      return row.place === "pin" ? "It is pinned already." : undefined;
    case "edit":
      return curation.edits.some(({ trajectory }) => trajectory.id === deed.trajectory.id) ? "The same edit is there already." : undefined;
    default:
      return undefined;
  }
}

function objectionToUndo({ acts }: Curation, id: string): string | undefined {
  const known = acts.find(({ act }) => act.id === id);
  if (known === undefined) return `There is no act ${id}.`;
  return known.undoneBy === undefined ? undefined : `It is undone already, by ${known.undoneBy}.`;
}

/** What became of trajectories that are learnt from. */
const LEARNT: readonly string[] = ["kept", "accepted"];

/** Whether a trajectory is learnt from, after all that people have said of it. @param fate by the run's own gates */
export function isLearnt(curation: Curation, id: string, fate: string): boolean {
  const row = stateOf(curation, id);
  return isInItself(row, fate) && (row.place === "pin" || !row.edits.some((edit) => takesPlace(curation, edit, -1)));
}

/** Edits of it aside. */
function isInItself({ place, verdict }: RowState, fate: string): boolean {
  if (place === "drop" || verdict === "refuse") return false;
  return place === "pin" || verdict === "keep" || LEARNT.includes(fate);
}

/** What was rewritten gives way to what it became, if that is learnt from, or what that became. @param after the place of what it was made of: edits come after it */
function takesPlace(curation: Curation, id: string, after: number): boolean {
  const place = curation.edits.findIndex(({ trajectory }) => trajectory.id === id);
  const edit = curation.edits[place];
  if (edit === undefined || place <= after) return false;
  return isInItself(stateOf(curation, id), fateOf(edit)) || stateOf(curation, id).edits.some((later) => takesPlace(curation, later, place));
}

/** As the run's own gates decided. */
export function fateOf({ verdict }: Pick<Edit, "verdict">): "accepted" | "refused" {
  return verdict.decision === "keep" ? "accepted" : "refused";
}
