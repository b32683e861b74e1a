/** A real browser that notes whatever a page complains of, and everybody whom it asks. */
import { existsSync } from "node:fs";
import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** Of the browser, for tests in other packages, which do not depend on it themselves. */
export type { Browser, Locator, Page } from "playwright-core";

const PROGRAMS = [process.env["CHROMIUM"] ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where there is one: the tests that need it are skipped elsewhere. */
export const chromiumPath = PROGRAMS.find((path) => path !== "" && existsSync(path));

export function launch(): Promise<Browser> {
  const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"];
  // It opens a socket in its temporary folder, and a socket's path is short.
  return chromium.launch({ executablePath: chromiumPath ?? "", args, env: { ...process.env, TMPDIR: "/tmp" } });
}

export interface Watched {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors and warnings of the console, and exceptions. */
  readonly complaints: string[];
  /** Origins that were asked. */
  readonly asked: Set<string>;
}

export async function watched(browser: Browser, look: { colorScheme: "light" | "dark"; width: number }): Promise<Watched> {
  const context = await browser.newContext({ colorScheme: look.colorScheme, viewport: { width: look.width, height: 900 }, reducedMotion: "reduce" });
  const page = await context.newPage();
  const [complaints, asked]: [string[], Set<string>] = [[], new Set()];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  context.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "data:") asked.add(origin);
  });
  return { page, context, complaints, asked };
}

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe finds serious or critical, by WCAG 2.2 AA. */
export async function seriousFaults(page: Page): Promise<readonly string[]> {
  // Evaluated by the debugger: the page's policy lets no script in but its own.

  await page.evaluate(axe.source);
  const violations = (await page.evaluate(
    `axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] }).then(({ violations }) => violations)`,
  )) as Violation[];
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.slice(0, 5).map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`));
}
