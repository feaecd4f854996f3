// What the pictures of a comparison have in common: the values of the runs, what the address says, scales, colours.

import { address, all, ask, tell } from "./console-asking.js";
import { measured, number } from "./figures.js";

export { address, all, ask, tell };

document.documentElement.classList.add("scripted");

// ---- The address holds everything that is chosen

export const said = () => new URLSearchParams(location.search);

export function say(changes) {
  const query = said();
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const one of [value].flat()) if (one !== "" && one !== null && one !== undefined) query.append(name, one);
  }
  history.replaceState(history.state, "", location.pathname + "?" + query);
  for (const link of all(".tabs a")) {
    const view = new URL(link.href).searchParams.get("view");
    const there = new URLSearchParams(query);
    if (view) there.set("view", view); else there.delete("view");
    link.href = location.pathname + "?" + there;
  }
}

export function here(changes) {
  const query = said();
  for (const name of ["run", "last", "pipeline"]) query.delete(name);
  for (const one of changes.runs) query.append("run", one);
  return location.pathname + "?" + query;
}

// ---- Values: one column for each thing, one value for each run

export async function load() {
  const query = new URLSearchParams();
  for (const [name, value] of said()) if (["run", "last", "pipeline", "base"].includes(name)) query.append(name, value);
  query.set("differing", "false");
  const told = await ask("GET", "/compare?" + query);
  const columns = new Map(told.rows.map((row) => [row.key, { ...row, title: row.name }]));
  return { runs: told.runs, base: told.base, columns, main: told.main };
}

export function words(value, form) {
  if (value === null || value === undefined) return "—";
  if (form === "time") return new Date(value * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  if (form === "seconds") return value < 1 ? Math.round(value * 1000) + " ms" : value < 60 ? value.toFixed(1) + " s" : Math.floor(value / 60) + " min " + Math.round(value % 60) + " s";
  if (form === "digest") return String(value).replace(/\S+:(\w{8})\w+/g, "$1").replace(/\b([0-9a-f]{8})[0-9a-f]{32}/g, "$1");
  return typeof value === "number" ? (form === "measured" ? measured : number)(value) : String(value);
}

// How the values of a column are written.
export const formOf = (column) => (column.group === "metrics" && column.form === "number" ? "measured" : column.form);

export const numeric = (column) => ["number", "seconds", "time"].includes(column.form);

// Values over several powers of ten, such as learning rates, are told apart on a logarithmic axis only.
export function wide(column) {
  const known = column.values.filter((value) => typeof value === "number");
  return column.form === "number" && column.group === "parameters" && known.length > 0 && Math.min(...known) > 0 && Math.max(...known) >= 30 * Math.min(...known);
}

// ---- Scales: where a value is on an axis, from 0 to 1

export function scaleOf(column, log = false) {
  const known = column.values.filter((value) => value !== null && value !== undefined);
  if (numeric(column)) {
    const usable = log ? known.filter((value) => value > 0) : known;
    let low = Math.min(...usable), high = Math.max(...usable);
    if (!usable.length) [low, high] = [0, 1];
    if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
    const to = log ? Math.log10 : (value) => value, from = log ? (value) => 10 ** value : (value) => value;
    const [a, b] = [to(low), to(high)];
    return {
      column, log, low, high, count: 0,
      at: (value) => (value === null || value === undefined || (log && value <= 0) ? null : (to(value) - a) / (b - a)),
      value: (place) => from(a + place * (b - a)),
      ticks: log ? logTicks(low, high) : column.form === "time" ? evenly(low, high, 4) : ticksOf(low, high),
    };
  }
  const names = [...new Set(known.map(String))].sort((one, two) => one.localeCompare(two, undefined, { numeric: true }));
  const place = new Map(names.map((name, index) => [name, names.length === 1 ? 0.5 : index / (names.length - 1)]));
  return {
    column, log: false, low: 0, high: 1, count: names.length, names,
    at: (value) => (value === null || value === undefined ? null : place.get(String(value))),
    value: (where) => names[Math.round(where * (names.length - 1))] ?? "",
    ticks: names.length > 24 ? [] : names,
  };
}

export function ticksOf(low, high, most = 6) {
  const raw = (high - low) / most, size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * size).find((one) => one >= raw);
  const found = [];
  for (let value = Math.ceil(low / step - 1e-9) * step; value <= high + step * 1e-9; value += step) found.push(Math.abs(value) < step * 1e-9 ? 0 : value);
  return found;
}

export function logTicks(low, high) {
  const found = [];
  for (let power = Math.ceil(Math.log10(low) - 1e-9); power <= Math.log10(high) + 1e-9; power++) found.push(10 ** power);
  if (found.length > 1 && found.length < 4) return found.flatMap((one) => [one, 3 * one]).filter((one) => one <= high * 1.0001);
  return found.length > 1 ? found.filter((_, at) => at % Math.ceil(found.length / 7) === 0) : [low, high];
}

const evenly = (low, high, many) => Array.from({ length: many }, (_, at) => low + ((high - low) * at) / (many - 1));

// ---- Colours: of the palette, so that they hold by day and by night

const KINDS = ["accent", "second", "complete", "third", "lost", "cached", "held", "failed"];

export function colouring(column) {
  if (!column) return { of: () => "var(--accent)", legend: [] };
  const scale = scaleOf(column);
  if (numeric(column)) {
    return {
      of: (value) => (scale.at(value) === null ? "var(--edge)" : `color-mix(in oklab, var(--accent) ${(100 * scale.at(value)).toFixed(1)}%, var(--second))`),
      ends: [words(scale.low, formOf(column)), words(scale.high, formOf(column))],
    };
  }
  const place = new Map(scale.names.map((name, index) => [name, index]));
  return {
    of: (value) => (value === null || value === undefined ? "var(--edge)" : `var(--${KINDS[place.get(String(value)) % KINDS.length]})`),
    names: scale.names.slice(0, KINDS.length),
  };
}

export function legendOf(column, colours) {
  const box = document.createElement("span");
  box.className = "scale";
  if (!column) return box;
  if (colours.ends) {
    const bar = svg("svg", { width: 90, height: 8, "aria-hidden": "true" });
    for (let at = 0; at < 18; at++) {
      const part = svg("rect", { x: at * 5, width: 5, height: 8 });
      part.style.fill = `color-mix(in oklab, var(--accent) ${(100 * at) / 17}%, var(--second))`;
      bar.append(part);
    }
    box.append(colours.ends[0], bar, colours.ends[1]);
    return box;
  }
  for (const name of colours.names) {
    const mark = svg("svg", { width: 10, height: 10, "aria-hidden": "true" }, svg("circle", { cx: 5, cy: 5, r: 5 }));
    mark.firstChild.style.fill = colours.of(name);
    box.append(mark, name);
  }
  return box;
}

// ---- Making things

export function svg(name, attributes = {}, ...inside) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

export function element(name, properties = {}, ...inside) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...inside);
  return made;
}

const GROUPS = { metrics: "Metrics", parameters: "Parameters", run: "Run", data: "Data versions", code: "Code and model", environment: "Environment" };

export function fill(select, columns, { chosen = "", none = null, take = () => true } = {}) {
  select.replaceChildren();
  if (none !== null) select.append(element("option", { value: "", textContent: none }));
  for (const [group, title] of Object.entries(GROUPS)) {
    const some = [...columns.values()].filter((one) => one.group === group && take(one));
    if (!some.length) continue;
    const box = element("optgroup", { label: title });
    box.append(...some.map((one) => element("option", { value: one.key, textContent: one.title, selected: one.key === chosen })));
    select.append(box);
  }
}

export const varied = (column) => column.differs && !(column.form === "text" && new Set(column.values).size > 40);

export function soon(work) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; work(); });
  };
}

export function sized(stage, work) {
  let width = 0;
  new ResizeObserver(() => {
    if (Math.abs(stage.clientWidth - width) < 2) return;
    width = stage.clientWidth;
    work();
  }).observe(stage);
}

// ---- The tables: what is chosen is sent at once; what needs a choice is offered when there is one

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-at-once]");
  if (form && !event.target.closest(".picker")) form.requestSubmit();
});

document.addEventListener("click", (event) => {
  for (const open of all(".picker[open]")) if (!open.contains(event.target)) open.open = false;
  if (event.target.closest("[data-copy-address]")) navigator.clipboard.writeText(location.href).then(() => tell("The address of this view is copied"), () => tell("The browser did not let it be copied", true));
});

const rows = document.getElementById("compared-form");
if (rows) {
  const buttons = all(".chosen-tools button", rows);
  const chosen = () => all("input[name=keep]:checked", rows).map((one) => one.value);
  const offer = () => {
    const many = chosen().length;
    for (const one of buttons) {
      one.hidden = one.dataset.as === "base" ? many !== 1 : !many;
    }
  };
  rows.addEventListener("change", offer);
  rows.addEventListener("submit", (event) => {
    const as = event.submitter?.dataset.as;
    if (!as) return;
    event.preventDefault();
    const runs = all("input[name=keep]", rows).map((one) => one.value), some = new Set(chosen());
    if (as === "base") {
      const query = said();
      query.set("base", [...some][0]);
      location.assign(location.pathname + "?" + query);
    } else location.assign(here({ runs: runs.filter((one) => !some.has(one)) }));
  });
  offer();
}
