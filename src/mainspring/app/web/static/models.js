// Asking a version while its row is being moved: the answer, why, what would turn it; and what matters most.

import { ask, tell, all } from "./console-asking.js";
import { measured, number, signed } from "./figures.js";

const SVG = "http://www.w3.org/2000/svg";

function made(tag, words = "", kind = "") {
  const element = document.createElement(tag);
  if (words !== "") element.textContent = words;
  if (kind) element.className = kind;
  return element;
}

const figure = (value) => (value === null || value === undefined ? "—" : typeof value === "number" ? number(value) : String(value));
const cellWords = (value) => (value === null || value === undefined || value === "" ? "missing" : figure(value));

function bar(share, kind = "") {
  const svg = document.createElementNS(SVG, "svg"), rect = document.createElementNS(SVG, "rect");
  for (const [name, value] of [["class", "bar-line"], ["width", "100%"], ["height", "12"], ["viewBox", "0 0 100 12"], ["preserveAspectRatio", "none"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
  for (const [name, value] of [["class", "bar-fill " + kind], ["width", String(Math.max(Math.min(share, 1), 0) * 100)], ["height", "12"], ["rx", "1"]]) rect.setAttribute(name, value);
  svg.append(rect);
  return svg;
}

function bars(rows, kind = "") {
  const list = made("ol", "", "bars " + kind);
  for (const { name, more, share, words, side } of rows) {
    const item = made("li"), label = made("span", name, "bar-name");
    label.title = more ? `${name}: ${more}` : name;
    if (more) label.append(" ", made("small", more));
    item.append(label, bar(share, side), made("span", words, "num"));
    list.append(item);
  }
  return list;
}

function problem(error) {
  const place = made("p", error.found || error.message, "problem");
  if (error.fix) place.append(made("small", error.fix));
  return place;
}

document.querySelector(".tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

for (const frame of all(".timeline-frame")) frame.scrollLeft = frame.scrollWidth;

// ---- What matters most

for (const place of all("[data-importance]")) {
  place.replaceChildren(made("p", "It is being worked out: the model is opened, and asked about rows that stand for the data …", "waiting-line"));
  ask("GET", place.dataset.importance).then((found) => {
    const pairs = Object.entries(found.means), most = Math.max(...pairs.map(([, value]) => value), 0);
    place.replaceChildren(
      made("p", `Mean size of what each column adds to the ${found.about}, on ${found.rows} rows (${found.method}).`, "quiet"),
      bars(pairs.slice(0, 30).map(([name, value]) => ({ name, share: most ? value / most : 0, words: measured(value) }))),
    );
    if (pairs.length > 30) place.append(made("p", `and ${pairs.length - 30} more columns`, "quiet"));
  }).catch((error) => place.replaceChildren(problem(error)));
}

// ---- The text of a file as evidence

for (const input of all("input[data-into]")) {
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file) return;
    if (file.size > 1_000_000) return tell("The file is larger than 1 MB: keep it elsewhere, and give its address", true);
    input.form.elements[input.dataset.into].value = await file.text();
    if (!input.form.elements.comment.value) input.form.elements.comment.value = file.name;
  });
}

// ---- What if

const form = document.querySelector("form[data-what-if]");

function whatIf() {
  const path = form.dataset.whatIf, side = (name) => form.querySelector(`[data-${name}]`);
  const cells = all("[data-cell]", form).map((item) => ({
    item, name: item.dataset.cell, kind: item.dataset.kind,
    input: item.querySelector("select,input:not(.slide)"), slide: item.querySelector(".slide"), from: item.querySelector(".from"),
  }));
  const first = new Map(cells.map((cell) => [cell.name, cell.input.value]));
  const wanted = form.querySelector("[data-wanted]");
  let asked = 0, later, kept, last;

  const row = () => Object.fromEntries(cells.map(({ name, input, kind }) => [name, input.value === "" && kind !== "text" ? null : input.value]));

  function mark() {
    for (const { name, input, item, from } of cells) {
      const changed = input.value !== first.get(name);
      item.classList.toggle("changed", changed);
      from.hidden = !changed;
      from.textContent = changed ? `before: ${cellWords(first.get(name))}` : "";
    }
  }

  function showAnswer(found) {
    const place = side("answer");
    place.replaceChildren(made("p", found.answer, "figure-big"));
    const shares = Object.entries(found.probabilities);
    if (wanted) {
      const before = wanted.value, others = shares.map(([name]) => name).filter((name) => name !== found.answer);
      wanted.replaceChildren(...others.map((name) => new Option(name)));
      if (others.includes(before)) wanted.value = before;
    }
    if (shares.length) place.append(bars(shares.slice(0, 8).map(([name, share]) => ({ name, share, words: (share * 100).toFixed(1) + " %" }))));
    if (found.cutoff !== null) place.append(made("p", `The positive class is answered from ${figure(found.cutoff)} on.`, "quiet"));
    for (const flag of found.flags) place.append(made("p", `The assertion ${flag} was met by this row.`, "held-text"));
    for (const note of found.notes) place.append(made("p", note + ".", "quiet"));
    side("took").textContent = `${(found.seconds * 1000).toFixed(1)} ms`;
    side("turn").hidden = false;
    form.querySelector("[data-keep]").hidden = false;
  }

  const score = (found, name) => (found.value !== null ? found.value : found.probabilities[name] ?? 0);

  function showBoth() {
    side("both").hidden = !kept;
    if (!kept || !last) return;
    const place = side("difference"), now = row(), name = Object.keys(kept.found.probabilities)[0];
    const apart = score(last, name) - score(kept.found, name);
    const told = made("p");
    told.append(made("b", kept.found.answer), " → ", made("b", last.answer), ` (${name ? name + " " : ""}${signed(apart)})`);
    const changed = cells.filter((cell) => now[cell.name] !== kept.row[cell.name]);
    const list = made("ul", "", "plain-list");
    for (const cell of changed) list.append(made("li", `${cell.name}: ${cellWords(kept.row[cell.name])} → ${cellWords(now[cell.name])}`));
    place.replaceChildren(told, changed.length ? list : made("p", "The same row so far: change a value.", "quiet"));
  }

  function showWhy(found) {
    side("why").hidden = false;
    side("about").textContent = found.about;
    const most = Math.max(...found.parts.map((part) => Math.abs(part.amount)), 0);
    const rows = found.parts.slice(0, 12).map((part) => ({
      name: part.column, more: part.value, share: most ? Math.abs(part.amount) / most : 0,
      words: signed(Math.abs(part.amount) > most * 1e-6 ? part.amount : 0), side: part.amount >= 0 ? "" : "less",
    }));
    const place = side("parts");
    place.replaceChildren(bars(rows, "signed"), made("p", `From ${measured(found.base)}, where nothing is known of a row, to ${measured(found.outcome)}.`, "quiet"));
    if (found.parts.length > 12) place.append(made("p", `and ${found.parts.length - 12} more columns`, "quiet"));
  }

  async function answer() {
    const mine = ++asked, given = row();
    mark();
    const slow = setTimeout(() => { if (!last) side("answer").replaceChildren(made("p", "The model is being opened; it answers in a moment …", "waiting-line")); }, 250);
    try {
      const found = await ask("POST", path + "/predict", { row: given });
      if (mine !== asked) return;
      last = found;
      showAnswer(found);
      showBoth();
      const why = await ask("POST", path + "/explain", { row: given }).catch(() => null);
      if (mine === asked && why) showWhy(why);
    } catch (error) {
      if (mine === asked) side("answer").replaceChildren(problem(error));
    } finally {
      clearTimeout(slow);
    }
  }

  function put(changes) {
    for (const change of changes) {
      const cell = cells.find((one) => one.name === change.column);
      cell.input.value = change.after === null ? "" : String(change.after);
      if (cell.slide && change.after !== null) cell.slide.value = String(change.after);
    }
    answer();
  }

  function way(one, more) {
    const item = made("li");
    item.append(made("span", one.changes.map((change) => `${change.column}: ${cellWords(change.before)} → ${cellWords(change.after)}`).join("; ")));
    const told = made("p", `then ${one.answer} (${figure(one.score)})${more}`, "quiet");
    const button = made("button", "Put it in", "button small");
    button.type = "button";
    button.addEventListener("click", () => put(one.changes));
    item.append(told, button);
    return item;
  }

  function showSwings(found, place) {
    const pairs = Object.entries(found.swings).slice(0, 12), most = pairs.length ? pairs[0][1] : 0;
    place.replaceChildren(
      made("p", "How far the answer moves while one column alone takes the values that the data have.", "quiet"),
      bars(pairs.map(([name, swing]) => ({ name, share: most ? swing / most : 0, words: measured(swing > most * 1e-6 ? swing : 0) }))),
    );
    if (!pairs.length) place.append(...found.notes.map((note) => made("p", note + ".", "quiet")));
  }

  async function otherwise(button) {
    const place = side("ways");
    button.setAttribute("aria-busy", "true");
    place.replaceChildren(made("p", "It is being looked for …", "waiting-line"));
    try {
      const found = await ask("POST", path + "/otherwise", { row: row(), wanted: wanted ? wanted.value : "" });
      place.replaceChildren();
      if (!found.wanted) return showSwings(found, place);
      if (found.alone.length) place.append(made("h3", "One column alone"));
      const alone = made("ul", "", "ways"), together = made("ul", "", "ways");
      alone.append(...found.alone.slice(0, 6).map((one) => way(one, "")));
      together.append(...found.together.map((one) => way(one, one.plausibility === null ? "" : `, plausibility ${one.plausibility.toFixed(2)}`)));
      place.append(alone);
      if (!found.alone.length) place.append(made("p", `No column alone leads to ${found.wanted}.`, "quiet"));
      if (found.together.length) place.append(made("h3", "Several together"), together);
      for (const note of found.notes) place.append(made("p", note + ".", "quiet"));
    } catch (error) {
      place.replaceChildren(problem(error));
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  for (const { input, slide } of cells) {
    if (slide) {
      slide.hidden = false;
      slide.addEventListener("input", () => { input.value = String(Number(Number(slide.value).toPrecision(6))); input.dispatchEvent(new Event("input", { bubbles: true })); });
      input.addEventListener("input", () => { if (document.activeElement !== slide && input.value !== "") slide.value = input.value; });
    }
    input.addEventListener("input", () => { clearTimeout(later); later = setTimeout(answer, 120); });
  }
  form.addEventListener("submit", (event) => { event.preventDefault(); answer(); });
  form.querySelector("[data-keep]").addEventListener("click", () => {
    kept = { row: row(), found: last };
    for (const cell of cells) first.set(cell.name, cell.input.value);
    mark();
    showBoth();
    tell("This row is A: change a value to see the difference");
  });
  form.querySelector("[data-forget]").addEventListener("click", () => { kept = undefined; showBoth(); });
  form.querySelector("[data-otherwise]").addEventListener("click", (event) => otherwise(event.currentTarget));
  answer();
}

if (form) whatIf();
