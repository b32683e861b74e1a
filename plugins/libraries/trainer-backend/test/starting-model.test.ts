import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { startingModel } from "../src/starting-model.ts";

describe("the model that a stage starts from", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-starting-"));
    mkdirSync(join(folder, "base"));
    writeFileSync(join(folder, "base", "config.json"), "{}");
    mkdirSync(join(folder, "empty"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is a folder, by where it lies or from where the preset lies", () => {
    const found = { path: join(folder, "base"), isLocal: true };
    expect(startingModel("base", folder)).to.deep.equal(found);
    expect(startingModel("./base", folder)).to.deep.equal(found);
    expect(startingModel(join(folder, "base"), "/elsewhere")).to.deep.equal(found);
  });

  it("is else a hub's name", () => expect(startingModel("owner/model-1.5", folder)).to.deep.equal({ path: "owner/model-1.5", isLocal: false }));

  it("is refused where it is a folder without a model, or no name at all", () => {
    for (const name of ["empty", "./nowhere", join(folder, "nowhere")])
      expect(() => startingModel(name, folder), name)
        .to.throw(/holds no model in Hugging Face's layout \(no config\.json\)\.$/)
        .with.property("code", "TRAIN_MODEL");
    expect(() => startingModel("tiny", folder, ["small", "large"]))
      .to.throw(`no model is called "tiny".`)
      .with.property("hint", "Give a folder in Hugging Face's layout, a hub's name (owner/model), or one of: small, large.");
  });
});
