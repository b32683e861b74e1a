/** What trainers need of Python is installed while the loop plays: it is large, the loop mostly waits for models, and what cannot be installed is better known before they are paid. */
import { reasonOf } from "../../kernel/errors.ts";
import { isInterruption } from "../../kernel/interruption.ts";
import { ENVIRONMENT } from "../../kernel/plugin.ts";
import { pluginOf } from "../../kernel/provider-name.ts";
import type { Session } from "../../loop/session.ts";
import { chosenStages } from "./chosen-stages.ts";

/** @param wanted names of stages and ablations. @param incident is told of what could not be installed; the stage that needs it tries again */
export function installAhead(session: Session, wanted: readonly string[], incident: (who: string, what: string) => void): void {
  const trainers = new Set(chosenStages(session, wanted).map(({ name, backend }) => (wanted.includes(name) ? backend?.pluginId : undefined)));
  for (const [by, environment] of session.services.useAll(ENVIRONMENT)) {
    if (!trainers.has(pluginOf(by))) continue;
    const install = async () => environment.install();
    install().catch((error) => {
      // Who stops a run stops what it installs.
      if (isInterruption(error)) return;
      incident(by, `what it trains with could not be installed; its stage will try again. ${reasonOf(error)}`);
    });
  }
}
