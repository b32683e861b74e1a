import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dtypeOf } from "@autotraj/trainer-backend/precision";
import { expect } from "chai";

describe("in what a training computes", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-precision-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** A Python whose `torch` says what a machine would. */
  function machine(name: string, torch: string, architecture = "x86_64"): string {
    const own = join(folder, name);
    const python = join(folder, `${name}.sh`);
    writeFileSync(`${own}.py`, torch);
    writeFileSync(
      python,
      `#!/bin/sh\nexec python3 -c "import platform, sys, runpy; platform.machine = lambda: '${architecture}'; sys.modules['torch'] = type(sys)('torch'); exec(open('${own}.py').read(), vars(sys.modules['torch'])); code = sys.argv[1]; sys.argv = sys.argv[1:]; exec(code)" "$2" "$3"\n`,
    );
    chmodSync(python, 0o755);
    return python;
  }
  const x86 = (avx512Bf16: string, amx: string) =>
    torch("True", "True", "False", `N(_is_avx512_bf16_supported=lambda: ${avx512Bf16}, _is_amx_tile_supported=lambda: ${amx})`);
  const torch = (mkldnn: string, op: string, cuda = "False", cpu = "None") => `
from types import SimpleNamespace as N
def answer(including_emulation=True):
    return ${cuda} or including_emulation
backends = N(mkldnn=N(is_available=lambda: ${mkldnn}))
ops = N(mkldnn=N(_is_mkldnn_bf16_supported=lambda: ${op}))
cuda = N(is_bf16_supported=answer)
cpu = ${cpu}
`;

  it("is what the preset says, without asking anybody", async () => {
    for (const dtype of ["bf16", "fp32"] as const) expect(await dtypeOf(dtype, { python: "/nowhere", device: "cpu" })).to.equal(dtype);
  });

  it("is bf16 on processors and GPUs that compute in it by themselves, and fp32 where it would be emulated", async () => {
    const asked = (python: string, device: "cpu" | "cuda" = "cpu") => dtypeOf("auto", { python, device });
    expect(await asked(machine("avx512-bf16", x86("True", "False")))).to.equal("bf16");
    expect(await asked(machine("amx", x86("False", "True")))).to.equal("bf16");
    // oneDNN says of such a processor that it supports bf16.
    expect(await asked(machine("avx512", x86("False", "False")))).to.equal("fp32");
    expect(await asked(machine("arm-bf16", torch("True", "True"), "aarch64"))).to.equal("bf16");
    expect(await asked(machine("arm", torch("True", "False"), "aarch64"))).to.equal("fp32");
    expect(await asked(machine("without", torch("False", "exit(1)"), "arm64"))).to.equal("fp32");
    expect(await asked(machine("a100", torch("False", "False", "True")), "cuda")).to.equal("bf16");
    expect(await asked(machine("v100", torch("True", "True", "False")), "cuda")).to.equal("fp32");
  });

  it("is asked of a machine once, and again where it could not say", async () => {
    const times = join(folder, "times");
    const counting = (then: string) => `open("${times}", "a").write("x")\n${then}`;
    const twice = async (python: string) => {
      writeFileSync(times, "");
      const found = await Promise.allSettled([1, 2].map(() => dtypeOf("auto", { python, device: "cpu" })));
      found.push(...(await Promise.allSettled([dtypeOf("auto", { python, device: "cpu" })])));
      return [readFileSync(times, "utf8").length, ...found.map(({ status }) => status)];
    };
    const bf16 = torch("True", "True");
    expect(await twice(machine("counted", counting(bf16), "aarch64"))).to.deep.equal([1, "fulfilled", "fulfilled", "fulfilled"]);
    expect(await twice(machine("failing", counting("exit(1)"), "aarch64"))).to.deep.equal([2, "rejected", "rejected", "rejected"]);
  });

  it("cannot be found out without PyTorch, and the message says what to do", async () => {
    const error = (await dtypeOf("auto", { python: "/nowhere/python", device: "cpu" }).catch((thrown: unknown) => thrown)) as Error & {
      hint: string;
    };
    expect(error.message).to.contain("/nowhere/python could not say in what this machine computes");
    expect(error.hint).to.contain("PyTorch");
  });
});
