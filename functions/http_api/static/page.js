// The form becomes an event, the event a request; the answer and a curl line for it are shown.
"use strict";

const form = document.querySelector("form");
const answer = document.getElementById("answer");
const curl = document.getElementById("curl");
const copied = document.getElementById("copied");
const fields = [...form.querySelectorAll("[data-path]")];
const credential = document.getElementById("credential");
const endpoint = new URL("predict", document.baseURI).href;
// Of a field with an image, the file in base64. A request takes about 4 MB, so that larger photographs are made smaller.
const pictures = new Map();
const MOST_SCORES = 20;
const LARGEST_FILE = 2_000_000, LONGEST_SIDE = 1600;

// The value of a field as JSON; undefined where it is left empty.
function valueOf(field) {
  if (field.type === "file") return pictures.get(field);
  const text = field.value;
  if (text === "") return undefined;
  if (field.dataset.type === "bool") return text === "true";
  if (field.dataset.type === "category" || field.dataset.type === "text") return text;
  return Number(text);
}

// A drawing as the numbers of small pictures: 1 is ink. As handwritten digits are kept: what is drawn fills 5/7 of the
// side, and its centre of mass is in the middle.
const canvas = document.getElementById("drawing");
const pen = canvas?.getContext("2d", { willReadFrequently: true });

function inkOf(context, width) {
  return [...context.getImageData(0, 0, width, width).data].filter((_, i) => i % 4 === 3);
}

function boxOf(ink, width) {
  let [left, top, right, bottom] = [width, width, -1, -1];
  ink.forEach((value, i) => {
    if (!value) return;
    [left, right] = [Math.min(left, i % width), Math.max(right, i % width)];
    [top, bottom] = [Math.min(top, Math.floor(i / width)), Math.max(bottom, Math.floor(i / width))];
  });
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

// The drawing's box, scaled onto a small picture at (x, y).
function scaled(box, side, x, y) {
  const small = new OffscreenCanvas(side, side).getContext("2d");
  const scale = (side * 5) / 7 / Math.max(box.width, box.height);
  small.imageSmoothingQuality = "high";
  small.drawImage(canvas, box.left, box.top, box.width, box.height, x, y, box.width * scale, box.height * scale);
  return inkOf(small, side);
}

function pixelsOf() {
  const side = Number(canvas.dataset.side);
  const box = boxOf(inkOf(pen, canvas.width), canvas.width);
  if (!box) return new Array(side * side).fill(0);
  const margin = side / 7;
  const ink = scaled(box, side, margin, margin);
  const total = ink.reduce((sum, value) => sum + value, 0);
  const middle = (place) => ink.reduce((sum, value, i) => sum + value * place(i), 0) / total + 0.5;
  const [x, y] = [middle((i) => i % side), middle((i) => Math.floor(i / side))];
  const centred = scaled(box, side, Math.round(margin + side / 2 - x), Math.round(margin + side / 2 - y));
  return centred.map((value) => Math.round((value / 255) * 1000) / 1000);
}

function place(moved) {
  const scale = canvas.width / canvas.clientWidth;
  return [moved.offsetX * scale, moved.offsetY * scale];
}

if (canvas) {
  Object.assign(pen, { lineWidth: canvas.width / 14, lineCap: "round", lineJoin: "round", strokeStyle: "#1b1f24" });
  canvas.addEventListener("pointerdown", (down) => {
    canvas.setPointerCapture(down.pointerId);
    pen.beginPath();
    pen.moveTo(...place(down));
    pen.lineTo(...place(down));
    pen.stroke();
  });
  canvas.addEventListener("pointermove", (moved) => {
    if (!moved.buttons) return;
    pen.lineTo(...place(moved));
    pen.stroke();
  });
  const changed = () => form.dispatchEvent(new Event("input"));
  canvas.addEventListener("pointerup", changed);
  document.getElementById("clear").addEventListener("click", () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    changed();
  });
}

// Names that begin with __ would reach into the object's prototype; Object.create(null) has none.
function eventOf() {
  if (canvas) return pixelsOf();
  if (form.dataset.form === "vector") return fields.map((field) => valueOf(field) ?? null);
  const event = Object.create(null);
  for (const field of fields) {
    const path = JSON.parse(field.dataset.path);
    const value = valueOf(field);
    let holder = event;
    for (const token of path.slice(0, -1)) holder = holder[token] ??= Object.create(null);
    if (value !== undefined) holder[path.at(-1)] = value;
  }
  return event;
}

function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

// The line never holds the key itself, and of an image only the file's name.
function curlLine(event) {
  const header = credential ? ` \\\n  -H "${credential.dataset.curl}"` : "";
  const picked = fields.find((field) => field.type === "file");
  if (picked) {
    const shown = (name, value) => (value && value === pictures.get(picked) ? "%s" : value);
    const text = JSON.stringify(event, shown).replaceAll("%", "%%").replace('"%%s"', '"%s"');
    const file = quoted(picked.files[0]?.name ?? "photograph.jpg");
    return `printf ${quoted(text)} "$(base64 -w0 ${file})" | \\\n  curl -sS ${quoted(endpoint)}${header} \\\n  --json @-`;
  }
  return `curl -sS ${quoted(endpoint)}${header} \\\n  --json ${quoted(JSON.stringify(event))}`;
}

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function number(value) {
  return Number.isInteger(value) ? String(value) : value.toPrecision(6);
}

function table(caption, rows) {
  const made = document.createElement("table");
  made.append(element("caption", caption));
  for (const [name, value] of rows) {
    const row = made.insertRow();
    const head = element("th", name);
    head.scope = "row";
    row.append(head, element("td", number(value), `value ${value < 0 ? "minus" : "plus"}`));
  }
  return made;
}

function scoresOf(prediction) {
  if ("score" in prediction) return [element("p", number(prediction.score), "score")];
  const all = Object.entries(prediction.scores);
  if (all.length <= MOST_SCORES) return [table("Scores", all)];
  const highest = all.sort(([, one], [, other]) => other - one).slice(0, MOST_SCORES);
  return [table(`The ${MOST_SCORES} highest of ${all.length} scores`, highest)];
}

function show(prediction) {
  const parts = scoresOf(prediction);
  if ("label" in prediction) parts.unshift(element("p", `Label: ${prediction.label}`));
  parts.push(element("p", `Model version ${prediction.model.version}, ${prediction.model.variant}`, "faint"));
  parts.push(element("p", `Prediction ${prediction.prediction_id}`, "faint"));
  if (prediction.attributions) {
    const top = prediction.attributions.top.map(({ feature, value }) => [feature, value]);
    parts.push(table("What moved the score most", [...top, ["all others", prediction.attributions.rest]]));
  }
  answer.replaceChildren(...parts);
}

// A problem's path names the member; the field that has it gets the message and the focus.
function refuse(problem, status) {
  const where = problem.path ? ` (${problem.path})` : "";
  answer.replaceChildren(element("p", `${problem.code ?? status}: ${problem.detail ?? problem.message ?? "no details"}${where}`, "error"));
  const field = fields.find((one) => problem.path && one.dataset.pointer === problem.path);
  if (field) {
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }
}

async function send(query, body) {
  const headers = { "content-type": "application/json", accept: "application/json" };
  if (credential && credential.value) headers[credential.dataset.header] = credential.dataset.prefix + credential.value;
  const response = await fetch(endpoint + query, { method: "POST", headers, body });
  return [response, await response.json().catch(() => ({}))];
}

form.addEventListener("submit", async (submitted) => {
  submitted.preventDefault();
  fields.forEach((field) => field.removeAttribute("aria-invalid"));
  const body = JSON.stringify(eventOf());
  try {
    let [response, found] = await send(form.dataset.explained === "true" ? "?attributions=true" : "", body);
    if (response.status === 422) [response, found] = await send("", body); // a model without attributions
    if (response.ok) show(found);
    else refuse(found, response.status);
  } catch (error) {
    refuse({ code: "No answer", detail: String(error.message) }, 0);
  }
});

function dataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}

async function smaller(file) {
  const image = await createImageBitmap(file);
  const share = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * share);
  canvas.height = Math.round(image.height * share);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", 0.92); });
}

// What is chosen is shown next to its name. A file that the browser cannot read is sent as it is: the endpoint says why.
async function picture(field) {
  const [file] = field.files;
  const preview = form.querySelector("img");
  pictures.delete(field);
  preview.hidden = true;
  if (file) {
    const sent = file.size > LARGEST_FILE ? await smaller(file).catch(() => file) : file;
    const url = await dataUrl(sent);
    if (field.files[0] !== file) return; // another one was chosen meanwhile
    pictures.set(field, url.slice(url.indexOf(",") + 1));
    preview.src = url;
    preview.alt = `The chosen file: ${file.name}`;
    preview.hidden = false;
  }
  curl.textContent = curlLine(eventOf());
}

for (const field of fields.filter((one) => one.type === "file")) {
  field.after(Object.assign(document.createElement("img"), { hidden: true, alt: "" }));
  field.addEventListener("change", () => picture(field));
}

form.addEventListener("input", () => { curl.textContent = curlLine(eventOf()); });
curl.textContent = curlLine(eventOf());

document.getElementById("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(curl.textContent);
    copied.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(curl);
    copied.textContent = "Selected: copy it with your keyboard.";
  }
});
