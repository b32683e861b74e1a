/** Every export is read by its consumer's own loader, and what would be trained on is compared with what the model wrote, token by token. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { dialects, type JsonObject, type Trajectory } from "@autotraj/core";
import { expect } from "chai";
import llamafactory from "../../plugins/trainers/llamafactory/src/index.ts";
import trl from "../../plugins/trainers/trl/src/index.ts";
import verl from "../../plugins/trainers/verl/src/index.ts";
import { LLAMAFACTORY_AND_VERL, TRL } from "./consumers.ts";
import { check, type Exported, exportTo, formatOf, type Masked, sitePackages, trainedText } from "./exporting.ts";
import { inTags, native, nativePairs, plainNative, resultPair, severalQuestions, tagPairs } from "./samples.ts";

/** Making an environment takes about a minute on two cores, once per machine. */
const PATIENCE_MS = 600_000;

type Runs = Masked["runs"];
type Sides = { readonly chosen: Masked; readonly rejected: Masked };
const folders: string[] = [];

async function exported(plugin: unknown, rows: Exported, variant?: string): Promise<string> {
  const folder = await exportTo(await formatOf(plugin as never, variant), rows);
  folders.push(folder);
  return folder;
}

after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function joined(runs: Runs): Runs {
  const merged: [boolean, string][] = [];
  for (const [trained, text] of runs) {
    const last = merged.at(-1);
    if (text === "") continue;
    if (last?.[0] === trained) last[1] += text;
    else merged.push([trained, text]);
  }
  return merged;
}

/** What the loss must lie on in the tag dialect, written down by hand for ChatML. */
function tagRuns(trajectory: Trajectory): Runs {
  const segments = dialects.get("tags").render(trajectory);
  const runs: [boolean, string][] = segments.flatMap(({ role, text, train }): [boolean, string][] =>
    role === "system" || role === "user" ? [[false, `<|im_start|>${role}\n${text}<|im_end|>\n`]] : [[train, text]],
  );
  runs.splice(2, 0, [false, "<|im_start|>assistant\n"]);
  return joined([...runs, [ownsItsEnd(trajectory), "<|im_end|>"], [false, "\n"]]);
}

/** The model ended its last turn itself, and that turn is trained on. */
function ownsItsEnd({ messages, finish }: Trajectory): boolean {
  const last = messages.at(-1);
  return last?.role === "assistant" && last.train !== false && (finish === "answer" || finish === "no-answer");
}

/** The assistant-only mask of a template, without turns that are not to be learnt, and without the template's newline after a turn's end. */
function learnt(trajectory: Trajectory, { runs }: Masked): Runs {
  const turns = trajectory.messages.filter((message) => message.role === "assistant");
  let turn = 0;
  const found = joined(
    runs.flatMap(([trained, text]): [boolean, string][] => {
      if (!trained) return [[false, text]];
      const message = turns[turn++];
      const train = message?.train !== false && (message?.toolCalls ?? []).every(({ malformed }) => malformed === undefined);
      return text.endsWith("<|im_end|>\n")
        ? [
            [train, text.slice(0, -1)],
            [false, "\n"],
          ]
        : [[train, text]];
    }),
  );
  expect(turn, trajectory.query.question).to.equal(turns.length);
  return found;
}

function expectNoResults(rows: readonly Masked[]): void {
  for (const row of rows) expect(trainedText(row)).not.to.match(/FORGED|RESULT-|KEPT PREFIX|unparsed/);
}

/** What a preference pair is compared on: one turn of the model on each side, after the same tokens. */
function expectOneTurnEach(rows: readonly Sides[]): void {
  for (const { chosen, rejected } of rows) {
    expect(chosen.runs[0]).to.deep.equal(rejected.runs[0]);
    for (const { runs } of [chosen, rejected]) expect(runs.map(([trained]) => trained)).to.deep.equal([false, true]);
  }
  expectNoResults(rows.flatMap(({ chosen, rejected }) => [chosen, rejected]));
}

interface TrlFound {
  readonly sft: readonly Masked[];
  readonly assistantOnly: readonly Masked[];
  readonly stockRefusal: string | null;
  /** By the command line, written to Parquet and read again. */
  readonly parquet: readonly Masked[];
  readonly shown: string;
  readonly emptyRefusal: string | null;
  readonly reward: readonly { readonly chosen: string; readonly rejected: string }[];
  readonly dpo: readonly Sides[];
  readonly grpo: readonly JsonObject[];
}

describe("exports in the hands of their consumers", function () {
  this.timeout(PATIENCE_MS);
  describe("TRL", () => {
    let tags: TrlFound;
    let calls: TrlFound;
    before(async () => {
      const jobs = [
        { folder: await exported(trl, { sft: inTags, preferences: [...tagPairs, resultPair], prompts: inTags.slice(0, 2) }), template: null },
        {
          folder: await exported(trl, { sft: [...native, severalQuestions], preferences: nativePairs, prompts: native.slice(0, 2) }),
          template: "qwen3.jinja",
        },
      ];
      [tags, calls] = await check<[TrlFound, TrlFound]>(TRL, "check_trl.py", JSON.stringify(jobs));
    });

    it("trains in the tag dialect on exactly what the model wrote", () => {
      expect(tags.sft.map(({ runs }) => runs)).to.deep.equal(inTags.map(tagRuns));
      expectNoResults(tags.sft);
    });

    it("trains on native turns as its own assistant-only loss does, but for turns that are not to be learnt", () => {
      for (const [index, trajectory] of [...native, severalQuestions].entries()) {
        const [ours, theirs] = [calls.sft[index]!.ids, calls.assistantOnly[index]!.ids];
        // TRL itself takes a mark that a text spells for one of the template's.
        if (JSON.stringify(trajectory.messages).includes("<|im_end|>")) expect(ours.filter(isEnd).length).to.be.lessThan(theirs.filter(isEnd).length);
        else expect(ours).to.deep.equal(theirs);
      }
      const expected = [...native, severalQuestions].map((trajectory, index) => learnt(trajectory, calls.assistantOnly[index]!));
      expect(calls.sft.map(({ runs }) => runs)).to.deep.equal(expected);
      expectNoResults(calls.sft);
    });

    it("cannot take the rows for ordinary ones, in which it would train on everything", () => {
      for (const { stockRefusal } of [tags, calls]) expect(stockRefusal).to.match(/KeyError|ValueError/);
    });

    it("gets the same rows through Parquet, and a person can see the mask", () => {
      for (const { parquet, sft } of [tags, calls]) expect(parquet).to.deep.equal(sft);
      expect(tags.shown).to.match(
        /assistant\n⟦<think>Let me see\.<\/think><code>print\(6\*7\)<\/code>⟧\n<result>\n42\n<\/result>\n⟦<think>.*<\|im_end\|>⟧\n$/s,
      );
      expect(tags.emptyRefusal).to.match(/^ValueError: .*empty\.jsonl holds no row to train on$/);
    });

    it("scores whole trajectories, which begin alike", () => {
      for (const { reward } of [tags, calls]) {
        expect(reward[0]!.chosen).to.contain("RIGHT").and.contain("RESULT-SHARED").and.not.contain("WRONG");
        expect(reward[0]!.rejected).to.contain("WRONG").and.contain("RESULT-WRONG");
        for (const { chosen, rejected } of reward) {
          const question = chosen.slice(0, chosen.indexOf("<|im_start|>assistant"));
          expect(rejected.startsWith(question)).to.equal(true);
        }
      }
      expect(tags.reward).to.have.length(tagPairs.length + 1);
    });

    it("compares one turn with another in DPO, and leaves out a pair in which only the tool differed", () => {
      for (const { dpo } of [tags, calls]) {
        expectOneTurnEach(dpo);
        expect(dpo).to.have.length(2);
        for (const { chosen, rejected } of dpo) {
          expect(trainedText(chosen))
            .to.contain("RIGHT")
            .and.match(/<\|im_end\|>$/);
          expect(trainedText(rejected)).to.contain("WRONG");
        }
      }
      expect(trainedText(tags.dpo[0]!.rejected)).to.equal("<code>WRONG</code>");
    });

    it("hands GRPO's reward function the question's answers", () => {
      expect(tags.grpo[0]).to.deep.include({ answers: ["42"], task: "sums", dialect: "tags", query_id: inTags[0]!.query.id });
      expect(tags.grpo[0]!["prompt"]).to.deep.equal([
        { role: "system", content: "Think, then call." },
        { role: "user", content: inTags[0]!.query.question },
      ]);
      expect(JSON.parse(calls.grpo[0]!["tool_definitions"] as string)).to.have.length(2);
    });
  });

  describe("LLaMA-Factory", () => {
    let calls: readonly Masked[];
    let pairs: readonly Sides[];
    let tags: readonly Masked[];
    let tagged: readonly Sides[];
    before(async () => {
      const sharegpt = await exported(llamafactory, { sft: plainNative, preferences: nativePairs });
      const chatml = await exported(llamafactory, { sft: inTags, preferences: tagPairs }, "chatml");
      const job = (folder: string, template: string, stage: string, name: string) => ({ folder, template, stage, dataset: `autotraj_${name}` });
      const jobs = [
        job(sharegpt, "qwen3", "sft", "sft"),
        job(sharegpt, "qwen3", "rm", "preferences"),
        job(chatml, "empty", "sft", "sft"),
        job(chatml, "empty", "rm", "preferences"),
      ];
      [calls, pairs, tags, tagged] = await check<[Masked[], Sides[], Masked[], Sides[]]>(
        LLAMAFACTORY_AND_VERL,
        "check_llamafactory.py",
        JSON.stringify(jobs),
      );
    });

    it("skips no row, and trains on each turn of the model as its template writes it", () => {
      expect(calls.map((row) => row.runs.flatMap(([trained, text]) => (trained ? [text] : [])))).to.deep.equal(
        plainNative.map(({ messages }) => messages.flatMap((message) => (message.role === "assistant" ? [`${qwen3(message)}<|im_end|>\n`] : []))),
      );
      expectNoResults(calls);
    });

    it("trains on tag trajectories as ChatML stretches, results left out", () => {
      const expected = inTags.map((trajectory) => {
        const runs = tagRuns(trajectory);
        const [trained, text] = runs.at(-1)!;
        expect([trained, /^(.*\n)?(<\|im_end\|>)?\n$/s.test(text)]).to.deep.equal([false, true]);
        return runs.slice(0, -1);
      });
      expect(tags.map(({ runs }) => runs)).to.deep.equal(expected);
      expectNoResults(tags);
    });

    it("compares one turn of the model with another, after the same beginning", () => {
      for (const rows of [pairs, tagged]) {
        expect(rows).to.have.length(2);
        expectOneTurnEach(rows);
        for (const { chosen, rejected } of rows) {
          expect(trainedText(chosen)).to.contain("RIGHT");
          expect(trainedText(rejected)).to.contain("WRONG");
        }
      }
    });
  });

  describe("verl", () => {
    interface VerlFound {
      readonly sft: readonly Masked[];
      readonly bare: readonly Masked[];
      readonly stockRefusal: string | null;
      readonly tooLong: string | null;
      readonly cut: { readonly left: number[]; readonly right: number[] };
      readonly prompts: readonly JsonObject[];
    }
    let tags: VerlFound;
    let calls: VerlFound;
    before(async () => {
      const jobs = [
        { folder: await exported(verl, { sft: inTags, prompts: inTags.slice(0, 2) }), template: null },
        { folder: await exported(verl, { sft: native, prompts: native.slice(0, 2) }), template: join(await sitePackages(TRL), TRAINING_TEMPLATE) },
      ];
      [tags, calls] = await check<[VerlFound, VerlFound]>(LLAMAFACTORY_AND_VERL, "check_verl.py", JSON.stringify(jobs));
    });

    it("trains in the tag dialect on exactly what the model wrote", () => {
      expect(tags.sft.map(({ runs }) => runs)).to.deep.equal(inTags.map(tagRuns));
    });

    it("trains on each native turn that is to be learnt, and on nothing else", () => {
      expect(calls.sft.map((row) => row.runs.flatMap(([trained, text]) => (trained ? [text] : [])))).to.deep.equal(
        native.map(({ messages }) =>
          messages.flatMap((message) =>
            message.role === "assistant" && message.train !== false && message.toolCalls?.[0]?.malformed === undefined
              ? [`${qwen3(message)}<|im_end|>`]
              : [],
          ),
        ),
      );
      expectNoResults(calls.sft);
    });

    it("gives the same with and without padding, refuses what is too long, and cuts where told to", () => {
      for (const { sft, bare, tooLong } of [tags, calls]) {
        expect(bare).to.deep.equal(sft);
        expect(tooLong).to.match(/^ValueError: row t-\w+: \d+ tokens are more than data.max_length=4$/);
      }
      expect(tags.cut).to.deep.equal({ left: tags.sft[0]!.ids.slice(-4), right: tags.sft[0]!.ids.slice(0, 4) });
    });

    it("cannot take the file for ordinary messages, whose results it would train on", () => {
      for (const { stockRefusal } of [tags, calls]) expect(stockRefusal).to.match(/^KeyError: 'messages'/);
    });

    it("reads the prompts with what a reward function needs", () => {
      expect(tags.prompts[0]).to.deep.include({ data_source: "autotraj", ability: "sums", reward_model: { style: "rule", ground_truth: "42" } });
      expect(tags.prompts[0]!["raw_prompt"]).to.deep.equal([
        { role: "system", content: "Think, then call." },
        { role: "user", content: inTags[0]!.query.question },
      ]);
      expect(calls.prompts[0]!["extra_info"]).to.deep.include({ answers: ["42"], tool_selection: ["python", "search"], dialect: "native" });
    });
  });
});

/** SmolLM2's `<|im_end|>`. */
const isEnd = (token: number) => token === 2;

const TRAINING_TEMPLATE = "trl/chat_templates/qwen3_training.jinja";

/** A turn as Qwen 3 writes it. */
function qwen3({
  reasoning = "",
  content,
  toolCalls = [],
}: {
  reasoning?: string;
  content: string;
  toolCalls?: readonly { name: string; arguments: JsonObject }[];
}): string {
  const calls = toolCalls.map(
    ({ name, arguments: args }) => `<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${spaced(args)}}\n</tool_call>`,
  );
  const body = [content, ...calls].filter((part) => part !== "").join("\n");
  return `<think>\n${reasoning}\n</think>\n\n${body}`;
}

/** JSON as Python writes it, of one flat object. */
function spaced(args: JsonObject): string {
  return `{${Object.entries(args)
    .map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
    .join(", ")}}`;
}
