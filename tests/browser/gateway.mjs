// Uses the endpoint's page as it is deployed: without a key, and with one. Prints what it shows as JSON.
// node gateway.mjs <chromium> <url> <key> <values by label, as JSON>
import { launched, newTab } from "./chromium.mjs";

const [executablePath, url, key, values] = process.argv.slice(2);

async function fill(tab, label, value) {
  const field = tab.getByLabel(label, { exact: true });
  if ((await field.evaluate((one) => one.tagName)) === "SELECT") await field.selectOption(value);
  else await field.fill(value);
}

async function answer(tab) {
  const before = await tab.locator("#answer").innerText();
  await tab.locator("button[type=submit]").click();
  await tab.waitForFunction((text) => document.getElementById("answer").innerText !== text, before);
  return tab.locator("#answer").innerText();
}

const browser = await launched(executablePath);
try {
  const tab = await newTab(browser);
  const complaints = [];
  tab.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  tab.on("pageerror", (error) => complaints.push(String(error)));
  await tab.goto(url);
  const found = { asked: await tab.locator("#credential").getAttribute("required"), opened: [...complaints] };
  for (const [label, value] of Object.entries(JSON.parse(values))) await fill(tab, label, value);
  await tab.locator("#credential").fill("guessed");
  found.refused = await answer(tab);
  await tab.locator("#credential").fill(key);
  found.answer = await answer(tab);
  console.log(JSON.stringify(found));
} finally {
  await browser.close();
}
