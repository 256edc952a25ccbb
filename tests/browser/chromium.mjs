// Headless Chromium, driven by the playwright-core that the working directory has.
import { createRequire } from "node:module";
import { join } from "node:path";

export const require = createRequire(join(process.cwd(), "package.json"));
const { chromium } = require("playwright-core");

// Playwright waits 30 s. That ends what hangs, and a busy machine may take many times as long as a quiet one.
const PATIENCE_MS = 180_000;

export const launched = (executablePath) =>
  chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"], timeout: PATIENCE_MS });

// A tab in a context of its own.
export async function newTab(browser, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  return context.newPage();
}
