/** The models that this policy can be given: known by name and pulled, or converted from a trained folder. */
import type { ModelSource, PythonEnvironments } from "@autotraj/core/plugin";
import { convertModel } from "./convert.ts";
import { knownModels, pullModel } from "./models.ts";

export function modelSource(cacheDir: string, python: PythonEnvironments): ModelSource {
  return {
    list: () => knownModels(cacheDir),
    async pull(name, tell) {
      const onProgress = everyTenth((bytes, total) => tell(`${megabytes(bytes)}${total === undefined ? "" : ` of ${megabytes(total)}`}`));
      return (await pullModel(name, { cacheDir, python, onProgress })).path;
    },
    convert: (modelDir, where, tell) =>
      convertModel(modelDir, { ...where, python, onProgress: everyTenth((done, total) => tell(`${done} of ${total} tensors`)) }),
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

/** Says how far it is, about ten times; every 100 MB where it is not known of how much. */
function everyTenth(say: (done: number, total: number | undefined) => void): (done: number, total: number | undefined) => void {
  let told = -1;
  return (done, total) => {
    const tenth = total === undefined ? Math.floor(done / 1e8) : Math.floor((10 * done) / total);
    if (tenth <= told) return;
    told = tenth;
    say(done, total);
  };
}
