// Charts tell their values under the pointer and by the arrow keys; all charts of a page follow one moment.
(() => {
"use strict";
const all = (query, from) => Array.from((from || document).querySelectorAll(query));
const data = JSON.parse(document.getElementById("data").textContent);
const plots = new Map();
(data.canvases || []).forEach((canvas) =>
  Object.entries(canvas.plots).forEach(([key, values]) => plots.set(key, { canvas, values })),
);
const tip = document.createElement("div");
tip.id = "tip";
tip.hidden = true;
tip.setAttribute("role", "status");
document.body.append(tip);
const two = (number) => String(number).padStart(2, "0");
const stamp = (seconds) => {
  const at = new Date(seconds * 1000);
  return at.getUTCFullYear() + "-" + two(at.getUTCMonth() + 1) + "-" + two(at.getUTCDate()) + " " + two(at.getUTCHours()) + ":" + two(at.getUTCMinutes());
};
const figure = (value) => (value === null || value === undefined ? "\u2014" : String(Number(value.toPrecision(4))).replace("-", "\u2212"));
const at = (values, place) => (Array.isArray(values) ? values[place] : values);
const words = ({ canvas, values }, place) => {
  const begin = canvas.since + place * canvas.width;
  const lines = [stamp(begin) + (values.a ? " to " + stamp(begin + canvas.width) : "")];
  const name = values.n ? values.n[0] + " " : "";
  if (values.v[place] === null) {
    lines.push("not measured");
  } else {
    lines.push(name + figure(values.v[place]));
    if (values.a && values.a[place] !== values.z[place]) {
      lines.push("windows from " + figure(values.a[place]) + " to " + figure(values.z[place]));
    }
    if (values.l && at(values.l, place) !== null) {
      lines.push("95 %: " + figure(at(values.l, place)) + " to " + figure(at(values.h, place)));
    }
  }
  if (values.b) {
    lines.push(values.n[1] + " " + figure(values.b[place]));
  }
  const floor = at(values.f, place), ceiling = at(values.c, place);
  if (floor !== undefined && floor !== null) lines.push("limit: at least " + figure(floor));
  if (ceiling !== undefined && ceiling !== null) lines.push("limit: at most " + figure(ceiling));
  return lines.join("\n");
};
const edges = (svg) => ["left", "right", "top", "bottom"].map((name) => Number(svg.dataset[name]));
const charts = all("svg.plot");
let drawn = [];
const cross = (canvas, place) => {
  drawn.forEach((path) => path.removeAttribute("d"));
  drawn = [];
  charts.forEach((svg) => {
    const plot = plots.get(svg.dataset.plot);
    if (!plot || plot.canvas !== canvas || place === null) return;
    const [left, right, top, bottom] = edges(svg);
    const path = svg.querySelector(".cross");
    path.setAttribute("d", "M" + (left + ((place + 0.5) / canvas.columns) * (right - left)) + " " + top + "V" + bottom);
    drawn.push(path);
  });
};
const show = (svg, place) => {
  const plot = plots.get(svg.dataset.plot);
  svg.dataset.place = place;
  cross(plot.canvas, place);
  tip.textContent = words(plot, place);
  tip.hidden = false;
  const box = svg.getBoundingClientRect(), [left, right] = edges(svg), scale = box.width / svg.viewBox.baseVal.width;
  const x = box.left + (left + ((place + 0.5) / plot.canvas.columns) * (right - left)) * scale;
  const room = document.documentElement.clientWidth;
  const wide = tip.offsetWidth, high = tip.offsetHeight;
  tip.style.left = Math.max(6, Math.min(x + 14 + wide > room ? x - wide - 14 : x + 14, room - wide - 6)) + "px";
  tip.style.top = Math.max(6, box.top - high - 6 < 6 ? box.bottom + 6 : box.top - high - 6) + "px";
};
const hide = () => {
  tip.hidden = true;
  cross(null, null);
};
charts.forEach((svg) => {
  const plot = plots.get(svg.dataset.plot);
  if (!plot) return;
  const last = plot.canvas.columns - 1;
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect(), [left, right] = edges(svg);
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    show(svg, Math.max(0, Math.min(last, Math.floor(((x - left) / (right - left)) * plot.canvas.columns))));
  });
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("blur", hide);
  svg.addEventListener("keydown", (event) => {
    const before = svg.dataset.place === undefined ? last + 1 : Number(svg.dataset.place);
    const place = { ArrowLeft: before - 1, ArrowRight: before + 1, Home: 0, End: last }[event.key];
    if (event.key === "Escape") hide();
    if (place === undefined) return;
    event.preventDefault();
    show(svg, Math.max(0, Math.min(last, place)));
  });
});
// Marks on the timeline tell what they are to a finger and to keys, too.
all(".mark, a.span").forEach((mark) => {
  const told = mark.title;
  const tell = () => {
    tip.textContent = told;
    tip.hidden = false;
    const box = mark.getBoundingClientRect(), room = document.documentElement.clientWidth;
    tip.style.left = Math.max(6, Math.min(box.left, room - tip.offsetWidth - 6)) + "px";
    tip.style.top = box.bottom + 6 + "px";
  };
  mark.removeAttribute("title"); // or it would be told twice
  ["pointerenter", "focus", "click"].forEach((name) => mark.addEventListener(name, tell));
  ["pointerleave", "blur"].forEach((name) => mark.addEventListener(name, hide));
});
// One distribution at a time.
all("[data-choose]").forEach((box) => {
  const parts = all("[data-" + box.dataset.choose + "]");
  const choose = () => parts.forEach((part) => (part.hidden = part.dataset[box.dataset.choose] !== box.value));
  box.addEventListener("change", choose);
  choose();
});
// A link to something that is folded opens it.
const open = () => {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.tagName === "DETAILS") target.open = true;
};
addEventListener("hashchange", open);
open();
// Nothing stays folded on paper.
let folded = [];
addEventListener("beforeprint", () => {
  folded = all("details:not([open])").filter((one) => !one.querySelector("table.sortable"));
  folded.forEach((one) => (one.open = true));
});
addEventListener("afterprint", () => folded.forEach((one) => (one.open = false)));
document.documentElement.dataset.ready = "yes";
})();
