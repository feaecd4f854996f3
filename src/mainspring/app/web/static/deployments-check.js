// Checking a deployment file: its problems are listed with their lines, and what it would change.

import { all } from "./console-asking.js";
const place = document.getElementById("checked"), deploy = document.querySelector("form.deploy");

function made(name, text, kind = "") {
  const element = document.createElement(name);
  element.textContent = text;
  if (kind) element.className = kind;
  return element;
}

function problem(one) {
  const box = made("div", "", "found-problem");
  if (one.where) box.append(made("code", one.where));
  box.append(made("span", one.found));
  for (const [label, text] of [["Expected: ", one.expected], ["", one.fix]]) {
    if (text) box.append(made("small", label + text, "quiet block"));
  }
  return box;
}

function change(one) {
  const box = made("div", "", "change");
  box.append(made("h3", `${one.deployment}: ${one.kind}`));
  const lines = made("pre", "", "diff");
  for (const field of one.fields || []) {
    const sign = field.before === null ? ["+", "add"] : field.after === null ? ["-", "del"] : ["~", "at"];
    const said = [field.before, field.after].filter((each) => each !== null).map((each) => typeof each === "string" ? each : JSON.stringify(each));
    lines.append(made("span", `${sign[0]} ${field.path}: ${said.join(" → ")}\n`, sign[1]));
  }
  box.append(lines, ...(one.notes || []).map((note) => made("p", note, "notice warning")));
  return box;
}

document.addEventListener("sent", (event) => {
  if (!event.target.matches("form.check")) return;
  const found = event.detail.answer;
  place.hidden = false;
  place.replaceChildren(made("h2", found.said.split(": ")[0]), ...found.problems.map(problem), ...found.differences.map(change));
  if (deploy) deploy.hidden = !found.ok || !found.differences.length;
});

if (deploy) {
  deploy.hidden = true;
  const text = document.querySelector("form.check textarea");
  text.addEventListener("input", () => { all("textarea", deploy)[0].value = text.value; deploy.hidden = true; });
}
