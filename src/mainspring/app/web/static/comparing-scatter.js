// Scatter: any thing against any other, a dot for each run.

import { address, colouring, element, fill, formOf, legendOf, load, said, say, scaleOf, sized, soon, svg, wide, words } from "./comparing.js";

const HEIGHT = 460, LEFT = 84, RIGHT = 24, TOP = 18, BOTTOM = 52;
const find = (id) => document.getElementById("scatter-" + id);
const stage = document.getElementById("scatter"), told = find("told");
const data = await load(), { runs, columns } = data;
const log = new Set((said().get("log") || "").split("|").filter(Boolean));
const state = { x: "", y: "", colour: "", dots: [], here: -1 };

function begin() {
  const metrics = data.main.filter((key) => key.startsWith("metrics.")), parameters = data.main.filter((key) => key.startsWith("parameters.") && columns.get(key).form === "number");
  const choice = (name, otherwise) => (columns.has(said().get(name)) ? said().get(name) : otherwise ?? "");
  state.x = choice("x", parameters[0] ?? (columns.has("run.duration") ? "run.duration" : "run.started"));
  state.y = choice("y", metrics[0] ?? "run.duration");
  for (const name of ["x", "y"]) if (!said().has("x") && wide(columns.get(state[name]))) log.add(name);
  state.colour = choice("colour", said().has("colour") ? "" : metrics[1] ?? "");
}

function remember() {
  say({ x: state.x, y: state.y, colour: state.colour, log: [...log].join("|") });
}

// Values that only words have are spread a little, so that runs do not hide each other.
function spread(scale, run) {
  if (!scale.count) return 0;
  return (((run * 7919) % 101) / 101 - 0.5) * Math.min(26, 150 / scale.count);
}

function draw() {
  const width = Math.max(stage.clientWidth, 340), across = width - LEFT - RIGHT, up = HEIGHT - TOP - BOTTOM;
  const [cx, cy] = [columns.get(state.x), columns.get(state.y)], colour = columns.get(state.colour), colours = colouring(colour);
  const sx = scaleOf(cx, log.has("x")), sy = scaleOf(cy, log.has("y"));
  const px = (at) => LEFT + 10 + at * (across - 20), py = (at) => HEIGHT - BOTTOM - 10 - at * (up - 20);
  const picture = svg("svg", { width, height: HEIGHT, role: "group", "aria-label": `${cy.title} against ${cx.title}, ${runs.length} runs` });
  picture.append(svg("line", { class: "axis-line", x1: LEFT, x2: width - RIGHT, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM }), svg("line", { class: "axis-line", x1: LEFT, x2: LEFT, y1: TOP, y2: HEIGHT - BOTTOM }));
  marks(picture, sx, (tick, at) => {
    picture.append(svg("line", { class: "grid-line", x1: px(at), x2: px(at), y1: TOP, y2: HEIGHT - BOTTOM }), svg("text", { x: px(at), y: HEIGHT - BOTTOM + 17, "text-anchor": "middle" }, short(words(tick, cx.form), across / Math.max(sx.ticks.length, 1))));
  });
  marks(picture, sy, (tick, at) => {
    picture.append(svg("line", { class: "grid-line", x1: LEFT, x2: width - RIGHT, y1: py(at), y2: py(at) }), svg("text", { x: LEFT - 8, y: py(at) + 4, "text-anchor": "end" }, short(words(tick, cy.form), LEFT - 22)));
  });
  picture.append(svg("text", { class: "axis-title", x: LEFT + across / 2, y: HEIGHT - 12, "text-anchor": "middle" }, cx.title + (log.has("x") ? " (log)" : "")));
  picture.append(svg("text", { class: "axis-title", x: 14, y: TOP + up / 2, "text-anchor": "middle", transform: `rotate(-90 14 ${TOP + up / 2})` }, cy.title + (log.has("y") ? " (log)" : "")));
  state.dots = [];
  runs.forEach((run, place) => {
    const [a, b] = [sx.at(cx.values[place]), sy.at(cy.values[place])];
    if (a === null || b === null || a === undefined || b === undefined) return;
    const dot = svg("circle", { class: "dot", cx: (px(a) + spread(sx, place)).toFixed(1), cy: (py(b) + spread(sy, place)).toFixed(1), r: 5.5 });
    dot.style.fill = colours.of(colour?.values[place]);
    const link = svg("a", { href: address("/runs/" + encodeURIComponent(run.run)), tabindex: -1, "aria-label": about(place) }, dot);
    if (run.run === data.base) picture.append(svg("circle", { class: "halo", cx: dot.getAttribute("cx"), cy: dot.getAttribute("cy"), r: 9.5 }));
    link.addEventListener("focus", () => show(state.dots.findIndex((one) => one.place === place)));
    state.dots.push({ place, dot, link, x: Number(dot.getAttribute("cx")), y: Number(dot.getAttribute("cy")) });
    picture.append(link);
  });
  state.dots.sort((one, two) => one.x - two.x || one.y - two.y);
  state.dots[0]?.link.setAttribute("tabindex", 0);
  state.here = -1;
  picture.addEventListener("pointermove", (event) => { pointed = event; pointSoon(); });
  picture.addEventListener("pointerleave", () => show(-1));
  picture.addEventListener("click", (event) => { if (state.here >= 0 && !event.target.closest("a")) location.assign(state.dots[state.here].link.getAttribute("href")); });
  picture.addEventListener("keydown", step);
  stage.replaceChildren(picture);
  const missing = runs.length - state.dots.length;
  told.textContent = missing ? `${missing} of ${runs.length} runs have no such values${log.size ? ", or none above 0 for a log axis" : ""}.` : "";
}

function marks(picture, scale, mark) {
  for (const tick of scale.ticks) {
    const at = scale.at(tick);
    if (at !== null && at >= -0.001 && at <= 1.001) mark(tick, at);
  }
}

const short = (text, room) => (text.length * 6.2 <= room ? text : text.slice(0, Math.max(3, Math.floor(room / 6.2) - 1)) + "…");

const about = (place) => [runs[place].run, ...[state.x, state.y, state.colour].filter(Boolean).map((key) => `${columns.get(key).title} ${words(columns.get(key).values[place], formOf(columns.get(key)))}`)].join(", ");

let pointed;
const pointSoon = soon(() => {
  const frame = stage.firstChild.getBoundingClientRect(), x = pointed.clientX - frame.left, y = pointed.clientY - frame.top;
  let best = -1, nearest = 18;
  state.dots.forEach((one, at) => {
    const gap = Math.hypot(one.x - x, one.y - y);
    if (gap < nearest) [nearest, best] = [gap, at];
  });
  show(best);
});

function show(at) {
  if (at === state.here) return;
  state.dots[state.here]?.dot.classList.remove("here");
  state.here = at;
  stage.firstChild.style.cursor = at >= 0 ? "pointer" : "";
  if (at < 0) return;
  const one = state.dots[at];
  one.dot.classList.add("here");
  const [name, ...rest] = about(one.place).split(", ");
  told.replaceChildren(element("b", { textContent: name }), " ", rest.join(" · "));
}

function step(event) {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!by || !state.dots.length) return;
  event.preventDefault();
  const at = Math.min(Math.max(state.here + by, 0), state.dots.length - 1);
  for (const one of state.dots) one.link.setAttribute("tabindex", one === state.dots[at] ? 0 : -1);
  state.dots[at].link.focus();
}

function legend() {
  find("colour").closest(".tools").querySelector(".scale")?.remove();
  const column = columns.get(state.colour);
  find("colour").closest("label").after(legendOf(column, colouring(column)));
}

begin();
const usable = (one) => one.values.some((value) => value !== null) && one.form !== "digest" && (one.form !== "text" || new Set(one.values).size <= 40);
for (const name of ["x", "y"]) {
  fill(find(name), columns, { chosen: state[name], take: usable });
  find(name).addEventListener("change", (event) => { state[name] = event.target.value; remember(); draw(); });
  const box = find("log-" + name);
  box.checked = log.has(name);
  box.addEventListener("change", () => { box.checked ? log.add(name) : log.delete(name); remember(); draw(); });
}
fill(find("colour"), columns, { chosen: state.colour, none: "one colour", take: (one) => one.differs && (one.form !== "digest") });
find("colour").addEventListener("change", (event) => { state.colour = event.target.value; remember(); legend(); draw(); });
legend();
sized(stage, draw);
