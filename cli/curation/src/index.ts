/** A run's rows changed by hand. */
export type { Act } from "@autotraj/curation-acts/acts";
export { type CurateAnswer, type CurateRequest, curate } from "./curate.ts";
export { CuratedExport } from "./curated-export.ts";
export { type CuratedExplanation, explainCurated } from "./explained.ts";
export { playEditHere } from "./for-viewer.ts";
export { actLine } from "./lines.ts";
export type { Playing } from "./play-edit.ts";
