/** The Python packages of services that a trainer reports to. */
import { PluginError, type PythonEnvironments } from "@autotraj/core/plugin";

/** In the versions that were tried. Others are heavy, or want a server of their own: they belong into an interpreter of one's own. */
const PACKAGES: Readonly<Record<string, string>> = { wandb: "wandb==0.31.0", trackio: "trackio==0.43.0", tensorboard: "tensorboard==2.21.0" };

/**
 * Folder of these services' packages, for a trainer whose own environment has none of them; undefined where nothing is reported.
 * @throws PluginError TRAIN_SETTINGS for one that is not installed here; ATRAJ_PYTHON from pip
 */
export async function reportingPackages(reportTo: readonly string[], environments: PythonEnvironments): Promise<string | undefined> {
  const missing = reportTo.filter((name) => PACKAGES[name] === undefined);
  if (missing.length > 0) {
    throw new PluginError("TRAIN_SETTINGS", `reportTo: the package of ${missing.join(" and ")} is not installed by AutoTraj.`, {
      hint: `Install it into an environment of your own and name that in the plugin's option python; here ${Object.keys(PACKAGES).join(", ")} are installed when they are asked for.`,
    });
  }
  if (reportTo.length === 0) return undefined;
  const requirements = reportTo.flatMap((name) => PACKAGES[name] ?? []);
  return (await environments.ensure("reporting", requirements)).sitePackages;
}
