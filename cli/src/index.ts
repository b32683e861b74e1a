/** The command line as a function, for hosts that embed it. */
export { cli } from "./cli.ts";
