/** Files that are the old one or the whole new one, whenever the process is killed. */
import { renameSync, writeFileSync } from "node:fs";

export function writeWhole(file: string, text: string): void {
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}
