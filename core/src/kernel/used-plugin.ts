/** A plugin with all that a run knows of it. */

import type { PluginOrigin } from "../messages/place.ts";
import type { JsonObject, Plugin } from "./plugin.ts";

/** A plugin as a run uses it. */
export interface UsedPlugin {
  /** Its name in the run: in errors, tables and taps, and where settings name it. */
  readonly id: string;
  readonly plugin: Plugin;
  /** As its schema says, with defaults; frozen. */
  readonly options: Readonly<JsonObject>;
  readonly packageName: string;
  /** From its package.json; `0.0.0` where it has none. */
  readonly version: string;
  /** Hash of its code where it is no installed package: a file of the user's, a workspace, an object in a program. */
  readonly code?: string;
  /** What relative paths in its options mean from. */
  readonly baseDir: string;
  /** Version and folder of the copy of core that it imports, where that is not this one. */
  readonly otherCore?: string;
  /** For messages. */
  readonly origin?: PluginOrigin;
}
