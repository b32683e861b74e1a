/** A page in a file of its own, which comes when it is first shown, or is asked for ahead. React.lazy hides a page for 300 ms even where its file is there. */
import { type ComponentType, type ReactNode, use } from "react";

export interface Later<Props> {
  (props: Props): ReactNode;
  load(): Promise<unknown>;
}

export function later<Props extends object>(file: () => Promise<ComponentType<Props>>): Later<Props> {
  let there: ComponentType<Props> | undefined;
  let coming: Promise<ComponentType<Props>> | undefined;
  const load = () => {
    coming ??= file().then((page) => {
      there = page;
      return page;
    });
    return coming;
  };
  // biome-ignore lint/correctness/noComponentHookFactories: made once for each page, when its module is loaded
  function Page(props: Props) {
    const Shown = there ?? use(load());
    return <Shown {...props} />;
  }
  return Object.assign(Page, { load });
}
