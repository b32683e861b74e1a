/** What stands behind a model's name, as far as the server says: a name stays while weights are exchanged. */

type Fields = Readonly<Record<string, unknown>>;

/** Fields of an entry of `GET /models` that change with the weights (vLLM and SGLang: `root`; OpenAI, llama.cpp: `created`; Ollama: `digest`). */
const LISTED = ["root", "parent", "created", "digest", "owned_by"];
/** Fields of an answer: an alias's dated name; the server's build and settings. */
const ANSWERED = ["model", "system_fingerprint"];

export class BehindName {
  readonly #model: string;
  readonly #found: (name: string, value: string) => void;
  /** Some servers answer by several in turn: each is told once. */
  readonly #told = new Set<string>();

  constructor(model: string, found: (name: string, value: string) => void) {
    this.#model = model;
    this.#found = found;
  }

  /** @param models the answer of `GET /models` */
  listed(models: unknown): void {
    const { data } = fields(models);
    const entry = Array.isArray(data) ? data.map(fields).find(({ id }) => id === this.#model) : undefined;
    if (entry !== undefined) this.#tell("listed as", entry, LISTED);
  }

  answered(answer: unknown): void {
    this.#tell("answers as", fields(answer), ANSWERED);
  }

  #tell(name: string, from: Fields, wanted: readonly string[]): void {
    const facts = wanted.flatMap((key) => (["string", "number"].includes(typeof from[key]) ? [`${key} ${from[key]}`] : []));
    const value = facts.join(", ");
    if (facts.length === 0 || this.#told.has(`${name} ${value}`)) return;
    this.#told.add(`${name} ${value}`);
    this.#found(name, value);
  }
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}
