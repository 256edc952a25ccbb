// Draws on the endpoint's page in headless Chromium, and prints the answers as JSON.
// node draw.mjs <chromium> <url> <JSON: by name, lines of [x, y] from 0 to 1>
import { readFileSync } from "node:fs";
import { launched, newTab, require } from "./chromium.mjs";

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [executablePath, url, drawings] = process.argv.slice(2);

async function draw(tab, lines) {
  await tab.locator("#clear").click();
  const box = await tab.locator("#drawing").boundingBox();
  for (const line of lines) {
    const [first, ...rest] = line.map(([x, y]) => [box.x + x * box.width, box.y + y * box.height]);
    await tab.mouse.move(...first);
    await tab.mouse.down();
    for (const point of rest) await tab.mouse.move(...point, { steps: 8 });
    await tab.mouse.up();
  }
}

async function answerOf(tab) {
  await tab.evaluate(() => document.getElementById("answer").replaceChildren());
  await tab.locator("button[type=submit]").click();
  await tab.waitForFunction(() => document.getElementById("answer").textContent !== "");
  return tab.locator("#answer").innerText();
}

const browser = await launched(executablePath);
try {
  const complaints = [];
  const tab = await newTab(browser, { viewport: { width: 375, height: 900 } });
  tab.on("pageerror", (error) => complaints.push(String(error)));
  await tab.goto(url);
  const answers = {}, curls = {};
  for (const [name, lines] of Object.entries(JSON.parse(drawings))) {
    await draw(tab, lines);
    answers[name] = await answerOf(tab);
    curls[name] = await tab.locator("#curl").innerText();
  }
  const sideways = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  // axe is evaluated in the page, which the policy forbids.
  const judged = await newTab(browser, { bypassCSP: true });
  await judged.goto(url);
  await judged.evaluate(axe);
  const { violations } = await judged.evaluate(() => window.axe.run(document));
  console.log(JSON.stringify({ answers, curls, complaints, sideways, violations: violations.map(({ id }) => id) }));
} finally {
  await browser.close();
}
