/** Pictures of pages for the documentation, written where `npm run pictures` asks for them: always of one width, and as high as what they show. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Page } from "../../plugins/servers/view/test/browser.ts";
import { ROOT } from "../docs/pages.ts";

export const WIDTH = 1280;
const HEIGHT = 800;
const MARGIN = 14;
/** So that pages with several of them stay quick, and the repository small. */
const LARGEST = 150_000;
const FOLDER = join(ROOT, "docs/pictures");

export const wanted = process.env["AUTOTRAJ_PICTURES"] === "yes";

/** @param last what the picture ends below: the last of these */
export async function picture(page: Page, name: string, last = ".section"): Promise<void> {
  if (!wanted) return;
  await page.mouse.move(0, 0);
  const height = Math.ceil(Number(await page.evaluate(bottomOf(last)))) + MARGIN;
  await page.setViewportSize({ width: WIDTH, height });
  await page.evaluate("document.activeElement?.blur()");
  // Charts are drawn anew where the width has changed by a bar that is gone.
  await page.waitForTimeout(300);
  const bytes = await page.screenshot({ animations: "disabled" });
  expect(bytes.length, name).to.be.lessThan(LARGEST);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, `${name}.png`), bytes);
  await page.setViewportSize({ width: WIDTH, height: HEIGHT });
}

/** From the top of the page, also where it is `main` that scrolls. */
function bottomOf(last: string): string {
  return `[...document.querySelectorAll(${JSON.stringify(last)})].at(-1).getBoundingClientRect().bottom + (document.querySelector("main")?.scrollTop ?? 0) + window.scrollY`;
}
