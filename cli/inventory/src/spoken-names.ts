/** Names of packages as people may write them. */

/** Packages as people may write them: without AutoTraj's scope or prefix, where no other one is called the same then. */
export function spoken(names: readonly string[]): readonly string[] {
  const short = names.map((name) => name.replace(/^(?:@autotraj\/|autotraj-)/, ""));
  return names.map((name, index) => (short.indexOf(short[index] ?? "") === index ? (short[index] ?? name) : name));
}

/** Presets as people may write them: {@link spoken}, and without their kind. */
export function spokenPresets(names: readonly string[]): readonly string[] {
  return spoken(names).map((name) => name.replace(/^preset-/, ""));
}
