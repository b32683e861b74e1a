import { type AutoTrajError, isAutoTrajError } from "../../src/kernel/errors.ts";

/** The AutoTraj error that this work ends with. Anything else is passed on as it is. */
export async function failureOf(work: Promise<unknown> | (() => unknown)): Promise<AutoTrajError> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (isAutoTrajError(error)) return error;
    throw error;
  }
  throw new Error("expected an error, but it worked");
}

/** Its whole message: a wrong message is a bug. */
export async function messageOfFailure(work: Promise<unknown> | (() => unknown)): Promise<string> {
  return (await failureOf(work)).message;
}
