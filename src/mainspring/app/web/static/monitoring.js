// Charts tell their values under the pointer, a finger, and by the arrow keys; all charts of a page follow one moment.
// What is pressed, or entered, leads to its window: by a finger the second time, since the first one only looks.

import { measured } from "./figures.js";

const tip = document.createElement("div");
tip.className = "plot-tip";
tip.hidden = true;
tip.setAttribute("role", "status");
document.body.append(tip);

const figure = (value) => (value === null || value === undefined ? "—" : measured(value));
const at = (values, place) => (Array.isArray(values) ? values[place] : values);
const stamp = (seconds) => new Date(seconds * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
const canvases = new WeakMap();

function plotOf(svg) {
  const home = svg.closest("[data-canvas]");
  if (!home) return null;
  if (!canvases.has(home)) canvases.set(home, JSON.parse(home.dataset.canvas));
  const canvas = canvases.get(home), values = canvas.plots[svg.dataset.plot];
  return values && { home, canvas, values };
}

function words({ canvas, values }, place) {
  const begin = canvas.since + place * canvas.width;
  const lines = [stamp(begin) + (values.a ? " to " + stamp(begin + canvas.width) : "")];
  if (values.v[place] === null) lines.push("not measured");
  else {
    lines.push((values.n ? values.n[0] + " " : "") + figure(values.v[place]));
    if (values.a && values.a[place] !== values.z[place]) lines.push(`windows from ${figure(values.a[place])} to ${figure(values.z[place])}`);
    if (values.l && at(values.l, place) !== null) lines.push(`95 %: ${figure(at(values.l, place))} to ${figure(at(values.h, place))}`);
  }
  if (values.b) lines.push(values.n[1] + " " + figure(values.b[place]));
  for (const [key, word] of [["f", "at least"], ["c", "at most"]]) {
    const limit = at(values[key], place);
    if (limit !== undefined && limit !== null) lines.push(`limit: ${word} ${figure(limit)}`);
  }
  return lines.join("\n");
}

const edges = (svg) => ["left", "right", "top", "bottom"].map((name) => Number(svg.dataset[name]));

function cross(home, place) {
  for (const path of document.querySelectorAll(".plot .cross[d]")) path.removeAttribute("d");
  if (!home) return;
  for (const svg of home.querySelectorAll("svg.plot")) {
    const [left, right, top, bottom] = edges(svg), columns = canvases.get(home).columns;
    svg.querySelector(".cross").setAttribute("d", `M${left + ((place + 0.5) / columns) * (right - left)} ${top}V${bottom}`);
  }
}

function show(svg, place) {
  const plot = plotOf(svg);
  svg.dataset.place = place;
  cross(plot.home, place);
  tip.textContent = words(plot, place);
  tip.hidden = false;
  const box = svg.getBoundingClientRect(), [left, right] = edges(svg), scale = box.width / svg.viewBox.baseVal.width;
  const x = box.left + (left + ((place + 0.5) / plot.canvas.columns) * (right - left)) * scale;
  const room = document.documentElement.clientWidth, wide = tip.offsetWidth, high = tip.offsetHeight;
  tip.style.left = Math.max(6, Math.min(x + 14 + wide > room ? x - wide - 14 : x + 14, room - wide - 6)) + "px";
  tip.style.top = Math.max(6, box.top - high - 6 < 6 ? box.bottom + 6 : box.top - high - 6) + "px";
}

function hide() {
  tip.hidden = true;
  cross(null);
}

const chart = (event) => event.target.closest?.("svg.plot");

function placeOf(svg, plot, event) {
  const box = svg.getBoundingClientRect(), [left, right] = edges(svg), columns = plot.canvas.columns;
  const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
  return Math.max(0, Math.min(columns - 1, Math.floor(((x - left) / (right - left)) * columns)));
}

function enter({ home, canvas, values }, place) {
  if (!home.dataset.windows || values.v[place] === null) return;
  location.assign(`${home.dataset.windows}/${(canvas.since + (place + 0.5) * canvas.width).toFixed(3)}`);
}

document.addEventListener("pointermove", (event) => {
  const svg = chart(event), plot = svg && plotOf(svg);
  if (!plot) return tip.hidden || hide();
  show(svg, placeOf(svg, plot, event));
});
document.addEventListener("click", (event) => {
  const svg = chart(event), plot = svg && plotOf(svg);
  if (!plot) return tip.hidden || hide();
  const place = placeOf(svg, plot, event), looked = !tip.hidden && Number(svg.dataset.place) === place;
  if (event.pointerType !== "touch" || looked) enter(plot, place);
  else show(svg, place);
});
document.addEventListener("focusout", (event) => chart(event) && hide());
document.addEventListener("scroll", () => tip.hidden || hide(), { passive: true });
document.addEventListener("keydown", (event) => {
  const svg = chart(event), plot = svg && plotOf(svg);
  if (!plot) return;
  const last = plot.canvas.columns - 1, before = svg.dataset.place === undefined ? last + 1 : Number(svg.dataset.place);
  const place = { ArrowLeft: before - 1, ArrowRight: before + 1, Home: 0, End: last }[event.key];
  if (event.key === "Escape") hide();
  if (event.key === "Enter" && !tip.hidden) enter(plot, before);
  if (place === undefined) return;
  event.preventDefault();
  show(svg, Math.max(0, Math.min(last, place)));
});
