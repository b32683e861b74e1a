import { PluginError } from "@autotraj/core/plugin";

/** The plugin's error that this work ends in. @throws where it ends in another, or in none */
export async function failureOf(work: Promise<unknown>): Promise<PluginError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof PluginError) return thrown;
  throw thrown ?? new Error("nothing was thrown");
}
