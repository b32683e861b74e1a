/** What was asked for when a study began, kept in its folder: the folder is that study's from then on, and what is asked for later is marked as such. */
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AutoTrajError } from "@autotraj/core";
import type { Study } from "./definition.ts";
import type { PlanOptions } from "./plan.ts";
import type { Beginning } from "./result.ts";
import { writeWhole } from "./whole-file.ts";

const FILE = "beginning.json";

type Asked = Pick<PlanOptions, "dir" | "limit">;

/** The study begins, where it has not. @throws ATRAJ_RUN_MISMATCH where the folder is another study's, or has other questions */
export function beginningOf(study: Study, asked: Asked): Beginning {
  const known = knownBeginning(study, asked);
  if (known !== undefined) return known;
  const { name, seeds, compare } = study;
  const beginning = { study: name, limit: asked.limit ?? null, seeds, compare };
  mkdirSync(asked.dir, { recursive: true });
  writeWhole(join(asked.dir, FILE), `${JSON.stringify(beginning, null, 2)}\n`);
  return beginning;
}

/** @throws ATRAJ_RUN_NOT_FOUND where no study has begun, ATRAJ_RUN_MISMATCH */
export function begun(study: Study, asked: Asked): Beginning {
  const known = knownBeginning(study, asked);
  if (known !== undefined) return known;
  throw new AutoTrajError("ATRAJ_RUN_NOT_FOUND", {
    who: `study ${study.name}`,
    what: existsSync(asked.dir) ? `in ${asked.dir} no study has begun.` : `there is no folder ${asked.dir}.`,
    hint: "Name its folder with --out; without --report it begins.",
  });
}

/** @throws ATRAJ_RUN_MISMATCH */
export function knownBeginning(study: Study, { dir, limit }: Asked): Beginning | undefined {
  const file = join(dir, FILE);
  if (!existsSync(file)) return undefined;
  const beginning = JSON.parse(readFileSync(file, "utf8")) as Beginning;
  const { study: name = study.name, limit: most = limit ?? null } = beginning;
  if (name !== study.name)
    throw mismatch(
      study,
      `${dir} is the folder of another study, ${name}.`,
      `Name another folder with --out; or say \`name: ${name}\` in ${study.who}, if it is that study.`,
    );
  if (most !== (limit ?? null)) {
    const what = `it began in ${dir} ${limited(most)}, and is asked for ${limited(limit ?? null)}.`;
    throw mismatch(study, what, `${most === null ? "Leave out --limit" : `Say --limit ${most}`}, or name another folder with --out.`);
  }
  return beginning;
}

function limited(most: number | null): string {
  return most === null ? "without --limit" : `with --limit ${most}`;
}

function mismatch({ name }: Study, what: string, hint: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_RUN_MISMATCH", { who: `study ${name}`, what, hint });
}
