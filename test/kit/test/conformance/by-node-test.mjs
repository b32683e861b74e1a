/** A plugin's tests as its author has them, with node:test. Run by runners.test.ts. */
import { describe, it } from "node:test";
import { conformance } from "@autotraj/testkit";
import { chancy, sloppy } from "./for-runners.mjs";

conformance(chancy, { except: { "stops when the run is stopped": "it has no time to" } }).register({ describe, it });
conformance(sloppy).register({ describe, it });
