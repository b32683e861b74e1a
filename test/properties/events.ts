/** A conversation as the bare events of a log, with what went wrong in the telling. Each format's log is made from these. */
import type { Call, Conversation, Step, Telling } from "./conversations.ts";
import { tellableOrder } from "./conversations.ts";

export type Event =
  | { readonly kind: "system" | "user"; readonly text: string }
  | { readonly kind: "model"; readonly thinking: string; readonly said: string; readonly calls: readonly ToldCall[] }
  | { readonly kind: "result"; readonly id: string | undefined; readonly name: string | undefined; readonly content: string };

export interface ToldCall {
  readonly id: string | undefined;
  readonly name: string;
  readonly arguments: { readonly q: string };
}

export const argumentOf = ({ marker, argument }: Call): string => `${marker} ${argument}`;
export const resultOf = ({ marker, result }: Call): string => `${marker}: ${result}`;
/** The marker at the start of an argument or a result. */
export const markerIn = (text: string): string => /^m\d+/.exec(text)?.[0] ?? "";

export function eventsOf(conversation: Conversation, telling: Telling): readonly Event[] {
  const events: Event[] = conversation.system === "" ? [] : [{ kind: "system", text: conversation.system }];
  let mishap = telling.mishap;
  for (const { asked, steps, answer } of conversation.rounds) {
    events.push({ kind: "user", text: asked });
    for (const step of steps) {
      events.push(...told(step, { ...telling, mishap }));
      mishap = "none";
    }
    events.push({ kind: "model", thinking: "", said: answer, calls: [] });
  }
  return events;
}

function told(step: Step, telling: Telling): readonly Event[] {
  const { calls, thinking, said } = step;
  const idOf = (place: number) => idFor(calls[place] as Call, place, telling);
  const made = calls.map((call, place): ToldCall => ({ id: idOf(place), name: call.tool, arguments: { q: argumentOf(call) } }));
  const turns: readonly Event[] = telling.oneByOne
    ? made.map((call, place) => ({ kind: "model", thinking: place === 0 ? thinking : "", said: place === 0 ? said : "", calls: [call] }))
    : [{ kind: "model", thinking, said, calls: made }];
  const results = tellableOrder(step, telling).map((place): Event => {
    const call = calls[place] as Call;
    return { kind: "result", id: idOf(place), name: telling.namesOnResults ? call.tool : undefined, content: resultOf(call) };
  });
  return withMishap(turns, results, telling);
}

function idFor({ marker }: Call, place: number, { ids }: Telling): string | undefined {
  if (ids === "missing") return undefined;
  if (ids === "empty") return "";
  if (ids === "one for all") return "call";
  return ids === "unique" ? `id-${marker}` : `call_${place}`;
}

function withMishap(turns: readonly Event[], results: readonly Event[], { mishap, ids }: Telling): readonly Event[] {
  const [first, ...others] = results;
  if (first === undefined || mishap === "none") return [...turns, ...results];
  if (mishap === "lost") return [...turns, ...others];
  if (mishap === "twice") return [...turns, first, ...results];
  if (mishap === "early") return [first, ...turns, ...others];
  return [...turns, ...results, { kind: "result", id: ids === "unique" ? "nobody" : undefined, name: undefined, content: "m999999: nobody asked" }];
}
