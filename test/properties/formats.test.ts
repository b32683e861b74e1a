/**
 * Every format, on conversations that a generator makes: each result belongs to its call, or a fault is named; nothing is lost. 1,000 conversations for each
 * kind of log and for each way back (10,000 with `npm run properties`); `PROPERTY_RUNS` sets another number, `PROPERTY_SEED` repeats one run.
 */
import {
  FORMAT,
  type Format,
  type JsonValue,
  loadService,
  READING_RULES,
  type RecordedConversation,
  readConversation,
  type Trajectory,
} from "@autotraj/core";
import { expect } from "chai";
import fc from "fast-check";
import { NO_USAGE } from "../trajectories.ts";
import { type Conversation, callsOf, conversations, type Telling, tellings } from "./conversations.ts";
import { eventsOf, markerIn } from "./events.ts";
import { TELLERS, type Teller } from "./tellers.ts";
import { TRACE_TELLERS } from "./trace-tellers.ts";

const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 1_000);
const settings = { numRuns: RUNS, ...(process.env["PROPERTY_SEED"] === undefined ? {} : { seed: Number(process.env["PROPERTY_SEED"]) }) };

async function formatOf(name: string): Promise<Format> {
  const [base = name, variant] = name.split("/");
  const format = await loadService(`@autotraj/format-${base}`, FORMAT, import.meta.dirname);
  return variant === undefined ? format : (format.variants?.[variant] as Format);
}

/** As a file holds it: what JSON cannot say is gone. */
function readBack({ read, gather }: Format, row: JsonValue): Trajectory {
  const written = JSON.parse(JSON.stringify(row)) as JsonValue;
  const [whole] = gather === undefined ? [written] : gather(Array.isArray(written) ? written : [written]);
  const found = read?.(whole as JsonValue, 0);
  const [conversation] = (Array.isArray(found) ? found : [found]) as RecordedConversation[];
  return readConversation(conversation as RecordedConversation, READING_RULES, undefined).trajectory as Trajectory;
}

interface Pair {
  readonly call: string;
  readonly result: string | undefined;
}

/** The marker of each call with that of the result that stands behind it under its id; results of no call apart. */
function pairsIn({ messages }: Trajectory): { readonly pairs: readonly Pair[]; readonly stray: readonly string[] } {
  const open = new Map<string, { call: string; result: string | undefined }>();
  const pairs: { call: string; result: string | undefined }[] = [];
  const stray: string[] = [];
  for (const message of messages) {
    for (const { id, arguments: args } of message.role === "assistant" ? (message.toolCalls ?? []) : []) {
      const pair = { call: markerIn(String(Object.values(args)[0])), result: undefined };
      open.set(id, pair);
      pairs.push(pair);
    }
    if (message.role !== "tool") continue;
    const pair = open.get(message.toolCallId);
    if (pair !== undefined && pair.result === undefined) pair.result = markerIn(message.content);
    else stray.push(markerIn(message.content));
  }
  return { pairs, stray };
}

function checkReading(format: Format, teller: Teller, conversation: Conversation, telling: Telling): void {
  const trajectory = readBack(format, teller.tell(eventsOf(conversation, telling)));
  const { pairs, stray } = pairsIn(trajectory);
  const markers = callsOf(conversation).map(({ marker }) => marker);
  expect(
    pairs.map(({ call }) => call),
    "all calls, in order",
  ).to.deep.equal(markers);
  const isFaulty = trajectory.faults.some((fault) => fault.startsWith("unpaired: "));
  if (telling.mishap === "none" || markers.length === 0) {
    expect(trajectory.faults).to.deep.equal([]);
    expect(stray).to.deep.equal([]);
    expect(
      pairs.every(({ call, result }) => call === result),
      "each result at its call",
    ).to.equal(true);
    return;
  }
  if (!isFaulty)
    expect(pairs.every(({ call, result }) => call === result) && stray.length === 0, "each result at its call, or a fault").to.equal(true);
  const results = pairs.flatMap(({ result }) => (result === undefined ? [] : [result])).concat(stray);
  const lost = telling.mishap === "lost" ? 1 : 0;
  expect(results.length, "no result is dropped").to.be.at.least(markers.length - lost);
}

describe("a log", function () {
  this.timeout(300_000);
  for (const teller of [...TELLERS, ...TRACE_TELLERS]) {
    it(`of ${teller.what} gives every result to its call (format ${teller.format})`, async () => {
      const format = await formatOf(teller.format);
      const told = tellings
        .filter(({ ids, mishap }) => teller.ids.includes(ids) && teller.mishaps.includes(mishap))
        .map((telling) => ({ ...telling, namesOnResults: teller.names && telling.namesOnResults }));
      fc.assert(
        fc.property(conversations(teller), told, (conversation, telling) => checkReading(format, teller, conversation, telling)),
        settings,
      );
    });
  }
});

/** Formats with a way back: what they write, they read. */
const WRITERS: readonly { readonly format: string; readonly parallel: number; readonly rounds: number }[] = [
  { format: "chat", parallel: 3, rounds: 3 },
  { format: "chat/openai", parallel: 3, rounds: 3 },
  { format: "sharegpt", parallel: 3, rounds: 3 },
  { format: "atif", parallel: 3, rounds: 3 },
  { format: "autotraj", parallel: 3, rounds: 3 },
  { format: "react", parallel: 1, rounds: 1 },
  { format: "anthropic", parallel: 3, rounds: 3 },
  { format: "responses", parallel: 3, rounds: 3 },
  { format: "langchain", parallel: 3, rounds: 3 },
  { format: "otel", parallel: 3, rounds: 3 },
];
const PLAIN: Telling = { ids: "unique", namesOnResults: true, oneByOne: false, mishap: "none" };

describe("a data set", function () {
  this.timeout(300_000);
  for (const { format: name, ...shape } of WRITERS) {
    it(`in ${name} says the same when it is read again`, async () => {
      const [chat, format] = [await formatOf("chat"), await formatOf(name)];
      const teller = TELLERS[0] as Teller;
      let [tried, refused] = [0, 0];
      fc.assert(
        fc.property(conversations(shape), (conversation) => {
          const first = readBack(chat, teller.tell(eventsOf(conversation, PLAIN)));
          tried++;
          if (format.refuses?.(first) !== undefined) {
            refused++;
            return;
          }
          const row = format.sft?.({ ...first, id: "t", usage: NO_USAGE }) as JsonValue;
          const again = readBack(format, row);
          expect(said(again)).to.deep.equal(said(first));
          expect(again.faults).to.deep.equal([]);
        }),
        settings,
      );
      expect(refused / tried, "refused").to.be.below(0.5);
    });
  }
});

/** Every call with its arguments and its result, and the words of the last turn. */
function said({ messages }: Trajectory): unknown {
  const results = new Map(messages.flatMap((message) => (message.role === "tool" ? [[message.toolCallId, message.content] as const] : [])));
  const calls = messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));
  return {
    calls: calls.map(({ id, name, arguments: args }) => [name, args, results.get(id)]),
    answer: messages.at(-1)?.content,
    asked: messages.filter(({ role }) => role === "user").map(({ content }) => content),
  };
}
