/** What a plugin is handed has the names of the contract, and a misspelt one is an error that says what was meant. */
import { instead } from "../messages/nearest.ts";
import { AutoTrajError } from "./errors.ts";

/** The language asks for these by itself. */
const ASKED_ANYWAY = ["then", "toJSON"];

/** @param what it is, as in `api.hooks`. Whether a core has a name is asked with `in`. */
export function knownNames<T extends object>(what: string, known: T): T {
  return new Proxy(known, {
    get(target, name, receiver) {
      if (typeof name === "string" && !(name in target) && !ASKED_ANYWAY.includes(name)) {
        throw new AutoTrajError("ATRAJ_PLUGIN_INVALID", {
          who: "plugin",
          what: `it uses ${what}.${name}, which does not exist.`,
          hint: instead(name, Object.keys(target)),
        });
      }
      return Reflect.get(target, name, receiver);
    },
  });
}
