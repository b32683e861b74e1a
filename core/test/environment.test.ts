import { expect } from "chai";
import { keepSecrets, loopbackExempted, processEnvironment } from "../src/host/environment.ts";
import { withoutSecrets } from "../src/kernel/redaction.ts";

describe("the environment of processes that are started", () => {
  const env = {
    ...{ PATH: "/bin", LC_TIME: "C", CUDA_VISIBLE_DEVICES: "1", NCCL_SOCKET_IFNAME: "eth0", HF_HUB_OFFLINE: "1", WANDB_PROJECT: "p" },
    ...{ SSL_CERT_FILE: "/ca.pem", OPENAI_API_KEY: "of-somebody-else", AWS_SECRET_ACCESS_KEY: "of-the-user", MINE_A: "a", MINE_B: "b", OTHER: "o" },
  };

  it("has what trainers commonly need, and nothing else", () => {
    expect(processEnvironment([], env)).to.have.all.keys(
      ...["PATH", "LC_TIME", "CUDA_VISIBLE_DEVICES", "NCCL_SOCKET_IFNAME", "HF_HUB_OFFLINE", "WANDB_PROJECT", "SSL_CERT_FILE"],
    );
  });

  it("has what a preset or a plugin adds, by name or by the beginning of names", () => {
    expect(processEnvironment(["MINE_*", "OTHER"], env))
      .to.include({ MINE_A: "a", MINE_B: "b", OTHER: "o" })
      .and.not.have.property("OPENAI_API_KEY");
  });

  it("has proxies in both spellings, and this machine's own addresses behind none", () => {
    const proxied = { https_proxy: "http://proxy:3128", HTTP_PROXY: "http://proxy:3128", NO_PROXY: "intranet, 127.0.0.1" };
    expect(processEnvironment([], proxied)).to.deep.equal({
      ...proxied,
      NO_PROXY: "intranet, 127.0.0.1,localhost,::1",
      no_proxy: "intranet, 127.0.0.1,localhost,::1",
    });
    expect(loopbackExempted({ NO_PROXY: "x" })).to.deep.equal({});
    expect(loopbackExempted({ ALL_PROXY: "" })).to.deep.equal({});
    expect(loopbackExempted({ ALL_PROXY: "socks5://p", no_proxy: "*" })).to.deep.equal({ no_proxy: "*", NO_PROXY: "*" });
  });

  it("has secrets that are hidden wherever they are said again", () => {
    processEnvironment([], { WANDB_API_KEY: "wandb-key-of-a-test", HTTPS_PROXY: "http://user:pass-of-a-test@proxy:1", HF_HOME: "/models/of-a-test" });
    expect(withoutSecrets("wandb-key-of-a-test pass-of-a-test /models/of-a-test")).to.equal("<redacted> <redacted> /models/of-a-test");
    keepSecrets({ MODEL: "a-models-own-name", HTTP_PROXY: "http://plain-proxy:3128" });
    expect(withoutSecrets("a-models-own-name http://plain-proxy:3128")).to.equal("a-models-own-name http://plain-proxy:3128");
  });
});
