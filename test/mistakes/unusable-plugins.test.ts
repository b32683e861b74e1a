/** Plugins that cannot be loaded, or say wrongly what they are: what their author reads, word for word. */
import { BUNDLER, CHECK, saysInFull } from "./mistake.ts";
import { but, ONE, scorer } from "./plugins.ts";

saysInFull("a plugin that cannot be loaded:", [
  {
    mistake: "its file is not there",
    use: "./mien.mjs",
    plugin: scorer(ONE),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_NOT_FOUND] plugin "mine" (./mien.mjs): there is no file mien.mjs.
  in demo.yaml:9
  Did you mean "mine.mjs"?`,
  },
  {
    mistake: "its file is named without ./",
    use: "mine.mjs",
    plugin: scorer(ONE),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_NOT_FOUND] plugin "mine": no package "mine.mjs" is installed for <folder>.
  in demo.yaml:9
  A file begins with "./": did you mean "./mine.mjs"?`,
  },
  {
    mistake: "its package's name is misspelt",
    use: '"@autotraj/scorer-anwser"',
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_NOT_FOUND] plugin "mine": no package "@autotraj/scorer-anwser" is installed for <folder>.
  in demo.yaml:9
  Did you mean "@autotraj/scorer-answer"?`,
  },
  {
    mistake: "its package is named in short",
    use: "answer",
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_NOT_FOUND] plugin "mine": no package "answer" is installed for <folder>.
  in demo.yaml:9
  Did you mean "@autotraj/scorer-answer"?`,
  },
  {
    mistake: "its package is unknown",
    use: "autotraj-scorer-nowhere",
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_NOT_FOUND] plugin "mine": no package "autotraj-scorer-nowhere" is installed for <folder>.
  in demo.yaml:9
  Correct the name. AutoTraj has no package of this name; if somebody else has, see who it is before you install it.`,
  },
  {
    mistake: "a syntax error",
    plugin: but(scorer(ONE), "setup(api) {", "setup(api {"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): its file is not valid JavaScript: Unexpected token '{'.
  in mine.mjs:3, named in demo.yaml:9
  Correct it there.`,
  },
  {
    mistake: "it imports a file that is not there",
    plugin: ['import { score } from "./scoring.mjs";', ...scorer(ONE)],
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): it imports "./scoring.mjs", and there is no such file.
  in mine.mjs:1, named in demo.yaml:9
  Correct the path; it ends as the file does (.js, .mjs).`,
  },
  {
    mistake: "it imports a package that is not there",
    plugin: ['import natural from "natural-language";', ...scorer(ONE)],
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): it imports the package "natural-language", which is not installed where the plugin lies.
  in mine.mjs:1, named in demo.yaml:9
  Install it there.`,
  },
  {
    mistake: "core is not installed where it lies",
    plugin: ['import { definePlugin } from "@autotraj/core/plugin";', ...scorer(ONE)],
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): it imports the package "@autotraj/core", which is not installed where the plugin lies.
  in mine.mjs:1, named in demo.yaml:9
  Install it there.`,
  },
  {
    mistake: "it throws while it is loaded",
    plugin: ["const cards = undefined;", "cards.first();", ...scorer(ONE)],
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): it failed while it was loaded: Cannot read properties of undefined (reading 'first')
  in mine.mjs:2, named in demo.yaml:9
  What a plugin needs is looked up in its setup, and what is slow begins in api.onStart.`,
  },
]);

saysInFull("a file that is no plugin:", [
  {
    mistake: "no default export",
    plugin: but(scorer(ONE), "export default", "export const plugin ="),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): its file has no default export; it exports "plugin".
  in mine.mjs, named in demo.yaml:9
  A plugin is its file's default export: export default { meta, setup }.`,
  },
  {
    mistake: "a default export inside a default export",
    plugin: [...but(scorer(ONE), "export default", "const plugin ="), "export default { default: plugin };"],
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): its default export holds another default export.
  in mine.mjs, named in demo.yaml:9
  Let the compiler write ES modules ("type": "module" in package.json, "module": "nodenext" in tsconfig.json), or end the file with module.exports = plugin.`,
  },
  {
    mistake: "a function that makes a plugin",
    plugin: [...but(scorer(ONE), "export default {", "export default () => ({").slice(0, -1), "});"],
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): it exports a function or a class, not a plugin.
  in mine.mjs, named in demo.yaml:9
  A plugin is a plain object: export default { meta, setup(api, options) { … } }.`,
  },
  {
    mistake: "no setup",
    plugin: but(scorer(ONE), "setup(api)", "setUp(api)"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): it has no setup function.
  in mine.mjs, named in demo.yaml:9
  A plugin is a plain object: export default { meta, setup(api, options) { … } }.`,
  },
  {
    mistake: "a meta without a description",
    plugin: but(scorer(ONE), ' description: "Mine",', ""),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): its meta lacks description.
  in mine.mjs, named in demo.yaml:9
  A meta is { name, apiVersion: 1, kind, description, options: { type: "object", additionalProperties: false, properties: {} } }.`,
  },
  {
    mistake: "an unknown kind",
    plugin: but(scorer(ONE), 'kind: "scorer"', 'kind: "scroer"'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): its meta.kind is "scroer".
  in mine.mjs, named in demo.yaml:9
  Did you mean "scorer"?`,
  },
]);

saysInFull("a plugin for another version of the contract:", [
  {
    mistake: "apiVersion as a text",
    plugin: but(scorer(ONE), "apiVersion: 1", 'apiVersion: "1"'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_API_VERSION] plugin "mine" (./mine.mjs): its meta.apiVersion is "1"; it must be a whole number.
  in mine.mjs, named in demo.yaml:9
  This core takes 0 to 1: write apiVersion: 1, without quotes.`,
  },
  {
    mistake: "apiVersion of a later core",
    plugin: but(scorer(ONE), "apiVersion: 1", "apiVersion: 2"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_API_VERSION] plugin "mine" (./mine.mjs): it is made for version 2 of the plugin contract. This core takes 0 to 1.
  in mine.mjs, named in demo.yaml:9
  Update @autotraj/core, or take an older release of the plugin.`,
  },
  {
    mistake: "apiVersion of the contract before, which is still taken",
    plugin: but(scorer(ONE), "apiVersion: 1", "apiVersion: 0"),
    command: CHECK,
    exit: 0,
    says: `[ATRAJ_DEPRECATED_API] mine is made for version 0 of the plugin contract, which this core still takes; it has version 1. Look for a newer release.
demo is valid: 5 plugins, 3 dimensions.`,
  },
  {
    mistake: "a copy of core of its own",
    use: BUNDLER,
    files: {
      [`node_modules/${BUNDLER}/package.json`]: JSON.stringify({ name: BUNDLER, version: "1.0.0", type: "module", exports: "./index.js" }),
      [`node_modules/${BUNDLER}/index.js`]: [
        'import { definePlugin } from "@autotraj/core/plugin";',
        ...but(scorer(ONE), "export default {", "export default definePlugin({").slice(0, -1),
        "});",
      ].join("\n"),
    },
    command: CHECK,
    exit: 0,
    says: `plugin "mine" (autotraj-scorer-mine) brings its own copy of @autotraj/core along: 0.0.9 in node_modules/autotraj-scorer-mine/node_modules/@autotraj/core. Its author names core among peerDependencies, and not among dependencies; \`npm dedupe\` may help until then.
demo is valid: 5 plugins, 3 dimensions.`,
  },
]);
