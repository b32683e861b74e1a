/** The card as a hub reads it, and as people do. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { type CardParts, checkCardPlace, hubCard } from "../src/index.ts";

const PARTS: CardParts = {
  repository: "lab/sums",
  format: "chat/openai",
  preset: "quickstart",
  about: ["9 candidates on 4 questions: 3 kept, 2 repaired, 1 hard, 3 discarded.", "", "- model `student`: small"],
  sets: [
    { name: "sft", file: "sft.jsonl", rows: 5, leftOut: { "its calls and results cannot be paired": 2 } },
    { name: "preferences", file: "preferences.jsonl", rows: 2, leftOut: {} },
  ],
};

const headOf = (parts: CardParts) => parse(/^---\n(.*?)\n---\n/s.exec(hubCard(parts))?.[1] ?? "") as Record<string, unknown>;

describe("the card of a data set", () => {
  it("says to the hub what it is, and to a loader where each data set lies", () => {
    expect(headOf(PARTS)).to.deep.equal({
      pretty_name: "sums",
      task_categories: ["text-generation"],
      size_categories: ["n<1K"],
      tags: ["autotraj", "tool-use", "sft", "preference"],
      configs: [
        { config_name: "sft", default: true, data_files: [{ split: "train", path: "sft.jsonl" }] },
        { config_name: "preferences", data_files: [{ split: "train", path: "preferences.jsonl" }] },
      ],
    });
  });

  it("names a licence only where one is given", () => {
    expect(headOf({ ...PARTS, license: "cc-by-4.0" })).to.have.property("license", "cc-by-4.0");
    expect(hubCard(PARTS)).not.to.contain("license");
  });

  it("sorts by size as the hub does", () => {
    const size = (rows: number) => headOf({ ...PARTS, sets: [{ name: "sft", file: "sft.jsonl", rows, leftOut: {} }] })["size_categories"];
    const sizes = [1, 999, 1000, 9999, 10_000, 100_000, 999_999_999_999, 1e12, 1e15].map(size);
    expect(sizes.flat()).to.deep.equal([...["n<1K", "n<1K", "1K<n<10K", "1K<n<10K", "10K<n<100K"], ...["100K<n<1M", "100B<n<1T", "n>1T", "n>1T"]]);
  });

  it("offers a loader no file without rows, at which it would stop", () => {
    const [sft, preferences] = PARTS.sets as [CardParts["sets"][0], CardParts["sets"][0]];
    const head = headOf({ ...PARTS, sets: [{ ...sft, rows: 0 }, preferences] });
    expect(head["configs"]).to.deep.equal([
      { config_name: "preferences", default: true, data_files: [{ split: "train", path: "preferences.jsonl" }] },
    ]);
    expect(head["tags"]).to.deep.equal(["autotraj", "tool-use", "preference"]);
  });

  it("tells people what the files hold, what was left out, how to load them and what made them", () => {
    const lines = hubCard(PARTS).split("\n");
    expect(lines).to.include.members([
      "# sums",
      "Made by AutoTraj with the preset `quickstart`, and written in the format `chat/openai`.",
      "| sft.jsonl | 5 | a trajectory to imitate: a kept candidate or an accepted repair |",
      "| preferences.jsonl | 2 | an accepted repair, preferred to what it repairs |",
      "- 2 left out of sft.jsonl: its calls and results cannot be paired",
      'sft = load_dataset("lab/sums", "sft", split="train")',
      "9 candidates on 4 questions: 3 kept, 2 repaired, 1 hard, 3 discarded.",
      "- model `student`: small",
    ]);
  });

  it("takes the place of an earlier one, never of a README that somebody has written", () => {
    const folder = mkdtempSync(join(tmpdir(), "autotraj-card-"));
    checkCardPlace(folder);
    writeFileSync(join(folder, "README.md"), hubCard(PARTS));
    checkCardPlace(folder);
    writeFileSync(join(folder, "README.md"), "# My project\n");
    expect(() => checkCardPlace(folder)).to.throw(`${join(folder, "README.md")} is there already, and the card would take its place.`);
    rmSync(folder, { recursive: true });
  });
});
