/** The contents of a document's steps and results. What is no text is named in its place and counted: the model saw it, and nobody reads it here. */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { type Content, contentOf, isObject, plainTextOf, scalarText, unreadablePart } from "@autotraj/core/rows";

const MEDIA = /^(?:input_)?(?:image|audio|video|file|document)/;

export class Parts {
  /** By type: how many, and where the first stands. */
  readonly #unread = new Map<string, { count: number; readonly first: string }>();

  /** One for each type of part that is named in place of being read. */
  get faults(): readonly string[] {
    return [...this.#unread].map(([type, { count, first }]) => `not read: ${count} of type ${type}, the first at ${first}`);
  }

  /** What a step of the agent says. @throws for a part of an unknown type */
  said(content: JsonValue | undefined, path: string): Content {
    const read = contentOf(this.#named(content, path), path);
    const [other] = read.others;
    if (other !== undefined) throw unreadablePart(other);
    return read;
  }

  /** @throws for a part of an unknown type */
  text(content: JsonValue | undefined, path: string): string {
    return plainTextOf(this.#named(content, path), path);
  }

  #named(content: JsonValue | undefined, path: string): JsonValue | undefined {
    if (!Array.isArray(content)) return content;
    return content.map((part, index) => {
      const type = isObject(part) ? part["type"] : undefined;
      if (!isObject(part) || typeof type !== "string" || !MEDIA.test(type)) return part;
      const known = this.#unread.get(type) ?? { count: 0, first: `${path}[${index}]` };
      this.#unread.set(type, { ...known, count: known.count + 1 });
      return { type: "text", text: `[${type}${sourceOf(part)}]` };
    });
  }
}

/** The file's name; data that stands in the document itself is no name. */
function sourceOf({ source, image_url }: JsonObject): string {
  const place = source ?? image_url;
  const name = isObject(place) ? (scalarText(place["path"]) ?? scalarText(place["url"])) : scalarText(place);
  return name === undefined || name.startsWith("data:") ? "" : `: ${name}`;
}

/** The page that a web agent saw, as converters put it beside a result without text: its accessibility tree, else its HTML. */
export function pageIn({ web }: JsonObject): string {
  if (!isObject(web)) return "";
  return [web["axtree"], web["html"], web["url"]].map(scalarText).find((text) => text !== undefined && text !== "") ?? "";
}
