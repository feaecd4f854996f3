// Curves: what runs logged, over steps, epochs or time; smoothed, grouped, on plain or logarithmic axes.

import { address, ask, element, fill, load, logTicks, said, say, sized, soon, ticksOf, words } from "./comparing.js";

const HEIGHT = 440, LEFT = 66, RIGHT = 18, TOP = 14, BOTTOM = 44, GRID = 160, LISTED = 60;
const KINDS = ["accent", "second", "complete", "third", "lost", "cached", "held", "failed"];
const names = new Intl.Collator(undefined, { numeric: true });
const find = (id) => document.getElementById("curves-" + id);
const canvas = document.getElementById("curves"), stage = canvas.parentNode, tip = find("tip");

const data = await load(), { runs, columns } = data;
const state = {
  metric: said().get("metric") || "", over: said().get("over") || "step", group: said().get("group") || "",
  smooth: Number(said().get("smooth") || 0), log: new Set((said().get("log") || "").split("|").filter(Boolean)),
  curves: [], kinds: [], shown: [], here: -1, out: new Set(), palette: {},
};
let told, frame;

// ---- What there is

async function read() {
  const query = new URLSearchParams();
  for (const [name, value] of said()) if (["run", "last", "pipeline"].includes(name)) query.append(name, value);
  if (state.metric) query.set("metric", state.metric);
  told = await ask("GET", "/compare/curves?" + query);
  state.metric = told.metric;
  const names = Object.keys(told.metrics);
  find("card").hidden = find("list").hidden = !names.length;
  find("empty").hidden = names.length > 0;
  const select = find("metric");
  select.replaceChildren(...names.map((name) => element("option", { value: name, textContent: told.metrics[name] < runs.length ? `${name} (${told.metrics[name]} runs)` : name, selected: name === state.metric })));
  find("over").querySelector("[value=epoch]").disabled = !told.curves.some((one) => one.epochs.length);
  find("over").querySelector("[value=time]").disabled = !told.curves.some((one) => one.seconds.length);
  if (find("over").querySelector(`[value=${state.over}]`)?.disabled) state.over = "step";
  find("over").value = state.over;
  prepare();
}

function remember() {
  say({ metric: state.metric, over: state.over === "step" ? "" : state.over, group: state.group, smooth: state.smooth || "", log: [...state.log].join("|") });
}

// ---- From what was logged to what is drawn

const across = (curve) => (state.over === "epoch" ? curve.epochs : state.over === "time" ? curve.seconds : curve.steps);

// An exponential moving average, corrected for its start at nothing (Kingma and Ba, 2015).
function smoothed(values, weight) {
  if (!weight) return values;
  let last = 0, seen = 0;
  return values.map((value) => {
    if (value === null) return null;
    last = last * weight + (1 - weight) * value;
    seen += 1;
    return last / (1 - weight ** seen);
  });
}

function prepare() {
  const column = columns.get(state.group), place = new Map(runs.map((run, index) => [run.run, index]));
  const usable = told.curves.filter((one) => across(one).length === one.values.length && one.values.length);
  state.curves = usable.map((one) => ({ ...one, x: across(one), kind: column ? String(column.values[place.get(one.run)] ?? "—") : one.run }));
  const kinds = state.kinds = [...new Set(state.curves.map((one) => one.kind))].sort(names.compare);
  const colour = new Map(kinds.map((kind, index) => [kind, KINDS[index % KINDS.length]]));
  const dash = new Map(kinds.map((kind, index) => [kind, [[], [7, 4], [2, 3], [9, 3, 2, 3]][Math.floor(index / KINDS.length) % 4]]));
  for (const one of state.curves) [one.colour, one.dash] = [`var(--${colour.get(one.kind)})`, dash.get(one.kind)];
  if (!column && kinds.length > KINDS.length) shade();
  combine();
  list();
}

// What is drawn: every curve that is not left out, or a mean for each group; smoothed as the reader asks.
function combine() {
  const column = columns.get(state.group);
  for (const one of state.curves) one.y = smoothed(one.values, state.smooth);
  state.shown = column ? state.kinds.map((kind) => grouped(kind, state.curves.filter((one) => one.kind === kind && !state.out.has(one.run)))).filter(Boolean) : state.curves.filter((one) => !state.out.has(one.run));
  legend();
  drawSoon();
}

// Which colour stands for which group; runs have theirs in the table.
function legend() {
  if (!state.group) return find("told").replaceChildren();
  find("told").replaceChildren(...state.shown.flatMap((one) => {
    const swatch = element("span", { className: "swatch" });
    swatch.style.background = one.colour;
    return [element("span", { className: "kind" }, swatch, `${one.kind} (${one.many})`), " "];
  }), element("span", { className: "quiet", textContent: "mean, and one standard deviation on both sides" }));
}

// More curves than colours that can be told apart: coloured by their last value, from the least to the greatest.
function shade() {
  const sorted = state.curves.slice().sort((one, two) => last(one) - last(two));
  sorted.forEach((one, at) => [one.colour, one.dash] = [mixed(at / Math.max(sorted.length - 1, 1)), []]);
}

function mixed(part) {
  const [one, two] = ["second", "accent"].map((name) => state.palette[name].match(/[0-9a-f]{2}/gi).map((each) => parseInt(each, 16)));
  return `rgb(${one.map((each, at) => Math.round(each + (two[at] - each) * part)).join(" ")})`;
}

// The mean of a group at common places, with one standard deviation on both sides.
function grouped(kind, curves) {
  if (!curves.length) return null;
  const low = Math.min(...curves.map((one) => one.x[0])), high = Math.max(...curves.map((one) => one.x[one.x.length - 1]));
  const x = [], mean = [], least = [], most = [];
  const cursors = curves.map(() => 0);
  for (let at = 0; at < GRID; at++) {
    const place = low + ((high - low) * at) / (GRID - 1), found = [];
    curves.forEach((one, index) => {
      if (place < one.x[0] || place > one.x[one.x.length - 1]) return;
      while (cursors[index] < one.x.length - 2 && one.x[cursors[index] + 1] < place) cursors[index]++;
      const left = cursors[index], [a, b] = [one.y[left], one.y[Math.min(left + 1, one.y.length - 1)]];
      if (a === null || b === null) return;
      const wide = one.x[left + 1] - one.x[left];
      found.push(wide > 0 ? a + ((b - a) * (place - one.x[left])) / wide : a);
    });
    if (!found.length) continue;
    const middle = found.reduce((one, two) => one + two, 0) / found.length;
    const spread = Math.sqrt(found.reduce((sum, one) => sum + (one - middle) ** 2, 0) / found.length);
    x.push(place); mean.push(middle); least.push(middle - spread); most.push(middle + spread);
  }
  return { run: kind, kind, x, y: mean, least, most, colour: curves[0].colour, dash: curves[0].dash, many: curves.length };
}

// ---- Drawing

function colours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of [...KINDS, "ink", "quiet", "line", "edge", "surface"]) state.palette[name] = style.getPropertyValue("--" + name).trim();
}

function bounds() {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const one of state.shown) {
    for (let at = 0; at < one.x.length; at++) {
      const x = one.x[at], y = one.y[at];
      if (y === null || (state.log.has("x") && x <= 0) || (state.log.has("y") && y <= 0)) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      const [least, most] = one.least && !state.log.has("y") ? [one.least[at], one.most[at]] : [y, y];
      if (least < low) low = least;
      if (most > high) high = most;
    }
  }
  if (left > right) [left, right, low, high] = [0, 1, 0, 1];
  if (left === right) right = left + 1;
  if (low === high) [low, high] = [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  if (state.log.has("y") && low <= 0) low = high / 1000;
  return { left, right, low, high };
}

function scale(low, high, from, to, log) {
  if (!log) return (value) => from + ((value - low) / (high - low)) * (to - from);
  const [a, b] = [Math.log(low), Math.log(high)];
  return (value) => (value > 0 ? from + ((Math.log(value) - a) / (b - a || 1)) * (to - from) : NaN);
}

function draw() {
  const began = performance.now();
  const width = Math.max(stage.clientWidth, 280), dots = Math.min(devicePixelRatio || 1, 2);
  if (canvas.width !== Math.round(width * dots) || canvas.height !== HEIGHT * dots) {
    [canvas.width, canvas.height] = [Math.round(width * dots), HEIGHT * dots];
    [canvas.style.width, canvas.style.height] = [width + "px", HEIGHT + "px"];
  }
  const pen = canvas.getContext("2d"), { left, right, low, high } = bounds(), p = state.palette;
  const x = scale(left, right, LEFT, width - RIGHT, state.log.has("x")), y = scale(low, high, HEIGHT - BOTTOM, TOP, state.log.has("y"));
  frame = { x, y };
  pen.setTransform(dots, 0, 0, dots, 0, 0);
  pen.clearRect(0, 0, width, HEIGHT);
  pen.font = "11.5px system-ui, sans-serif";
  pen.lineWidth = 1;
  pen.strokeStyle = p.line;
  pen.fillStyle = p.quiet;
  pen.textAlign = "right";
  for (const tick of state.log.has("y") ? logTicks(low, high) : ticksOf(low, high)) {
    rule(pen, LEFT, y(tick), width - RIGHT, y(tick));
    pen.fillText(words(tick), LEFT - 8, y(tick) + 4);
  }
  pen.textAlign = "center";
  for (const tick of state.log.has("x") ? logTicks(left, right) : ticksOf(left, right, Math.max(3, Math.floor(width / 110)))) {
    rule(pen, x(tick), TOP, x(tick), HEIGHT - BOTTOM);
    pen.fillText(words(tick, state.over === "time" ? "seconds" : "number"), x(tick), HEIGHT - BOTTOM + 17);
  }
  pen.fillText(state.over, LEFT + (width - LEFT - RIGHT) / 2, HEIGHT - 8);
  pen.save();
  pen.beginPath();
  pen.rect(LEFT, TOP - 4, width - LEFT - RIGHT, HEIGHT - TOP - BOTTOM + 8);
  pen.clip();
  pen.lineJoin = "bevel";
  const faint = state.shown.length > 12;
  state.shown.forEach((one, at) => at === state.here || stroke(pen, one, x, y, { alpha: state.here >= 0 ? 0.22 : faint ? 0.7 : 0.95, wide: faint ? 1 / dots : 2 }));
  if (state.here >= 0 && state.shown[state.here]) stroke(pen, state.shown[state.here], x, y, { alpha: 1, wide: 3.2 });
  pen.restore();
  canvas.dataset.drawn = (performance.now() - began).toFixed(1);
}

function rule(pen, x1, y1, x2, y2) {
  pen.beginPath();
  pen.moveTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
  pen.lineTo(Math.round(x2) + 0.5, Math.round(y2) + 0.5);
  pen.stroke();
}

function stroke(pen, one, x, y, { alpha, wide }) {
  pen.strokeStyle = pen.fillStyle = one.colour.startsWith("var") ? state.palette[one.colour.slice(6, -1)] : one.colour;
  if (one.least) {
    pen.globalAlpha = 0.16 * alpha;
    pen.beginPath();
    one.x.forEach((place, at) => pen.lineTo(x(place), y(one.most[at])));
    for (let at = one.x.length - 1; at >= 0; at--) pen.lineTo(x(one.x[at]), y(state.log.has("y") ? Math.max(one.least[at], 1e-12) : one.least[at]));
    pen.fill();
  }
  pen.globalAlpha = alpha;
  pen.lineWidth = wide;
  pen.setLineDash(one.dash);
  pen.beginPath();
  let gap = true;
  for (let at = 0; at < one.x.length; at++) {
    const value = one.y[at], px = value === null ? NaN : x(one.x[at]), py = value === null ? NaN : y(value);
    if (Number.isNaN(px) || Number.isNaN(py)) { gap = true; continue; }
    gap ? pen.moveTo(px, py) : pen.lineTo(px, py);
    gap = false;
  }
  pen.stroke();
  if (one.x.length === 1 && one.y[0] !== null) { pen.beginPath(); pen.arc(x(one.x[0]), y(one.y[0]), 3.5, 0, 7); pen.fill(); }
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

const drawSoon = soon(draw);

// ---- Pointing at curves

let pointed;
const pointSoon = soon(() => {
  const box = canvas.getBoundingClientRect(), px = pointed.clientX - box.left, py = pointed.clientY - box.top;
  let best = -1, nearest = 16, spot = 0;
  state.shown.forEach((one, index) => {
    let low = 0, high = one.x.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (frame.x(one.x[middle]) < px) low = middle; else high = middle;
    }
    for (const at of [low, high]) {
      if (one.y[at] === null) continue;
      const gap = Math.abs(frame.y(one.y[at]) - py) + Math.max(0, Math.abs(frame.x(one.x[at]) - px) - 12);
      if (gap < nearest) [nearest, best, spot] = [gap, index, at];
    }
  });
  show(best, spot);
});

function show(at, spot = null) {
  if (at !== state.here) {
    state.here = at;
    drawSoon();
    for (const row of find("runs").rows) row.classList.toggle("here", at >= 0 && row.dataset.run === state.shown[at].run);
  }
  tip.hidden = at < 0 || spot === null;
  canvas.style.cursor = at >= 0 && !state.group ? "pointer" : "";
  if (tip.hidden) return;
  const one = state.shown[at];
  tip.textContent = `${one.run}${one.many ? ` (mean of ${one.many})` : ""}: ${words(one.y[spot])} at ${state.over} ${words(one.x[spot], state.over === "time" ? "seconds" : "number")}`;
  const left = frame.x(one.x[spot]);
  tip.style.left = Math.min(left + 12, stage.clientWidth - 200) + "px";
  tip.style.top = Math.max(4, frame.y(one.y[spot]) - 44) + "px";
}

// ---- The runs as a table, which is also the legend

function list() {
  const better = columns.get("metrics." + state.metric)?.better ?? (/loss|error/i.test(state.metric) ? "lower" : "higher");
  const pick = better === "lower" ? Math.min : Math.max;
  const cell = (text, name = "td", kind = "num") => element(name, { textContent: text, className: kind });
  const some = state.curves.slice().sort((one, two) => (better === "lower" ? 1 : -1) * (last(one) - last(two)));
  find("count").textContent = `${state.curves.length} curves${some.length > LISTED ? `, the ${LISTED} best by their last value` : ""}`;
  find("runs").replaceChildren(...some.slice(0, LISTED).map((one) => {
    const box = element("input", { type: "checkbox", checked: !state.out.has(one.run) });
    box.setAttribute("aria-label", `Show ${one.run}`);
    box.addEventListener("change", () => { box.checked ? state.out.delete(one.run) : state.out.add(one.run); prepare(); });
    const swatch = element("span", { className: "swatch" });
    swatch.style.background = one.colour;
    const link = element("a", { href: address("/runs/" + encodeURIComponent(one.run)), textContent: one.run });
    const head = element("th", {}, box, swatch, link);
    head.scope = "row";
    const known = one.values.filter((value) => value !== null);
    const row = element("tr", { className: state.out.has(one.run) ? "out" : "" }, head, cell(one.step, "td", ""), cell(words(last(one), "measured")), cell(words(known.length ? pick(...known) : null, "measured")), cell(String(one.values.length)));
    row.dataset.run = one.run;
    const light = () => show(state.shown.findIndex((each) => each.run === one.run));
    row.addEventListener("pointerenter", light);
    row.addEventListener("pointerleave", () => show(-1));
    link.addEventListener("focus", light);
    return row;
  }));
}

const last = (one) => one.values.findLast((value) => value !== null) ?? NaN;

// ---- Controls

find("metric").addEventListener("change", (event) => { state.metric = event.target.value; remember(); read(); });
find("over").addEventListener("change", (event) => { state.over = event.target.value; remember(); prepare(); });
find("group").addEventListener("change", (event) => { state.group = event.target.value; remember(); prepare(); });
const combineSoon = soon(combine);
let settling;
find("smooth").addEventListener("input", (event) => {
  state.smooth = Number(event.target.value);
  sayingSmooth();
  combineSoon();
  clearTimeout(settling);
  settling = setTimeout(remember, 200);
});
function sayingSmooth() { find("smooth-told").textContent = state.smooth ? state.smooth.toFixed(2) : "none"; }
for (const name of ["x", "y"]) {
  const box = find("log-" + name);
  box.checked = state.log.has(name);
  box.addEventListener("change", () => { box.checked ? state.log.add(name) : state.log.delete(name); remember(); drawSoon(); });
}
canvas.addEventListener("pointermove", (event) => { pointed = event; pointSoon(); });
canvas.addEventListener("pointerleave", () => show(-1));
canvas.addEventListener("click", () => { if (state.here >= 0 && !state.group) location.assign(address("/runs/" + encodeURIComponent(state.shown[state.here].run))); });
document.addEventListener("fresh", (event) => { if (event.target.id === "live-runs") read(); });
new MutationObserver(() => { colours(); prepare(); }).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { colours(); prepare(); });

find("smooth").value = state.smooth;
sayingSmooth();
fill(find("group"), columns, { chosen: state.group, none: "no group", take: (one) => one.differs && one.group === "parameters" && new Set(one.values).size < Math.max(3, runs.length) });
colours();
await read();
sized(stage, drawSoon);
