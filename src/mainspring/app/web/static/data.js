// The editor of schemas: what a text would mean, told while it is typed.
import { ask, address } from "./console-asking.js";

const text = document.getElementById("schema-text");
const place = document.getElementById("meaning");
let asked = 0, later;

function element(name, kind, ...inside) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.append(...inside);
  return made;
}

const counted = (many, word) => `${many} ${word}${many === 1 ? "" : "s"}`;

function problem(one) {
  const made = element("p", "problem");
  if (one.line) {
    const button = element("button", "button plain small", `line ${one.line}`);
    button.type = "button";
    button.dataset.line = one.line;
    made.append(button, " ");
  }
  made.append(one.message);
  return made;
}

function change(one) {
  const words = element("span", "grow", element("span", "strong", one.column || "the whole schema"));
  words.append(` ${one.kind === "changed" ? "" : one.kind} ${one.text}`);
  const made = element("li", "", words);
  if (one.effect !== "other") made.append(element("span", `badge ${one.effect === "looser" ? "ok" : "held"}`, one.effect));
  return made;
}

function anomaly(one, sign, kind) {
  return element("li", "", element("span", kind, sign), ` ${one.column} `, element("span", "quiet", one.split), `: ${one.text}`);
}

function meant(one) {
  const link = element("a", "", `${one.data} ${one.title}`);
  link.href = address(`/data/${encodeURIComponent(one.data)}/${one.version}`);
  const told = (pair) => `${counted(pair[0], "error")}, ${counted(pair[1], "warning")}`;
  const line = element("p", "", `${told(one.before)} → `, element("b", one.after[0] ? "no" : "yes", told(one.after)));
  if (one.partly) line.append(" ", element("span", "quiet", "in what changed"));
  const listed = element("ul", "");
  listed.append(...one.appear.slice(0, 8).map((each) => anomaly(each, "+", "no")));
  listed.append(...one.vanish.slice(0, 8).map((each) => anomaly(each, "−", "yes")));
  return element("div", "meant", element("h3", "", link), line, listed);
}

function show(found) {
  const parts = found.problems.map(problem);
  if (found.ok && !found.changes.length) parts.push(element("p", "quiet", "Nothing differs from what is saved."));
  if (found.changes.length) parts.push(element("ul", "list changes", ...found.changes.map(change)));
  parts.push(...found.notes.map((note) => element("p", "quiet", note)), ...found.meant.map(meant));
  place.replaceChildren(...parts);
}

async function check() {
  const mine = ++asked;
  try {
    const found = await ask("POST", "/data/schema-checks", { file: text.dataset.schema, text: text.value });
    if (mine === asked) show(found);
  } catch (error) {
    if (mine === asked) place.replaceChildren(element("p", "problem", error.found || "The console does not answer"));
  }
}

text?.addEventListener("input", () => {
  clearTimeout(later);
  later = setTimeout(check, 350);
});

function scrollTo(line) {
  text.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(text).lineHeight));
}

// The head only explains the keys: begin where the schema begins.
if (text) scrollTo(text.value.split("\n").findIndex((line) => line && !line.startsWith("#")) + 3);

// A tab is two blanks; Escape first lets the keyboard leave the editor.
let leaving = false;
text?.addEventListener("keydown", (event) => {
  if (event.key === "Escape") leaving = true;
  else if (event.key === "Tab" && !leaving && !event.shiftKey) {
    event.preventDefault();
    text.setRangeText("  ", text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  } else leaving = false;
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-line]");
  if (!button || !text) return;
  const lines = text.value.split("\n"), line = Number(button.dataset.line) - 1;
  const start = lines.slice(0, line).join("\n").length + (line ? 1 : 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[line] || "").length);
  scrollTo(line);
});
