/** `autotraj curate`: one act, or all there are. */
import { AutoTrajError, RunStore } from "@autotraj/core";
import type { Act, Deed } from "@autotraj/curation-acts/acts";
import { personHere } from "@autotraj/curation-acts/record";
import type { KnownAct } from "@autotraj/curation-acts/state";
import { readEdit, writeDraft } from "./edit-file.ts";
import { curationIn, kept } from "./kept.ts";
import { actLine } from "./lines.ts";
import { trajectoryNamed } from "./naming.ts";
import { type Playing, playEdit } from "./play-edit.ts";

/** As the command line has it. One of what can be done, or none: then all acts are told. */
export interface CurateRequest {
  readonly run: string;
  readonly row?: string | undefined;
  readonly by?: string | undefined;
  readonly mark?: boolean | undefined;
  readonly drop?: boolean | undefined;
  readonly pin?: boolean | undefined;
  readonly verdict?: string | undefined;
  /** Of a verdict. */
  readonly reason?: string | undefined;
  readonly tag?: string | undefined;
  readonly note?: string | undefined;
  readonly edit?: string | undefined;
  readonly draft?: string | undefined;
  readonly undo?: string | undefined;
}

export interface CurateAnswer {
  /** What was done; or all that was, where nothing was asked for. */
  readonly acts: readonly KnownAct[];
  /** Where the turns were written, to be edited. */
  readonly draft?: string;
  /** For people. */
  readonly text: string;
}

const WAYS = ["mark", "drop", "pin", "verdict", "tag", "note", "edit", "draft", "undo"] as const;

/** @throws ATRAJ_USAGE for what cannot be meant; PluginError ACT_REFUSED, ACTS_INVALID; as {@link playEdit} */
export async function curate(request: CurateRequest, playing: Playing): Promise<CurateAnswer> {
  const given = WAYS.filter((way) => request[way] !== undefined && request[way] !== false);
  if (given.length > 1)
    throw usage(`${given.map((way) => `--${way}`).join(" and ")} are given together.`, "Do one after the other: each is an act of its own.");
  if (request.reason !== undefined && request.verdict === undefined)
    throw usage("--reason is given without --verdict.", "For anything else there is --note.");
  const by = request.by ?? personHere();
  const [way] = given;
  if (way === undefined) return listed(request);
  if (way === "undo")
    return done(kept({ runDir: begun(request.run), by, position: 0, deed: { kind: "undo", act: actNamed(request.run, request.undo ?? "") } }));
  if (request.row === undefined)
    throw usage(`--${way} is given without a row.`, "Name a trajectory: `autotraj explain RUN N` shows those of question N.");
  return onRow({ ...request, row: request.row, by }, way, playing);
}

async function onRow(
  request: CurateRequest & { readonly row: string; readonly by: string },
  way: (typeof WAYS)[number],
  playing: Playing,
): Promise<CurateAnswer> {
  const { run, row, by } = request;
  const store = RunStore.read(run);
  const { trajectory, position } = await trajectoryNamed(store, curationIn(run), { run, row }).finally(() => store.close());
  const { id } = trajectory;
  if (way === "draft") {
    const file = request.draft ?? "";
    writeDraft(file, trajectory);
    return { acts: [], draft: file, text: `Wrote the turns of ${id} to ${file}. Change them, then: \`autotraj curate ${run} ${id} --edit ${file}\`` };
  }
  if (way === "edit") return done(await playEdit({ run, row: id, turns: readEdit(request.edit ?? "", id), by }, playing));
  return done(kept({ runDir: run, by, position, deed: deedOf(request, id, way) }));
}

function deedOf({ verdict, reason, tag = "", note = "" }: CurateRequest, on: string, way: string): Deed {
  if (way === "tag") return { kind: "tag", on, tag };
  if (way === "note") return { kind: "note", on, text: note };
  if (way === "verdict")
    return { kind: "verdict", on, decision: verdict === "keep" ? "keep" : "refuse", ...(reason === undefined ? {} : { reason }) };
  return { kind: way === "mark" || way === "drop" ? way : "pin", on };
}

function done(act: Act): CurateAnswer {
  const known = { act };
  return { acts: [known], text: actLine(known) };
}

async function listed({ run, row }: CurateRequest): Promise<CurateAnswer> {
  const store = RunStore.read(run);
  try {
    const curation = curationIn(run);
    const only = row === undefined ? undefined : (await trajectoryNamed(store, curation, { run, row })).trajectory.id;
    const acts = curation.acts.filter(({ act }) => only === undefined || (act.kind !== "undo" && act.on === only));
    return { acts, text: acts.length === 0 ? "Nothing was changed by hand." : acts.map(actLine).join("\n") };
  } finally {
    store.close();
  }
}

/** The beginning of its id is enough. */
function actNamed(run: string, name: string): string {
  const found = curationIn(run).acts.filter(({ act }) => act.id.startsWith(name));
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only.act.id;
  throw usage(
    only === undefined ? `there is no act ${name}.` : `${found.length} acts begin with ${name}.`,
    `\`autotraj curate ${run}\` lists all acts with their ids.`,
  );
}

/** @throws ATRAJ_RUN_NOT_FOUND where there is no run */
function begun(run: string): string {
  RunStore.read(run).close();
  return run;
}

function usage(what: string, hint: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_USAGE", { who: "curate", what, hint });
}
