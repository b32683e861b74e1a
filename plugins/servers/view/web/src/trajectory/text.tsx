/** Foreign text, whole or in pieces: marked where a score speaks of it, coloured where it is code. It becomes text nodes, never HTML. */

import { classHighlighter, highlightCode } from "@lezer/highlight";
import { parser as javascript } from "@lezer/javascript";
import { parser as json } from "@lezer/json";
import { parser as python } from "@lezer/python";
import { Button } from "@mantine/core";
import { Fragment, type ReactNode, useMemo, useState } from "react";
import type { ClippedText, MessagePart } from "../../../src/api.ts";
import { askText } from "../data.ts";
import { count, shown, shownLine } from "../shown-text.ts";
import { type Mark, piecesOf } from "./marks.ts";

const PARSERS = { python, json, javascript };
/** Beyond it code is shown without colours. */
const COLOURED = 20_000;

export interface TextPlace {
  readonly run: string;
  /** As the trajectory has it. */
  readonly textsAt: string;
  readonly message: number;
  readonly part: number | "raw" | "seen";
}

export interface TextProps {
  readonly text: ClippedText;
  readonly place: TextPlace;
  readonly marks?: readonly Mark[];
  readonly language?: MessagePart["language"];
}

export function Text({ text, place, marks = [], language = "text" }: TextProps) {
  const [more, setMore] = useState("");
  const whole = text.text + more;
  const left = text.length - whole.length;
  const isCode = language !== "text";
  return (
    <>
      <div className={isCode ? "text code" : "text"} dir={isCode ? "ltr" : "auto"}>
        {marks.length === 0 && isCode ? <Code text={whole} language={language} /> : <Marked text={whole} marks={marks} />}
      </div>
      {left > 0 ? (
        <More
          left={left}
          ask={() => askText(place.run, place.textsAt, { ...place, from: whole.length }).then((piece) => setMore(more + piece.text))}
        />
      ) : null}
    </>
  );
}

function More({ left, ask }: { readonly left: number; readonly ask: () => Promise<void> }) {
  const [problem, setProblem] = useState("");
  return (
    <p className="more">
      <Button size="compact-xs" variant="default" onClick={() => void ask().catch((error: Error) => setProblem(error.message))}>
        Show more
      </Button>{" "}
      <span className="quiet">
        {count(left)} characters left {problem}
      </span>
    </p>
  );
}

function Marked({ text, marks }: { readonly text: string; readonly marks: readonly Mark[] }) {
  return piecesOf(text, marks).map((piece, at) => {
    const key = `${at} ${piece.labels.length}`;
    if (piece.labels.length === 0) return <Fragment key={key}>{shown(piece.text)}</Fragment>;
    return (
      <mark key={key} title={piece.labels.map(shownLine).join("\n")}>
        {shown(piece.text)}
        <span className="visually-hidden"> [{piece.labels.map(shownLine).join("; ")}]</span>
      </mark>
    );
  });
}

function Code({ text, language }: { readonly text: string; readonly language: "python" | "json" | "javascript" }) {
  return useMemo(() => coloured(text, language), [text, language]);
}

function coloured(text: string, language: "python" | "json" | "javascript"): ReactNode {
  if (text.length > COLOURED) return shown(text);
  const pieces: ReactNode[] = [];
  const add = (code: string, classes: string) =>
    pieces.push(
      classes === "" ? (
        <Fragment key={pieces.length}>{shown(code)}</Fragment>
      ) : (
        <span key={pieces.length} className={classes}>
          {shown(code)}
        </span>
      ),
    );
  highlightCode(text, PARSERS[language].parse(text), classHighlighter, add, () => add("\n", ""));
  return pieces;
}
