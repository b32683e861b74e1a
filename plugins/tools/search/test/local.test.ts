import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { TOOL, type Tool, type ToolResult } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import { dataSets } from "../../../../test/data/sets.ts";
import { failureOf } from "../../../../test/failure.ts";
import plugin from "../src/index.ts";
import { CORPUS, paragraphs, questions, recall } from "./data.ts";

const context = (signal = new AbortController().signal) => ({ session: "s", earlier: [], history: [], signal });

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "tool-search-"));
});
after(() => rmSync(folder, { recursive: true }));

async function withSearch(options: object, use: (tool: Tool) => Promise<unknown>, cacheDir = join(folder, "cache")): Promise<void> {
  const plugged = await setupPlugin(plugin, { options, cacheDir, baseDir: folder });
  try {
    await plugged.start();
    await use(plugged.provided(TOOL));
  } finally {
    await plugged.dispose();
  }
}

let written = 0;
function corpusOf(rows: readonly (object | string)[]): string {
  const name = `corpus-${written++}.jsonl`;
  writeFileSync(join(folder, name), rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row))).join("\n"));
  return name;
}

const ANIMALS = [
  { title: "Cat", text: "A cat purrs." },
  { title: "Dog", text: "A dog barks at the cat." },
  { contents: '"Cow"\nA cow moos.\nIt eats grass.' },
  { text: "Nothing has a title here: walrus." },
];

async function search(tool: Tool, query: unknown): Promise<ToolResult> {
  return tool.call({ query: query as string }, context());
}

describe("tool-search over a corpus of one's own", () => {
  it("shows the best passages first, each on a line with its title", () =>
    withSearch({ local: { corpus: corpusOf(ANIMALS) } }, async (tool) => {
      expect(await search(tool, "What do cats do?")).to.deep.include({
        content: 'Doc 1 (Title: "Cat") A cat purrs.\nDoc 2 (Title: "Dog") A dog barks at the cat.',
        ok: true,
      });
      expect((await search(tool, "grass")).content).to.equal('Doc 1 (Title: "Cow") A cow moos. It eats grass.');
      expect((await search(tool, "walrus")).content).to.equal("Doc 1: Nothing has a title here: walrus.");
    }));

  it("says that nothing was found, and that nothing was asked", () =>
    withSearch({ local: { corpus: corpusOf(ANIMALS) } }, async (tool) => {
      expect(await search(tool, "zebra")).to.deep.include({ content: "[no results]", ok: true });
      for (const query of ["", "  \n", undefined, 7]) expect(await search(tool, query)).to.deep.include({ ok: false, durationMs: 0 });
    }));

  it("cuts long passages between characters and says how much is missing", () =>
    withSearch({ local: { corpus: corpusOf([{ title: "Long", text: `walrus ${"😀".repeat(10)}` }]) }, maxCharacters: 10 }, async (tool) => {
      expect((await search(tool, "walrus")).content).to.equal('Doc 1 (Title: "Long") walrus 😀 [cut: 18 more characters]');
    }));

  it("orders equals as the corpus does", () =>
    withSearch({ local: { corpus: corpusOf(Array.from({ length: 20 }, (_, n) => ({ title: `T${n}`, text: "the same words" }))) } }, async (tool) => {
      expect((await search(tool, "same words")).content.match(/T\d+/g)).to.deep.equal(["T0", "T1", "T2"]);
    }));

  it("counts words in titles more", async () => {
    const rows = [
      { title: "Other", text: "walrus walrus" },
      { title: "Walrus", text: "It swims." },
    ];
    const corpus = corpusOf(rows);
    await withSearch({ local: { corpus }, topK: 1 }, async (tool) => expect((await search(tool, "walrus")).content).to.contain('"Walrus"'));
    await withSearch({ local: { corpus, titleWeight: 0.1 }, topK: 1 }, async (tool) =>
      expect((await search(tool, "walrus")).content).to.contain('"Other"'),
    );
  });

  it("compares stems, or words as they are", async () => {
    const corpus = corpusOf([{ text: "She portrayed a queen." }]);
    await withSearch({ local: { corpus } }, async (tool) => expect((await search(tool, "portrays")).content).to.contain("queen"));
    await withSearch({ local: { corpus, stemming: "none" } }, async (tool) =>
      expect((await search(tool, "portrays")).content).to.equal("[no results]"),
    );
  });

  it("leaves common words out unless there is nothing else", async () => {
    const corpus = corpusOf([{ title: "The Who", text: "A band." }]);
    await withSearch({ local: { corpus } }, async (tool) => {
      expect((await search(tool, "who is the walrus")).content).to.equal("[no results]");
      expect((await search(tool, "the who")).content).to.contain("A band.");
    });
    await withSearch({ local: { corpus, stopWords: "none" } }, async (tool) =>
      expect((await search(tool, "the walrus")).content).to.contain("A band."),
    );
  });

  it("finds words whatever their accents and case, in any script", () =>
    withSearch(
      { local: { corpus: corpusOf([{ text: "Beyoncé" }, { text: "Московский" }, { text: "हिन्दी भाषा" }, { text: "東京" }]) } },
      async (tool) => {
        for (const query of ["BEYONCE", "московский", "हिन्दी", "東京"]) expect((await search(tool, query)).ok, query).to.equal(true);
        for (const query of ["BEYONCE", "московский", "हिन्दी", "東京"]) expect((await search(tool, query)).content, query).to.match(/^Doc 1: /);
      },
    ));

  it("reads rows with a byte order mark, Windows line ends, empty lines and a raw U+2028", () =>
    withSearch({ local: { corpus: corpusOf(['\uFEFF{"text": "one walrus"}\r', "", '{"text": "two\u2028walrus"}\r', ""]) } }, async (tool) => {
      expect((await search(tool, "walrus")).content).to.equal("Doc 1: one walrus\nDoc 2: two walrus");
    }));
});

describe("tool-search and hostile queries", () => {
  const HOSTILE = [
    '"',
    'cat"',
    '"cat" OR',
    "cat AND",
    "NEAR(cat dog, 5)",
    "NOT cat",
    "title:cat",
    "-title : cat",
    "{title text}: cat",
    "^cat",
    "cat*",
    "(((cat",
    "cat + dog",
    "'; DROP TABLE passages; --",
    "\0cat\0",
    "\uD83D cat",
    "😀",
    "%",
    "\\",
    "?1 :a @b $c",
    "cat ".repeat(25_000),
    Array.from({ length: 20_000 }, (_, n) => `w${n}`).join(" "),
    "c".repeat(100_000),
    '"'.repeat(100_000),
    "(".repeat(100_000),
  ];

  it("are words and nothing else", () =>
    withSearch({ local: { corpus: corpusOf(ANIMALS) } }, async (tool) => {
      for (const query of HOSTILE) {
        const { content, ok } = await search(tool, query);
        expect(ok, query.slice(0, 30)).to.equal(true);
        expect(content, query.slice(0, 30)).to.match(query.includes("cat") ? /^Doc 1/ : /^\[no results\]$/);
      }
    }));
});

describe("tool-search's index", () => {
  const files = (cache: string) => readdirSync(join(cache, "tool-search"));

  it("is built once per corpus and stemming, and named by the corpus's content", async () => {
    const cache = join(folder, "once");
    const corpus = corpusOf(ANIMALS);
    await withSearch({ local: { corpus } }, async () => {}, cache);
    const [first] = files(cache);
    await withSearch({ local: { corpus: corpusOf(ANIMALS), titleWeight: 2 } }, async () => {}, cache);
    expect(files(cache)).to.deep.equal([first]);
    await withSearch({ local: { corpus, stemming: "none" } }, async () => {}, cache);
    await withSearch({ local: { corpus: corpusOf([{ text: "other" }]) } }, async () => {}, cache);
    expect(files(cache)).to.have.length(3);
  });

  it("may be built by several processes at once", async () => {
    const cache = join(folder, "several");
    const corpus = corpusOf(Array.from({ length: 5000 }, (_, n) => ({ title: `T${n}`, text: `walrus number ${n} `.repeat(10) })));
    const source = `const { ensureIndex } = await import(${JSON.stringify(new URL("../src/fts-index.ts", import.meta.url).href)});
      console.log((await ensureIndex(...process.argv.slice(1))).fresh);`;
    const build = () =>
      promisify(execFile)(process.execPath, ["--input-type=module", "-e", source, join(folder, corpus), join(cache, "tool-search"), "porter"]);
    const built = await Promise.all([build(), build(), build()]);
    expect(built.map(({ stdout }) => stdout.trim())).to.include("true");
    expect(files(cache)).to.have.length(1);
    await withSearch(
      { local: { corpus } },
      async (tool) => expect((await search(tool, "number 4711")).content).to.match(/^Doc 1 \(Title: "T4711"\)/),
      cache,
    );
    expect(files(cache)).to.have.length(1);
  });

  it("is built again where the file is no index, and what a killed process left is removed", async () => {
    const cache = join(folder, "broken");
    const options = { local: { corpus: corpusOf(ANIMALS) } };
    await withSearch(options, async () => {}, cache);
    const [name] = files(cache);
    writeFileSync(join(cache, "tool-search", name ?? ""), "no database");
    const abandoned = join(cache, "tool-search", "x.sqlite.1.building");
    writeFileSync(abandoned, "");
    utimesSync(abandoned, 0, 0);
    await withSearch(options, async (tool) => expect((await search(tool, "cat")).content).to.contain("purrs"), cache);
    expect(files(cache)).to.deep.equal([name]);
  });

  it("decides the tool's identity together with all other settings", async () => {
    const identities = new Set<string>();
    const corpus = corpusOf(ANIMALS);
    const local = { corpus };
    const settings = [
      { local },
      { local: { corpus: corpusOf([{ text: "other" }]) } },
      { local: { corpus, stemming: "none" } },
      { local: { corpus, titleWeight: 1 } },
      { local: { corpus, stopWords: "none" } },
      { local, topK: 5 },
      { local, maxCharacters: 5 },
    ];
    for (const options of settings) await withSearch(options, async (tool) => void identities.add(tool.identity));
    expect(identities.size).to.equal(settings.length);
    await withSearch({ local: { corpus: corpusOf(ANIMALS) } }, async (tool) => expect([...identities][0]).to.equal(tool.identity));
  });

  it("is not made of a corpus with a broken row, and the error names the line", async () => {
    const cache = join(folder, "bad");
    const failure = async (rows: readonly (object | string)[]) => {
      const corpus = corpusOf(rows);
      return failureOf(withSearch({ local: { corpus } }, async () => {}, cache));
    };
    expect(await failure([{ text: "a" }, "{"]))
      .to.include({ code: "SEARCH_CORPUS" })
      .with.property("message")
      .that.contains(".jsonl, line 2: no JSON");
    expect(await failure([{ title: "a" }]))
      .to.have.property("message")
      .that.contains("line 1: a row without text");
    expect(files(cache)).to.deep.equal([]);
  });

  it("needs a corpus that is there", async () => {
    const missing = await failureOf(withSearch({ local: { corpus: "nowhere.jsonl" } }, async () => {}));
    expect(missing).to.include({ code: "SEARCH_CORPUS" }).with.property("message").that.contains("nowhere.jsonl cannot be read");
    const unset = await failureOf(setupPlugin(plugin));
    expect(unset).to.include({ code: "SEARCH_OPTIONS" }).with.property("message").that.contains("`local.corpus` is not set");
  });

  it("is only read once it is there", async () => {
    const cache = join(folder, "kept");
    const options = { local: { corpus: corpusOf(ANIMALS) } };
    await withSearch(options, async () => {}, cache);
    const file = join(cache, "tool-search", files(cache)[0] ?? "");
    const before = readFileSync(file);
    await withSearch(options, async (tool) => void (await search(tool, "cat")), cache);
    expect(readFileSync(file).equals(before)).to.equal(true);
  });

  it("lets a caller leave, and refuses who comes too late", async () => {
    const plugged = await setupPlugin(plugin, {
      options: { local: { corpus: corpusOf(ANIMALS) } },
      cacheDir: join(folder, "cache"),
      baseDir: folder,
    });
    const tool = plugged.provided(TOOL);
    expect(() => tool.identity).to.throw("before it was started");
    await plugged.start();
    const leaving = new AbortController();
    const left = tool.call({ query: "cat" }, context(leaving.signal)).catch((error: unknown) => error);
    const stayed = search(tool, "cat");
    leaving.abort(new Error("gone"));
    expect(await left).to.have.property("message", "gone");
    expect((await stayed).content).to.contain("purrs");
    await plugged.dispose();
    expect(await search(tool, "cat").catch((error: unknown) => error))
      .to.have.property("message")
      .that.contains("after its run had ended");
  });
});

const RECALL = { sample: { at3: 0.71, at10: 0.96 }, whole: { at3: 0.72, at10: 0.91 } };

for (const sets of dataSets) {
  describe(`tool-search finds what HotpotQA's questions need (${sets.size})`, () => {
    const { at3, at10 } = RECALL[sets.size];

    it(`at least ${at3} of the paragraphs among the first 3, ${at10} among the first 10, the same each time`, async () => {
      const asked = questions(sets);
      const titles = new Map(paragraphs(sets).map(({ id, title }) => [id, title]));
      await withSearch({ local: { corpus: sets.path(CORPUS) }, topK: 10 }, async (tool) => {
        const all = () => Promise.all(asked.map(async ({ question }) => (await search(tool, question)).content));
        const contents = await all();
        const found = contents.map((content) => [...content.matchAll(/^Doc \d+ \(Title: "(.*?)"\) /gm)].map(([, title]) => title ?? ""));
        expect(recall(asked, found, titles, 3)).to.be.at.least(at3);
        expect(recall(asked, found, titles, 10)).to.be.at.least(at10);
        expect(await all()).to.deep.equal(contents);
      });
    });
  });
}
