/** The views of a run. A later one is one more entry here and one more route in `app.tsx`. */
import { later } from "./later.tsx";

// What is looked at first, the overview and the lists, comes with the frame.
export const TrajectoryPage = later(() => import("./trajectory/page.tsx").then((file) => file.TrajectoryPage));
export const EditorPage = later(() => import("./curation/editor.tsx").then((file) => file.EditorPage));
export const RepairPage = later(() => import("./repair/page.tsx").then((file) => file.RepairPage));
export const PairsPage = later(() => import("./pairs/page.tsx").then((file) => file.PairsPage));
export const PairPage = later(() => import("./pairs/pair.tsx").then((file) => file.PairPage));
export const TrainingPage = later(() => import("./training/page.tsx").then((file) => file.TrainingPage));
export const EvaluationPage = later(() => import("./evaluation/page.tsx").then((file) => file.EvaluationPage));
export const AnswersPage = later(() => import("./evaluation/answers.tsx").then((file) => file.AnswersPage));
export const ComparePage = later(() => import("./compare/page.tsx").then((file) => file.ComparePage));
export const CurationPage = later(() => import("./curation/page.tsx").then((file) => file.CurationPage));

export interface View {
  /** Behind the run's address. */
  readonly path: string;
  readonly title: string;
  readonly key: string;
  readonly pages: readonly { load(): Promise<unknown> }[];
}

const OVERVIEW: View = { path: "", title: "Overview", key: "1", pages: [] };

export const VIEWS: readonly View[] = [
  OVERVIEW,
  { path: "/trajectories", title: "Trajectories", key: "2", pages: [TrajectoryPage, EditorPage] },
  { path: "/repairs", title: "Repairs", key: "3", pages: [RepairPage] },
  { path: "/pairs", title: "Pairs", key: "4", pages: [PairsPage, PairPage] },
  { path: "/training", title: "Training", key: "5", pages: [TrainingPage] },
  { path: "/evaluation", title: "Evaluation", key: "6", pages: [EvaluationPage, AnswersPage] },
  { path: "/compare", title: "Compare", key: "7", pages: [ComparePage] },
  { path: "/curation", title: "Curation", key: "8", pages: [CurationPage] },
];

/** @param path behind the run's address */
export function viewAt(path: string): View {
  return VIEWS.findLast((view) => path.startsWith(view.path)) ?? OVERVIEW;
}
