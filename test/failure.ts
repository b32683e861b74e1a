import { PluginError } from "@autotraj/core/plugin";

/** The plugin's own error that this work ends in: as it was thrown, or behind the kernel's. @throws where it ends in another, or in none */
export async function failureOf(work: Promise<unknown>): Promise<PluginError> {
  const thrown: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  const own = thrown instanceof Error && thrown.cause instanceof PluginError ? thrown.cause : thrown;
  if (own instanceof PluginError) return own;
  throw thrown ?? new Error("nothing was thrown");
}
