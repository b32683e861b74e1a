/** One tiny request to a policy: does it answer, which model, how fast; else why not. */
import { counted, messageOf, type PluginError, POLICY, type Policy, type Session, type TurnRequest } from "@autotraj/core";

export interface Answered {
  readonly policy: string;
  readonly ok: boolean;
  /** One line. */
  readonly detail: string;
}

const PATIENCE_MS = 20_000;
const WORDS = 8;

/**
 * @param warnings what plugins have said so far, `<id>: …`: a policy that tries again and again has told why
 * @param wait how long to wait for an answer, in milliseconds
 */
export async function askPolicy(session: Session, id: string, warnings: readonly string[], wait = PATIENCE_MS): Promise<Answered> {
  const policy = session.services.use(POLICY, id, "doctor");
  const begun = performance.now();
  try {
    const turn = await policy.generate(smallRequest(policy), { signal: AbortSignal.timeout(wait) });
    const seconds = (performance.now() - begun) / 1000;
    const pace = turn.usage.completionTokens > 0 ? `, ${counted(turn.usage.completionTokens, "token")}` : "";
    return { policy: id, ok: true, detail: `${behind(session, id, policy)} answered in ${seconds.toFixed(1)} s${pace}` };
  } catch (error) {
    return { policy: id, ok: false, detail: whyNot(id, error, warnings, wait) };
  } finally {
    policy.endSession?.("doctor");
  }
}

function smallRequest({ dialects }: Policy): TurnRequest {
  return {
    messages: [{ role: "user", content: "Say ok." }],
    continuation: [],
    dialect: dialects[0] ?? "native",
    tools: [],
    stop: [],
    sampling: { temperature: 0, topP: 1, topK: 0, maxTokens: WORDS },
    seed: 0,
    session: "doctor",
  };
}

/** The name that was asked for, and what the server says that it is. */
function behind(session: Session, id: string, { model }: Policy): string {
  const said = Object.entries(session.kernel.found.get(id) ?? {}).map(([name, value]) => `${name} ${value}`);
  return said.length === 0 ? model : `${model} (${said.join("; ")})`;
}

function whyNot(id: string, error: unknown, warnings: readonly string[], wait: number): string {
  const { hint } = error as Partial<PluginError>;
  const own = warnings.findLast((line) => line.startsWith(`${id}: `))?.slice(id.length + 2);
  if (error instanceof Error && error.name === "TimeoutError")
    return `no answer within ${wait / 1000} s${own === undefined ? "" : `; it said last: ${own}`}`;
  return [messageOf(error).split("\n")[0], ...(hint === undefined ? [] : [hint])].join(" ");
}
