/** The kernel's own API: what the command line, the test kit and other hosts build on. Plugins import `@autotraj/core/plugin` instead. */

export { AutoTrajError, ERROR_CODES, type ErrorCode, type ErrorParts, isAutoTrajError, messageOf } from "./errors.ts";
export * from "./plugin.ts";
export { pythonEnvironments } from "./python-environments.ts";
