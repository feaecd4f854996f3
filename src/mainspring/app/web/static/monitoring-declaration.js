// The monitoring file is checked while it is typed: what is wrong, with lines, and what would change.

import { ask } from "./console-asking.js";
const form = document.querySelector("[data-declaration]");

if (form) {
  const text = form.querySelector("textarea"), place = form.querySelector(".checked"), changed = form.querySelector("#changed");
  let later, asked = 0;

  const line = (words, quiet = "", name = "") => {
    const item = document.createElement("li");
    item.className = name;
    item.textContent = words;
    if (quiet) {
      const more = document.createElement("small");
      more.className = "quiet block";
      more.textContent = quiet;
      item.append(more);
    }
    return item;
  };

  const showDiff = (diff) => {
    changed.hidden = !diff;
    changed.querySelector("pre").replaceChildren(...diff.split("\n").map((words) => {
      const part = document.createElement("span");
      part.className = words.startsWith("+") ? "add" : words.startsWith("-") ? "del" : words.startsWith("@") ? "at" : "";
      part.textContent = words + "\n";
      return part;
    }));
  };

  const check = async () => {
    const mine = ++asked;
    const told = await ask("POST", "/monitoring/declaration/check", { text: text.value }).catch(() => null);
    if (!told || mine !== asked) return;
    const list = document.createElement("ul");
    list.className = "bullets";
    for (const one of told.problems) list.append(line(`${one.where ? one.where + ": " : ""}${one.found}`, [one.expected && "expected: " + one.expected, one.fix].filter(Boolean).join("; "), "no"));
    for (const one of told.warnings) list.append(line(one, "", "held-text"));
    if (told.ok) list.append(line("In order; it watches " + (told.models.join(", ") || "nothing") + (told.diff ? "" : ". Nothing is changed"), "", "yes"));
    place.replaceChildren(list);
    showDiff(told.diff);
    form.querySelector(".primary").disabled = !told.ok || !told.diff;
  };

  text.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(check, 350);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    // A new line begins as deep as the one before.
    const before = text.value.slice(0, text.selectionStart), depth = before.slice(before.lastIndexOf("\n") + 1).match(/^ */)[0];
    if (!depth) return;
    event.preventDefault();
    text.setRangeText("\n" + depth, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
  // What was saved is what the next change is held against.
  form.addEventListener("sent", (event) => {
    form.querySelector("[name=digest]").value = event.detail.answer.digest;
    check();
  });
  check();
}
