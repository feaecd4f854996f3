// Tables: sorted by a column, filtered by words, walked through by keys.

import { all } from "./console-asking.js";

function valueOf(row, column) {
  const cell = row.cells[column];
  if (!cell) return "";
  const text = cell.dataset.value ?? cell.querySelector("time")?.dateTime ?? cell.textContent.trim();
  const figure = Number(text.replace(/[,\s%]/g, ""));
  return text !== "" && Number.isFinite(figure) ? figure : text === "—" ? "" : text;
}

const headsOf = (table) => [...table.tHead.rows[table.tHead.rows.length - 1].cells];

function sort(table, column, down) {
  const heads = headsOf(table), sign = down ? -1 : 1, body = table.tBodies[0];
  for (const one of heads) one.removeAttribute("aria-sort");
  heads[column].setAttribute("aria-sort", down ? "descending" : "ascending");
  const rows = [...body.rows].map((row) => [valueOf(row, column), row]);
  rows.sort(([one], [two]) => (one === "") - (two === "") || sign * (typeof one === "number" && typeof two === "number" ? one - two : String(one).localeCompare(String(two))));
  body.append(...rows.map(([, row]) => row));
}

// How a table was sorted is kept with this page of the history: it is so again after a reload, a way back, an update.
export function sortable(table) {
  const heads = headsOf(table), name = heads.map((one) => one.textContent.trim()).join("|");
  heads.forEach((head, column) => {
    if (head.dataset.sort === "no" || head.querySelector("button,a,input") || !head.textContent.trim()) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending" || (!head.hasAttribute("aria-sort") && head.classList.contains("num"));
      sort(table, column, down);
      history.replaceState({ ...history.state, sorted: { ...history.state?.sorted, [name]: [column, down] } }, "");
    });
  });
  const kept = history.state?.sorted?.[name];
  if (kept) sort(table, ...kept);
}

export function filter(box) {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  const target = document.getElementById(box.dataset.filter);
  let shown = 0;
  for (const row of target.tBodies ? target.tBodies[0].rows : target.children) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    shown += !row.hidden;
  }
  const count = document.querySelector(`[data-count="${box.dataset.filter}"]`);
  if (count) count.textContent = `${shown} shown`;
}

document.addEventListener("input", (event) => {
  const box = event.target.closest("[data-filter]");
  if (box) filter(box);
});

// Words that were typed before a way back or an update hold again.
function filterAgain() {
  for (const box of all("[data-filter]")) if (box.value) filter(box);
}
addEventListener("pageshow", filterAgain);
document.addEventListener("fresh", filterAgain);

export function walk(step) {
  const rows = all("table[data-rows] tbody tr").filter((row) => !row.hidden && row.offsetParent);
  if (!rows.length) return;
  const focused = rows.findIndex((row) => row.contains(document.activeElement));
  const at = focused < 0 ? rows.findIndex((row) => row.hasAttribute("data-here")) : focused;
  const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  for (const row of rows) row.removeAttribute("data-here");
  next.setAttribute("data-here", "");
  next.querySelector("a")?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}
