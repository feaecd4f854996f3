// Answers with the model of this folder, in the browser: no row leaves it.
import { Model } from "./model.js";

const at = (id) => document.getElementById(id);
const [answer, next] = [document.querySelector("button[type=submit]"), at("next")];
let model, example = 0;

function control(field) {
  const domain = field.datatype === "BOOL" ? [true, false] : field.domain;
  const made = document.createElement(domain ? "select" : "input");
  for (const value of domain ? ["", ...domain] : []) made.add(new Option(value === "" ? "–" : value, value));
  if (!domain && field.datatype !== "BYTES") made.inputMode = "decimal";
  made.name = field.name;
  made.dataset.field = field.name;
  return made;
}

function fill(row) {
  for (const made of document.querySelectorAll("[data-field]")) {
    const value = row[made.dataset.field];
    made.value = value === null || value === undefined ? "" : String(value);
  }
}

function row() {
  const found = {};
  for (const made of document.querySelectorAll("[data-field]")) {
    made.removeAttribute("aria-invalid");
    found[made.dataset.field] = made.value === "" ? null : made.value;
  }
  return found;
}

function show(outputs) {
  const lines = Object.entries(outputs).map(([name, value]) => {
    const line = document.createElement("tr");
    line.append(document.createElement("th"), document.createElement("td"));
    line.children[0].textContent = name;
    line.children[0].scope = "row";
    line.children[1].textContent = typeof value === "number" ? Number(value.toPrecision(6)) : value;
    return line;
  });
  at("answer").replaceChildren(...lines);
}

async function ask(event) {
  event?.preventDefault();
  try {
    const began = performance.now();
    const [outputs] = await model.answer([row()]);
    at("took").textContent = `${(performance.now() - began).toFixed(1)} ms in this browser`;
    show(outputs);
  } catch (error) {
    for (const name of error.fields ?? [])
      document.querySelector(`[data-field=${CSS.escape(name)}]`).setAttribute("aria-invalid", "true");
    at("took").textContent = error.message;
    at("answer").replaceChildren();
  }
}

async function start() {
  model = await Model.load(new URL(".", import.meta.url));
  const told = model.described;
  document.title = at("name").textContent = `${told.name} ${told.version}`;
  at("about").textContent = `${told.task}, ${told.inputs.length} inputs; computed here, no row leaves this page`;
  if (told.assertions.length) {
    at("warning").textContent =
      `Servers hold the answers of this model to ${told.assertions.join(", ")}; this page shows what it says by itself.`;
    at("warning").hidden = false;
  }
  for (const field of told.inputs) {
    const label = document.createElement("label");
    label.append(field.name, control(field));
    at("fields").append(label);
  }
  next.addEventListener("click", () => { fill(told.examples[(example += 1) % told.examples.length]); ask(); });
  document.querySelector("form").addEventListener("submit", ask);
  fill(told.examples[0] ?? {});
  answer.disabled = false;
  next.disabled = told.examples.length < 2;
  await ask();
}

start().catch((error) => { at("about").textContent = `The model could not be loaded: ${error.message}`; });
