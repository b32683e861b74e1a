/** Where models, environments and shared caches live. */
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** AUTOTRAJ_CACHE, else the user's cache folder: always a whole path, since processes that work elsewhere are handed it. */
export function defaultCacheDir(): string {
  const { AUTOTRAJ_CACHE: own = "", XDG_CACHE_HOME: users = "" } = process.env;
  if (own !== "") return resolve(own);
  // By its specification an empty or relative XDG_CACHE_HOME counts as none.
  return join(isAbsolute(users) ? users : join(homedir(), ".cache"), "autotraj");
}
