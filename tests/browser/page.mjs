// Uses the endpoint's page in headless Chromium at two widths, in light and dark, and prints what is there as JSON.
// node page.mjs <chromium> <url> [a photograph to choose, for a model of images] [folder for screenshots]
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { launched, newTab, require } from "./chromium.mjs";

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [executablePath, url, photograph, shots] = process.argv.slice(2);
const views = [
  { name: "1440-light", width: 1440, scheme: "light" },
  { name: "1440-dark", width: 1440, scheme: "dark" },
  { name: "375-light", width: 375, scheme: "light" },
  { name: "375-dark", width: 375, scheme: "dark" },
];

// The document's own text, of one element.
const text = (tab, selector) => tab.locator(selector).innerText();
const wide = (tab) => tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

// By keyboard alone: every control is reached, its focus is seen, and Enter in a field sends the form.
async function byKeyboard(tab, values) {
  const reached = [];
  for (let i = 0; i < 40; i += 1) {
    await tab.keyboard.press("Tab");
    const found = await tab.evaluate(() => {
      const at = document.activeElement;
      if (!at || at === document.body) return null;
      const label = at.labels?.[0]?.textContent ?? at.getAttribute("aria-label") ?? at.textContent;
      return { tag: at.tagName, label: label.trim(), outline: getComputedStyle(at).outlineStyle };
    });
    if (found === null) break;
    reached.push(found);
    if (found.label in values) await tab.keyboard.type(values[found.label]);
  }
  return reached;
}

// The photograph is shown as soon as it is read.
async function choose(tab, file) {
  await tab.locator("input[type=file]").setInputFiles(file);
  await tab.waitForFunction(() => document.querySelector("form img:not([hidden])")?.complete);
}

// What the endpoint refuses: a number beyond float32, or a file that is no image.
async function spoil(tab) {
  if (photograph) await choose(tab, { name: "note.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no image") });
  else await tab.locator("#f1").evaluate((field) => { field.type = "text"; field.value = "1e99"; });
}

async function answered(tab) {
  await tab.locator("button[type=submit]").click();
  await tab.waitForFunction(() => !document.getElementById("answer").textContent.startsWith("Fill in"));
  await tab.waitForFunction(() => document.getElementById("answer").textContent.includes("Prediction ") || document.querySelector("#answer .error"));
}

async function violations(tab) {
  await tab.evaluate(axe);
  const result = await tab.evaluate(() => window.axe.run(document, { resultTypes: ["violations", "incomplete"] }));
  return {
    violations: result.violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((n) => n.html.slice(0, 160)) })),
    incomplete: result.incomplete.map(({ id, nodes }) => ({ id, nodes: nodes.length })),
    passes: result.passes.length,
  };
}

async function opened(browser, { width, scheme }, options, complaints, requests) {
  const tab = await newTab(browser, { viewport: { width, height: 900 }, colorScheme: scheme, ...options });
  tab.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  tab.on("pageerror", (error) => complaints.push(String(error)));
  tab.on("request", (request) => requests.push(`${request.method()} ${request.url()}`));
  await tab.goto(url);
  return tab;
}

async function look(browser, view) {
  const complaints = [], requests = [];
  // As a browser opens it, under the page's own policy.
  const tab = await opened(browser, view, { permissions: ["clipboard-read", "clipboard-write"] }, complaints, requests);
  const found = { name: view.name, scrollBefore: await wide(tab) };
  if (photograph) await choose(tab, photograph);
  found.background = await tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  found.tabbed = await byKeyboard(tab, { pages: "3", spend: "12.5", returning: "t", device: "m", referrer: "a", "API key": "secret" });
  await answered(tab);
  found.answer = await text(tab, "#answer");
  found.scroll = await wide(tab);
  found.pictures = await tab.evaluate(() => [...document.querySelectorAll("form img")].map(({ alt, naturalWidth, naturalHeight }) => ({ alt, size: [naturalWidth, naturalHeight] })));
  await tab.locator("#copy").click();
  await tab.waitForFunction(() => document.getElementById("copied").textContent !== "");
  found.copied = await tab.evaluate(() => navigator.clipboard.readText());
  if (shots) {
    mkdirSync(shots, { recursive: true });
    await tab.screenshot({ path: join(shots, `${view.name}.png`), fullPage: true });
  }
  found.complaints = [...complaints];
  found.requests = [...requests];
  // An answer with an error: the field at fault is marked, and has the focus.
  await spoil(tab);
  await tab.locator("button[type=submit]").click();
  await tab.waitForFunction(() => document.querySelector("#answer .error"));
  found.refused = await text(tab, "#answer");
  found.marked = await tab.evaluate(() => [document.activeElement.id, document.activeElement.getAttribute("aria-invalid")]);
  await tab.context().close();

  // axe is evaluated in the page, which the policy forbids.
  const judged = await opened(browser, view, { bypassCSP: true }, [], []);
  if (photograph) await choose(judged, photograph);
  for (const [id, value] of [["#f0:not([type=file])", "3"], ["#credential", "secret"]]) if (await judged.locator(id).count()) await judged.locator(id).fill(value);
  await answered(judged);
  Object.assign(found, await violations(judged));
  await judged.context().close();
  return found;
}

const browser = await launched(executablePath);
try {
  const found = [];
  for (const view of views) found.push(await look(browser, view));
  console.log(JSON.stringify(found));
} finally {
  await browser.close();
}
