/** What is made of files, and made anew once they have changed: by name. */
export class Remembered<Value> {
  readonly #known = new Map<string, { readonly stamp: string; readonly value: Value }>();

  /** @param stamp of the files, taken before they are read */
  get(name: string, stamp: string, make: () => Value): Value {
    const last = this.#known.get(name);
    if (last?.stamp === stamp) return last.value;
    const value = make();
    this.#known.set(name, { stamp, value });
    return value;
  }

  forget(name: string): void {
    this.#known.delete(name);
  }
}
