/** docs/reference/dimensions.md: what each scorer fills, as it declares it in its tap. */
import { cell, code, generated, lines } from "./docs-text.mjs";

/** Of scorers that cannot be set up without: which of a preset's policies judges. */
const NEEDED = { "@autotraj/scorer-judge": { policy: "judge" } };

/** @param scorers plugins of that kind. @param kit the test kit, which sets one plugin up; nobody is asked here. @returns the dimensions with who fills them */
export async function declaredDimensions(scorers, { setupPlugin }, { POLICY, ROLLOUT }) {
  const found = [];
  for (const { plugin } of scorers) {
    const options = NEEDED[plugin.meta.name];
    const services =
      options === undefined
        ? []
        : [
            [POLICY, { id: options.policy, dialects: ["tags", "native"] }, options.policy],
            [ROLLOUT, {}, "rollout"],
          ];
    const { taps, dispose } = await setupPlugin(plugin, { ...(options === undefined ? {} : { options }), services });
    for (const { options: tap } of taps.filter(({ hook }) => hook === "score"))
      for (const [name, { description }] of Object.entries(tap.dimensions))
        found.push({ name, description, by: plugin.meta.name, needs: tap.needs ?? [] });
    await dispose();
  }
  return found.sort((a, b) => a.name.localeCompare(b.name, "en"));
}

export function dimensionsPage(dimensions) {
  const row = ({ name, description, by, needs }) =>
    `| ${code(name)} | ${cell(description)} | [${by}](../plugins/${by.split("/").at(-1)}.md) | ${needs.map(code).join(", ")} |`;
  return lines([
    generated("what the scorers declare"),
    "# Dimensions",
    "",
    "A dimension is one aspect that trajectories are scored in; one scorer of a preset fills it. Gates, rewards and figures name dimensions. A score is a value from 0 to 1, or why it does not apply (skipped), or why there is none (failed).",
    "These are the names with default options: a second `scorer-answer` with a `suffix` fills dimensions of its own, and `scorer-judge` those that its options name.",
    "",
    "| dimension | what it says | scorer | needs |",
    "|---|---|---|---|",
    ...dimensions.map(row),
  ]);
}
