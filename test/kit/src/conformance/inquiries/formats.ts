/** What formats are asked: to write trajectories and pairs, and to read rows. */
import { FORMAT, type Format, type JsonValue, type PreferencePair, type RecordedConversation, type Trajectory } from "@autotraj/core/plugin";
import type { ConformanceCases } from "../cases.ts";
import { brief, firstDifference } from "../differences.ts";
import type { Question } from "../samples.ts";
import type { Subject } from "../subject.ts";
import { type Asked, frozen, type Inquiry } from "./inquiry.ts";
import { aboutQuestion } from "./taps.ts";

/** A format, or one of its variants. */
export interface NamedFormat {
  readonly who: string;
  readonly format: Omit<Format, "variants">;
}

export function formatsOf(subject: Subject): readonly NamedFormat[] {
  return [...subject.offered(FORMAT).values()].flatMap((format) => [
    { who: "the format", format },
    ...Object.entries(format.variants ?? {}).map(([name, variant]) => ({ who: `its variant "${name}"`, format: variant })),
  ]);
}

export function inquiriesOfFormats(subject: Subject, { rows }: ConformanceCases, questions: readonly Question[]): readonly Inquiry[] {
  return formatsOf(subject).flatMap(({ who, format }) => {
    const writing = questions.flatMap((question) => writingOf(format, question));
    const read = rows ?? ownRows(format, questions);
    const reading = format.read === undefined ? [] : read.map((row, index) => readingOf(format, row, index));
    return [{ who, plain: [...writing, ...reading], hostile: [] }];
  });
}

/** As an export does: what the format refuses is left out. */
function written(format: NamedFormat["format"], pair: PreferencePair) {
  const one = format.refuses?.(pair.chosen);
  const refused = one ?? format.refuses?.(pair.rejected);
  return {
    ...(one === undefined ? { sft: format.sft?.(pair.chosen), prompt: format.prompt?.(pair.chosen) } : { refused: one }),
    ...(refused === undefined ? { preference: format.preference?.(pair) } : {}),
  };
}

function writingOf(format: NamedFormat["format"], { query, trajectories }: Question): readonly Asked[] {
  const [chosen, rejected] = trajectories;
  if (chosen === undefined || rejected === undefined) return [];
  const pair: PreferencePair = { query, kind: "repair", chosen, rejected };
  return [
    {
      about: `writing ${aboutQuestion(query)}`,
      given: () => structuredClone(pair),
      bare: async (given) => written(format, given as PreferencePair),
      wrong: notJson,
      ask: async () => written(format, frozen(pair)),
    },
  ];
}

function readingOf(format: NamedFormat["format"], row: JsonValue, index: number): Asked {
  return {
    about: `reading row ${index}`,
    given: () => structuredClone(row),
    bare: async (given) => format.read?.(given as JsonValue, index),
    wrong: (answer) => {
      const turns = [answer as RecordedConversation | readonly RecordedConversation[]].flat().flatMap((one) => one?.turns ?? []);
      return turns.some(({ role }) => role === "assistant") ? undefined : `it reads no turn of an assistant, but ${brief(answer)}`;
    },
    ask: async () => format.read?.(frozen(row), index),
  };
}

/** What it writes itself. */
export function ownRows(format: NamedFormat["format"], questions: readonly Question[]): readonly JsonValue[] {
  const said = (trajectory: Trajectory) => (format.refuses?.(trajectory) === undefined ? format.sft?.(trajectory) : undefined);
  const rows = questions.flatMap(({ trajectories }) => trajectories.slice(0, 1).map(said)).filter((row) => row !== undefined);
  return JSON.parse(JSON.stringify(rows)) as JsonValue[];
}

function notJson(answer: unknown): string | undefined {
  const path = firstDifference(answer, JSON.parse(JSON.stringify(answer)));
  return path === undefined ? undefined : `its row is no plain JSON: ${path} does not survive being written`;
}
