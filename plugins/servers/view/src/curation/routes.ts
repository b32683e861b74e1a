/** What people do to a run's rows, over HTTP. Only here is anything changed: acts are added to the run's curation file, and the host plays edits. */
import type { Dialects, Trajectory } from "@autotraj/core/plugin";
import { type Act, deedOf } from "@autotraj/curation-acts/acts";
import { addAct, personHere } from "@autotraj/curation-acts/record";
import { editableTurns, turnsOf } from "@autotraj/curation-acts/turns";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ActFacets, ActView, CurationAnswer, DraftAnswer, EditJob } from "../api.ts";
import type { RunRow } from "../index-store/indexed-row.ts";
import { Problem } from "../problem.ts";
import { jsonOr } from "../run-folder.ts";
import { actFacets, curationIn } from "./curated.ts";
import type { EditJobs } from "./edit-jobs.ts";

export interface CurationParts {
  readonly jobs: EditJobs;
  readonly dialects: Dialects;
  readonly folder: (run: string) => string;
  /** One of the run or of its edits. @throws a 404 */
  readonly row: (folder: string, id: string) => RunRow;
}

type Asked = FastifyRequest<{ Params: { run: string; id: string } }>;

/** An edit is as long as a trajectory may be. */
const MOST_BYTES = 16 * 2 ** 20;

export function curationRoutes(app: FastifyInstance, { jobs, dialects, folder, row }: CurationParts): void {
  // The browser does not say who sits before it.
  const by = personHere();
  app.get("/api/runs/:run/curation", ({ params }: Asked): CurationAnswer => {
    const { acts, rows } = curationIn(folder(params.run));
    const views = acts.map(({ act, undoneBy = null }) => actView(act, undoneBy));
    return { acts: views, rows: Object.fromEntries(rows), by, canEdit: jobs.possible };
  });
  app.get("/api/runs/:run/curation/facets", ({ params }: Asked): ActFacets => actFacets(folder(params.run)));
  app.post("/api/runs/:run/curation", ({ params, body }: Asked): ActView => {
    const deed = deedOf(body);
    if (typeof deed === "string") throw new Problem(400, "BAD_ACT", `What is asked for ${deed}.`);
    const runDir = folder(params.run);
    const position = deed.kind === "undo" ? 0 : row(runDir, deed.on).position;
    return actView(
      added(() => addAct({ runDir, deed, by, position })),
      null,
    );
  });
  app.get("/api/runs/:run/curation/draft/:id", ({ params }: Asked): DraftAnswer => {
    const trajectory = jsonOr(row(folder(params.run), params.id).body, {}) as Trajectory;
    return { turns: editableTurns(trajectory, dialects.get(trajectory.dialect)) };
  });
  app.post("/api/runs/:run/curation/edits", { bodyLimit: MOST_BYTES }, ({ params, body }: Asked): EditJob => {
    const { on, turns } = (body ?? {}) as { readonly on?: unknown; readonly turns?: unknown };
    const read = turnsOf(turns);
    if (typeof on !== "string") throw new Problem(400, "BAD_EDIT", "`on` must be the id of a trajectory.");
    if (typeof read === "string") throw new Problem(400, "BAD_EDIT", `turns${read}.`);
    const runDir = folder(params.run);
    return jobs.begin({ run: runDir, row: row(runDir, on).id, turns: read });
  });
  app.get("/api/runs/:run/curation/edits/:id", ({ params }: Asked): EditJob => jobs.job(params.id));
}

/** @throws a 409 for what says nothing new */
function added(add: () => Act): Act {
  try {
    return add();
  } catch (error) {
    const { code, message } = error as { readonly code?: unknown; readonly message: string };
    throw code === "ACT_REFUSED" ? new Problem(409, "ACT_REFUSED", message) : error;
  }
}

function actView(act: Act, undoneBy: string | null): ActView {
  const { id, at, by, position, kind } = act;
  return {
    id,
    at,
    by,
    position,
    kind,
    on: act.kind === "undo" ? null : act.on,
    said: saidBy(act),
    into: act.kind === "edit" ? act.trajectory.id : null,
    undoneBy,
  };
}

function saidBy(act: Act): string {
  switch (act.kind) {
    case "tag":
      return act.tag;
    case "note":
      return act.text;
    case "verdict":
      return act.reason === undefined ? act.decision : `${act.decision}: ${act.reason}`;
    case "edit":
      return `${act.verdict.decision === "keep" ? "accepted" : "refused"}: ${act.verdict.reason}`;
    case "undo":
      return act.act;
    default:
      return "";
  }
}
