/** Rows of data sets and of evaluations as trajectories for the eye. */
import type { DatabaseSync } from "node:sqlite";
import type { SftRow } from "@autotraj/core/plugin";
import { trajectoryOf } from "@autotraj/core/rows";
import type { RunRow } from "./index-store/indexed-row.ts";
import { lineAt, type PlacedLine } from "./index-store/placed-lines.ts";
import type { IndexedFile } from "./index-store/row-reader.ts";
import type { ComparedSide } from "./learning-api.ts";
import { Problem } from "./problem.ts";
import { jsonOr, stampOfFile } from "./run-folder.ts";
import { type Showing, storedRow, trajectoryView } from "./trajectory-view.ts";

/** The row that stands at this place of its file. @throws Problem where the file is another one by now */
export function rowAt<Row>({ file, stamp }: IndexedFile, place: Pick<PlacedLine, "at" | "bytes">): Row {
  if (!stamp.startsWith(`${stampOfFile(file)} `)) throw changed(file);
  const row = jsonOr(lineAt(file, place), undefined);
  if (typeof row !== "object" || row === null) throw changed(file);
  return row as Row;
}

function changed(file: string): Problem {
  return new Problem(409, "CHANGED", `${file} was written anew, and is being read again. Ask once more in a moment.`);
}

/** A side of a pair, or an answer, as a row has it. @throws Problem where it is no trajectory: rows are other people's data too */
export function trajectoryIn(value: unknown): SftRow {
  const row = (typeof value === "object" && value !== null ? value : {}) as Partial<SftRow>;
  if (typeof row.id === "string" && Array.isArray(row.messages)) return row as SftRow;
  throw new Problem(422, "UNREADABLE", "What stands in the run's file at this place is no trajectory.");
}

export function comparedSide(row: SftRow, run: DatabaseSync, showing: Showing): ComparedSide {
  const known = storedRow(run, row.id);
  return { trajectory: trajectoryView(runRowOf(row, known), showing), inRun: known !== undefined };
}

/** As the run's store would have it. @param known what it has of it, where it has it */
export function runRowOf(row: SftRow, known: RunRow | undefined): RunRow {
  const { id, provenance, scores = {}, verdict } = row;
  return {
    ...{ id, position: known?.position ?? 0, ordinal: known?.ordinal ?? 0, fate: known?.fate ?? "discarded" },
    origin: provenance?.origin ?? "rollout",
    parent: provenance?.parent ?? null,
    repairer: provenance?.repairer ?? null,
    body: JSON.stringify(trajectoryOf(row)),
    scores: JSON.stringify(scores),
    verdict: verdict === null || verdict === undefined ? null : JSON.stringify(verdict),
  };
}
