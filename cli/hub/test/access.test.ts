/** Which hub, as whom, and under which names: before anything is sent. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { hubAccess, hubEndpoint, hubTarget } from "../src/index.ts";

describe("a hub's address and token", () => {
  let home: string;
  before(() => {
    home = mkdtempSync(join(tmpdir(), "autotraj-access-"));
    mkdirSync(join(home, "huggingface"));
    writeFileSync(join(home, "huggingface", "token"), "hf_ofTheLogin\n");
    writeFileSync(join(home, "other"), "hf_ofAnotherFile\n");
  });
  after(() => rmSync(home, { recursive: true }));

  it("are the public hub's, or those of HF_ENDPOINT", () => {
    expect(hubEndpoint({})).to.equal("https://huggingface.co");
    expect(hubEndpoint({ HF_ENDPOINT: "" })).to.equal("https://huggingface.co");
    expect(hubEndpoint({ HF_ENDPOINT: "http://hub.lab:8080/" })).to.equal("http://hub.lab:8080");
    for (const wrong of ["hub.lab", "ftp://hub.lab", "https://hub.lab/?x=1"])
      expect(() => hubEndpoint({ HF_ENDPOINT: wrong })).to.throw(`HF_ENDPOINT is no http or https address: ${wrong}`);
  });

  it("come from the variables first, then from what `hf auth login` has left", () => {
    const places = { XDG_CACHE_HOME: home, HF_HOME: "", HF_TOKEN_PATH: "" };
    const found = (env: NodeJS.ProcessEnv) => {
      const { token, tokenFrom } = hubAccess({ ...places, ...env });
      return [token, tokenFrom];
    };
    expect(found({ HF_TOKEN: "hf_first", HUGGING_FACE_HUB_TOKEN: "hf_second" })).to.deep.equal(["hf_first", "HF_TOKEN"]);
    expect(found({ HF_TOKEN: "", HUGGING_FACE_HUB_TOKEN: "hf_second" })).to.deep.equal(["hf_second", "HUGGING_FACE_HUB_TOKEN"]);
    expect(found({})).to.deep.equal(["hf_ofTheLogin", join(home, "huggingface", "token")]);
    expect(found({ HF_HOME: join(home, "huggingface") })).to.deep.equal(["hf_ofTheLogin", join(home, "huggingface", "token")]);
    expect(found({ HF_TOKEN_PATH: join(home, "other") })).to.deep.equal(["hf_ofAnotherFile", join(home, "other")]);
  });

  it("are asked for where there is no token, or one that is none", () => {
    const nowhere = { HF_TOKEN_PATH: join(home, "nowhere") };
    expect(() => hubAccess(nowhere)).to.throw(
      [
        "[ATRAJ_USAGE] push: there is no token for https://huggingface.co.",
        `  looked for in HF_TOKEN, HUGGING_FACE_HUB_TOKEN and ${join(home, "nowhere")}`,
        "  Make one that may write at https://huggingface.co/settings/tokens, and set HF_TOKEN, or put it into the .env beside the preset.",
      ].join("\n"),
    );
    expect(() => hubAccess({ ...nowhere, HF_TOKEN: "sk-of-somebody-else" }))
      .to.throw("what HF_TOKEN holds is no token of the hub: these begin with hf_.")
      .and.to.have.property("message")
      .that.does.not.contain("sk-of-somebody-else");
  });
});

describe("a data set's name", () => {
  it("is an owner and a name, as the hub takes them", () => {
    for (const repository of ["lab/sums", "a/b", "Lab-1/sums_v1.2"]) expect(hubTarget({ repository })).to.deep.equal({ repository, branch: "main", visibility: "private" }); // biome-ignore format: one thing
    const wrong: readonly [string, string][] = [
      ["sums", "is not of the form OWNER/NAME"],
      ["lab/sums/more", "is not of the form OWNER/NAME"],
      ["https://huggingface.co/lab/sums", "is an address, not a name"],
      ["datasets/lab", "is an address, not a name"],
      ["lab/", 'is no name that the hub takes: "" is wrong'],
      ["lab/my sums", 'is no name that the hub takes: "my sums" is wrong'],
      ["lab/sums--2", 'is no name that the hub takes: "sums--2" is wrong'],
      ["lab/..", 'is no name that the hub takes: ".." is wrong'],
      ["-lab/sums", 'is no name that the hub takes: "-lab" is wrong'],
      ["lab/sums.git", 'is no name that the hub takes: "sums.git" is wrong'],
      [`lab/${"s".repeat(93)}`, "is longer than 96 characters"],
    ];
    for (const [repository, why] of wrong) expect(() => hubTarget({ repository })).to.throw(`[ATRAJ_USAGE] push: "${repository}" ${why}.`);
  });

  it("has branches, as git takes them", () => {
    for (const branch of ["main", "v1.2", "round/2", "refs/pr/3"]) expect(hubTarget({ repository: "lab/sums", branch }).branch).to.equal(branch);
    for (const branch of ["", "a b", "a..b", "/a", "a/", "a//b", "-a", "a.lock", "a~1", "a:b"])
      expect(() => hubTarget({ repository: "lab/sums", branch })).to.throw(`"${branch}" is no name of a branch.`);
  });
});
