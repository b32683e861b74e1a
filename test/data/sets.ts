/** The data that tests measure on: small samples in every checkout, and the whole sets where they lie beside it (for figures only in `npm run test:whole`). */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface DataSets {
  /** Tells which figures to expect. */
  readonly size: "sample" | "whole";
  /** Where a file lies: `gsm8k/train.jsonl`. */
  path(file: string): string;
  rows<Row>(file: string): Row[];
}

function setsIn(folder: string, size: DataSets["size"]): DataSets {
  const path = (file: string) => folder + file;
  return {
    size,
    path,
    rows<Row>(file: string): Row[] {
      return readFileSync(path(file), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Row);
    },
  };
}

const WHOLE = fileURLToPath(new URL("../../../shared/data/", import.meta.url));

export const sample = setsIn(fileURLToPath(new URL("./", import.meta.url)), "sample");
const whole = existsSync(WHOLE) ? [setsIn(WHOLE, "whole")] : [];
/** For figures: the sample, then the whole sets where they are at hand and asked for. */
export const dataSets: readonly DataSets[] = process.env["AUTOTRAJ_WHOLE_SETS"] === undefined ? [sample] : [sample, ...whole];
/** For what holds of every row: the largest at hand. */
export const largest: DataSets = whole[0] ?? sample;
