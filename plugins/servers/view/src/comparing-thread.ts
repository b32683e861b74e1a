/** The thread of one comparison. */
import { parentPort, workerData } from "node:worker_threads";
import { type ComparedAnswers, compareModels } from "@autotraj/statistics/intervals";

export interface Comparing {
  readonly right: ComparedAnswers;
  readonly others: ComparedAnswers;
  readonly seed: number;
}

export type Compared = ReturnType<typeof compareModels>;

const { right, others, seed } = workerData as Comparing;
parentPort?.postMessage(compareModels(right, others, seed) satisfies Compared);
