/** A plugin's tests as its author has them, with mocha's globals. Run by runners.test.ts. */
import { conformance } from "@autotraj/testkit";
import { chancy, sloppy } from "./for-runners.mjs";

conformance(chancy, { except: { "stops when the run is stopped": "it has no time to" } }).register();
conformance(sloppy).register();
