// Opens a page in headless Chromium at two widths, in light and dark, and prints what is there as JSON.
// node look.mjs <chromium> <page.html> [folder for screenshots]
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { launched, newTab, require } from "./chromium.mjs";

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [executablePath, page, shots] = process.argv.slice(2);
const views = [
  { name: "1440-light", width: 1440, scheme: "light" },
  { name: "1440-dark", width: 1440, scheme: "dark" },
  { name: "375-light", width: 375, scheme: "light" },
  { name: "375-dark", width: 375, scheme: "dark" },
];

// What a person would see of the drawings: those that are displayed, with their size and how much is drawn in them.
const drawings = () =>
  [...document.querySelectorAll("svg[role=img]")]
    .filter((svg) => svg.getClientRects().length > 0)
    .map((svg) => {
      const { width, height } = svg.getBoundingClientRect();
      const inner = svg.getBBox();
      const letters = [...svg.querySelectorAll("text")].map((t) => {
        const { x, y, width, height } = t.getBoundingClientRect();
        return { text: t.textContent, x, y, width, height };
      });
      const outside = [...svg.querySelectorAll("text")].filter((t) => {
        const box = t.getBoundingClientRect();
        const frame = svg.getBoundingClientRect();
        return box.left < frame.left - 1 || box.right > frame.right + 1;
      });
      return {
        label: svg.getAttribute("aria-label"),
        width, height,
        drawnWidth: inner.width, drawnHeight: inner.height,
        marks: svg.querySelectorAll("path, rect, circle").length,
        letterHeight: Math.min(...letters.map((l) => l.height)),
        outside: outside.map((t) => t.textContent),
      };
    });

// What Tab reaches, in order, each with whether its focus can be seen.
async function tabbed(tab) {
  const reached = [];
  for (let i = 0; i < 200; i += 1) {
    await tab.keyboard.press("Tab");
    const found = await tab.evaluate(() => {
      const at = document.activeElement;
      if (!at || at === document.body) return null;
      const style = getComputedStyle(at);
      return { tag: at.tagName, text: (at.textContent || "").slice(0, 60), outline: style.outlineStyle, seen: at.dataset.seen === "1" || !(at.dataset.seen = "1") };
    });
    if (found === null || found.seen) break;
    reached.push(found);
  }
  return reached;
}

async function look(browser, { name, width, scheme }) {
  const tab = await newTab(browser, { viewport: { width, height: 900 }, colorScheme: scheme, bypassCSP: true });
  const complaints = [], requests = [];
  tab.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  tab.on("pageerror", (error) => complaints.push(String(error)));
  tab.on("request", (request) => requests.push(request.url()));
  await tab.goto(pathToFileURL(page).href);
  const found = {
    name,
    complaints,
    requests: requests.filter((url) => url !== pathToFileURL(page).href && !url.startsWith("data:")),
    scroll: await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    background: await tab.evaluate(() => getComputedStyle(document.body).backgroundColor),
    drawings: await tab.evaluate(drawings),
  };
  if (shots) {
    mkdirSync(shots, { recursive: true });
    await tab.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  }
  found.tabbed = await tabbed(tab);
  // The tables too, which are closed at first.
  await tab.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  found.scrollOpen = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await tab.evaluate(axe);
  const result = await tab.evaluate(() => window.axe.run(document, { resultTypes: ["violations", "incomplete"] }));
  found.violations = result.violations.map(({ id, help, nodes }) => ({ id, help, at: nodes.map((n) => n.html.slice(0, 160)) }));
  found.incomplete = result.incomplete.map(({ id, nodes }) => ({ id, nodes: nodes.length }));
  found.passes = result.passes.length;
  await tab.context().close();
  return found;
}

// A second look without bypassCSP would refuse axe; that the page obeys its own policy shows in `requests`.
const browser = await launched(executablePath);
try {
  const found = [];
  for (const view of views) found.push(await look(browser, view));
  console.log(JSON.stringify(found));
} finally {
  await browser.close();
}
