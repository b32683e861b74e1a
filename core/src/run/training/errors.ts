import { AutoTrajError } from "../../kernel/errors.ts";

/** A stage lacks something that it starts from. */
export function stageInput(who: string, what: string, hint: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_STAGE_INPUT", { who, what, hint });
}
