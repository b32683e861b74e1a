/** A folder outside this repository in which packages of ours and of others are found as npm would have put them there. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const REPOSITORY = resolve(import.meta.dirname, "../../..");
/** What a plugin's author has beside our packages. */
const INSTALLED = ["@autotraj", "@types/node", "undici-types", "typescript", "@typescript", ".bin"];

export function newProject(): string {
  const folder = mkdtempSync(join(tmpdir(), "autotraj-init-"));
  for (const name of INSTALLED) link(join(REPOSITORY, "node_modules", name), join(folder, "node_modules", name));
  return folder;
}

export function removeProject(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** As `npm install ./folder` does. */
export function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  symlinkSync(from, to);
}
