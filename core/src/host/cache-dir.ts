/** Where models, environments and shared caches live. */
import { homedir } from "node:os";
import { join } from "node:path";

/** AUTOTRAJ_CACHE, else the user's cache folder. */
export function defaultCacheDir(): string {
  return process.env["AUTOTRAJ_CACHE"] ?? join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "autotraj");
}
