/** Small files of JSON: written beside their place and renamed, so that a killed process leaves the old one or the whole new one. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";

export function readJsonFile<T>(file: string): T {
  return JSON.parse(readFileSync(file, "utf8")) as T;
}

export function writeJsonFile(file: string, value: unknown): void {
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(draft, file);
}
