/** The services of one run. The only file that knows tsyringe: a child container per run, values only, no decorators, nothing resolved by accident. */
import "reflect-metadata";
import { type DependencyContainer, container as root } from "tsyringe";
import { AutoTrajError } from "./errors.ts";
import type { Token } from "./plugin.ts";

export class Services {
  readonly #container: DependencyContainer = root.createChildContainer();
  /** Provider ids by token, in the order they were provided. */
  readonly #providers = new Map<symbol, string[]>();

  /** @throws ATRAJ_SERVICE_CONFLICT when the token has its one provider already. */
  provide<T>(token: Token<T>, service: T, by: string): void {
    const providers = this.#providers.get(token.key) ?? [];
    if (providers.length > 0 && (!token.many || providers.includes(by))) {
      throw new AutoTrajError("ATRAJ_SERVICE_CONFLICT", {
        who: `plugin "${by}"`,
        what: `it provides "${token.name}", which "${providers[0]}" provides already.`,
        hint: `Remove one of the two from the preset (plugins.${by}: false).`,
      });
    }
    this.#container.register(keyOf(token, by), { useValue: service as object });
    this.#providers.set(token.key, [...providers, by]);
  }

  /** @throws ATRAJ_SERVICE_MISSING with what there is. */
  use<T>(token: Token<T>, id: string | undefined, asker: string): T {
    const providers = this.#providers.get(token.key) ?? [];
    const provider = id ?? (providers.length === 1 ? providers[0] : undefined);
    if (provider === undefined || !providers.includes(provider)) throw this.#missing(token, id, asker, providers);
    return this.#container.resolve<T>(keyOf(token, provider));
  }

  useAll<T>(token: Token<T>): ReadonlyMap<string, T> {
    const providers = this.#providers.get(token.key) ?? [];
    return new Map(providers.map((id) => [id, this.#container.resolve<T>(keyOf(token, id))]));
  }

  clear(): void {
    this.#container.clearInstances();
    this.#container.reset();
    this.#providers.clear();
  }

  #missing(token: Token<unknown>, id: string | undefined, asker: string, providers: readonly string[]): AutoTrajError {
    const there = providers.length === 0 ? "no plugin of the preset provides one" : `there are: ${providers.join(", ")}`;
    return new AutoTrajError("ATRAJ_SERVICE_MISSING", {
      who: asker,
      what: id === undefined ? `it needs a ${token.name}, and ${there}.` : `it needs the ${token.name} "${id}"; ${there}.`,
      hint:
        providers.length === 0
          ? `Add a ${token.name} plugin to the preset (\`autotraj plugin list\` shows the installed ones).`
          : "Name one of these by its id.",
    });
  }
}

/** `many` services are kept under their provider's id; the others under the token alone. */
function keyOf(token: Token<unknown>, id: string): symbol {
  return token.many ? Symbol.for(`${Symbol.keyFor(token.key) ?? token.name}#${id}`) : token.key;
}
