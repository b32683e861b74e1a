#!/usr/bin/env node
/** `npm create autotraj-plugin scorer brevity` is `autotraj init plugin scorer brevity`. */
import { cli } from "@autotraj/cli";

process.exitCode = await cli(["init", "plugin", ...process.argv.slice(2)]);
