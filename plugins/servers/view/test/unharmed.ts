/** Whether a page of hostile texts is only a page: nothing of them ran, was loaded, or broke the layout. */
import { expect } from "chai";
import type { Watched } from "./browser.ts";
import { TRACE } from "./hostile.ts";

const WIDTHS = [1300, 400];

/** Wide, then narrow. @param sign what is waited for */
export async function unharmed({ page, complaints }: Watched, address: string, sign = ":is(.funnel, .list, .step, .pairs)"): Promise<void> {
  await page.goto(address);
  await page.waitForSelector(`main ${sign}`);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    // Until what depends on the width is drawn anew, and what a text might have started has had its turn.
    await page.waitForTimeout(100);
    const found = await page.evaluate(`({
      ran: window.${TRACE} ?? null,
      foreign: document.querySelectorAll("#app :is(script, iframe, img, foreignObject, a[href^='javascript'])").length,
      sideways: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      bar: document.querySelector(".bar")?.getBoundingClientRect().height,
      shown: getComputedStyle(document.body).display,
    })`);
    expect(found, `${address} ${width}`).to.deep.equal({ ran: null, foreign: 0, sideways: 0, bar: 40, shown: "block" });
  }
  expect(complaints, address).to.deep.equal([]);
}
