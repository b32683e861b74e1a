/** A trajectory's turns as a file that people edit. */
import { readFileSync, writeFileSync } from "node:fs";
import { AutoTrajError, dialects, messageOf, type Trajectory, whyUnreadable } from "@autotraj/core";
import { type EditedTurn, editableTurns, turnsOf } from "@autotraj/curation-acts/turns";
import { parse, stringify } from "yaml";

/** @throws ATRAJ_USAGE where the file is there, or cannot be written */
export function writeDraft(file: string, trajectory: Trajectory): void {
  const turns = editableTurns(trajectory, dialects.get(trajectory.dialect));
  const text = stringify({ of: trajectory.id, turns }, { lineWidth: 0, blockQuote: "literal" });
  const whole = `# What the model wrote, turn by turn. What tools answered is not here: they are asked again.\n${text}`;
  try {
    writeFileSync(file, whole, { flag: "wx" });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const hint = "Name a file that is not there yet.";
    throw new AutoTrajError("ATRAJ_USAGE", { who: file, what: code === "EEXIST" ? "it is there already." : `it cannot be written (${code}).`, hint });
  }
}

/** @throws ATRAJ_USAGE naming file and key path */
export function readEdit(file: string, id: string): readonly EditedTurn[] {
  const wrong = (what: string) =>
    new AutoTrajError("ATRAJ_USAGE", { who: file, what, hint: "`autotraj curate RUN ROW --draft FILE` writes one to begin with." });
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw wrong(`${whyUnreadable(error)}.`);
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw wrong(`it cannot be read: ${messageOf(error).split("\n")[0]}`);
  }
  const { of, turns } = (value ?? {}) as { readonly of?: unknown; readonly turns?: unknown };
  if (of !== undefined && of !== id) throw wrong(`it holds the turns of ${String(of)}, and ${id} is to be edited.`);
  const read = turnsOf(turns);
  if (typeof read === "string") throw wrong(`turns${read}.`);
  return read;
}
