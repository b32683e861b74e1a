/** A training's folder belongs to one job. What another job left there is moved aside, never deleted. */
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { basename, join } from "node:path";
import { readJsonFile, writeJsonFile } from "../../data/json-file.ts";
import { JOB_FILES } from "../../host/launcher.ts";
import type { KeyParts } from "../../results/artifact.ts";
import { differences } from "./key.ts";

export interface Claim {
  readonly key: string;
  readonly parts: KeyParts;
}

/** @returns what is to be said where the folder held another job */
export function claimFolder(dir: string, { key, parts }: Claim): string | undefined {
  const file = join(dir, JOB_FILES.claim);
  const other = existsSync(file) ? readJsonFile<Pick<Claim, "key"> & Partial<Claim>>(file) : undefined;
  let said: string | undefined;
  if (other !== undefined && other.key !== key) {
    const finished = existsSync(join(dir, JOB_FILES.artifact));
    const aside = freeName(`${dir}-${other.key.slice(0, 8)}`);
    renameSync(dir, aside);
    said = `${finished ? "is done again" : "begins anew"}: ${differences(other.parts, parts).join("; ")}. What there was of it lies in ${basename(aside)}.`;
  }
  mkdirSync(join(dir, JOB_FILES.data), { recursive: true });
  writeJsonFile(file, { key, parts });
  return said;
}

function freeName(path: string): string {
  return existsSync(path) ? `${path}-${Date.now()}` : path;
}
