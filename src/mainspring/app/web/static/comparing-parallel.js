// Parallel coordinates: a line for each run, an axis for each thing; a range on an axis lets only some runs through.

import { address, colouring, element, fill, formOf, here, legendOf, load, said, say, scaleOf, numeric, sized, soon, svg, varied, wide, words } from "./comparing.js";

const HEIGHT = 430, TOP = 42, BOTTOM = 16, NARROWEST = 88, SHOWN = 30, LETTER = 6.6, LONGEST = 24;
const find = (id) => document.getElementById("parallel-" + id);
const stage = document.getElementById("parallel");
const told = find("told"), count = find("count");

const data = await load();
const { runs, columns } = data;
const state = { axes: [], brushes: new Map(), flipped: new Set(), log: new Set(), colour: "", passing: [], here: -1 };
let scales, lines, over, xs, width, colours;

// ---- What the address says

function begin() {
  const known = (key) => columns.has(key);
  const asked = (said().get("axes") || "").split("|").filter(Boolean);
  for (const one of asked) {
    const [, marks, key] = one.match(/^([~^]*)(.*)$/);
    if (!known(key)) continue;
    state.axes.push(key);
    if (marks.includes("~")) state.flipped.add(key);
    if (marks.includes("^")) state.log.add(key);
  }
  if (!state.axes.length) {
    const worth = data.main.filter((key) => varied(columns.get(key)));
    const parameters = worth.filter((key) => key.startsWith("parameters.")).slice(0, 6);
    state.axes = [...parameters, ...worth.filter((key) => key.startsWith("metrics.")).slice(0, 3)];
    if (state.axes.length < 2) state.axes = [...columns.values()].filter(varied).map((one) => one.key).slice(0, 6);
    state.log = new Set(state.axes.filter((key) => wide(columns.get(key))));
  }
  for (const one of said().getAll("brush")) {
    const [key, low, high] = one.split("~");
    if (known(key) && low < high) state.brushes.set(key, [Number(low), Number(high)]);
  }
  const colour = said().get("colour");
  state.colour = known(colour) ? colour : (state.axes.filter((key) => key.startsWith("metrics."))[0] ?? "");
}

function remember() {
  say({
    axes: state.axes.map((key) => (state.flipped.has(key) ? "~" : "") + (state.log.has(key) ? "^" : "") + key).join("|"),
    brush: [...state.brushes].map(([key, [low, high]]) => `${key}~${low.toFixed(3)}~${high.toFixed(3)}`),
    colour: state.colour,
  });
}

// ---- Drawing

const y = (key, place) => TOP + (HEIGHT - TOP - BOTTOM) * (state.flipped.has(key) ? place : 1 - place);
const placeAt = (key, pixel) => {
  const part = Math.min(1, Math.max(0, (pixel - TOP) / (HEIGHT - TOP - BOTTOM)));
  return state.flipped.has(key) ? part : 1 - part;
};

function draw() {
  scales = new Map(state.axes.map((key) => [key, scaleOf(columns.get(key), state.log.has(key))]));
  lay();
  colours = colouring(columns.get(state.colour));
  const layer = svg("g");
  lines = runs.map((run, place) => {
    const line = svg("path", { class: run.run === data.base ? "line base" : "line" });
    line.style.stroke = colours.of(columns.get(state.colour)?.values[place]);
    layer.append(line);
    return line;
  });
  const picture = svg("svg", { width, height: HEIGHT, role: "group", "aria-label": `Parallel coordinates of ${runs.length} runs over ${state.axes.length} axes` }, layer);
  state.axes.forEach((key, place) => picture.append(axis(key, place)));
  picture.addEventListener("pointermove", (event) => point(event));
  picture.addEventListener("pointerleave", () => show(-1));
  picture.addEventListener("click", (event) => {
    if (state.here >= 0 && !event.target.closest(".strip,.handle,.axis-name")) location.assign(address("/runs/" + encodeURIComponent(runs[state.here].run)));
  });
  // What is pointed at lies in a picture of its own, so that the others are not painted again with every move.
  over = svg("path", { class: "line here" });
  stage.replaceChildren(picture, svg("svg", { width, height: HEIGHT, class: "over", "aria-hidden": "true" }, over));
  state.here = -1;
  trace();
  filter();
}

// Axes are as far apart as their words are long: those of the first stand before it, those of the others behind.
function lay() {
  const wanted = state.axes.map((key) => 26 + LETTER * Math.max(5, ...scales.get(key).ticks.map((tick) => short(words(tick, columns.get(key).form)).length)));
  const name = (place) => (LETTER * Math.min(columns.get(state.axes[place])?.title.length ?? 0, LONGEST)) / 2;
  const before = Math.max(wanted[0] ?? 0, name(0) + 8), gaps = wanted.slice(1).map((_, place) => Math.max(place ? wanted[place] : 0, NARROWEST, name(place) + name(place + 1) + 16));
  const behind = Math.max(wanted.length > 1 ? wanted.at(-1) : before, name(wanted.length - 1) + 8), needed = before + behind + gaps.reduce((sum, one) => sum + one, 0);
  width = Math.max(stage.clientWidth, needed);
  const more = (width - needed) / Math.max(gaps.length, 1);
  xs = [gaps.length ? before : width / 2];
  for (const gap of gaps) xs.push(xs.at(-1) + gap + more);
}

function trace() {
  lines.forEach((line, run) => {
    let path = "", pen = "M";
    state.axes.forEach((key, place) => {
      const at = scales.get(key).at(columns.get(key).values[run]);
      if (at === null || at === undefined) { pen = "M"; return; }
      path += `${pen}${xs[place].toFixed(1)} ${y(key, at).toFixed(1)}`;
      pen = "L";
    });
    line.setAttribute("d", path);
  });
}

function axis(key, place) {
  const column = columns.get(key), scale = scales.get(key), x = xs[place];
  const group = svg("g", { "data-axis": key });
  const name = svg("text", { class: "axis-name", x, y: 18, "text-anchor": "middle" }, short(column.title));
  name.append(svg("title", {}, column.title));
  group.append(name, svg("line", { class: "axis-line", x1: x, x2: x, y1: TOP, y2: HEIGHT - BOTTOM }));
  const side = place === 0 ? -8 : 8;
  for (const tick of scale.ticks) {
    const at = scale.at(tick);
    if (at === null || at < -0.001 || at > 1.001) continue;
    const word = words(tick, column.form), label = svg("text", { class: "tick-word", x: x + side, y: y(key, at) + 4, "text-anchor": place === 0 ? "end" : "start" }, short(word));
    label.append(svg("title", {}, word));
    group.append(label);
  }
  const strip = svg("rect", { class: "strip", x: x - 11, y: TOP - 4, width: 22, height: HEIGHT - TOP - BOTTOM + 8, rx: 4 });
  const kept = svg("rect", { class: "kept", x: x - 6, width: 12, rx: 3, visibility: "hidden" });
  group.append(strip, kept);
  const handles = ["low", "high"].map((end) => handle(key, end, x));
  group.append(...handles);
  strip.addEventListener("pointerdown", (event) => brush(event, key));
  name.addEventListener("pointerdown", (event) => carry(event, key, name));
  reflect(key, group);
  return group;
}

// Long words lose their middle: names are told apart by how they end as often as by how they begin.
const short = (text) => (text.length <= LONGEST ? text : text.slice(0, LONGEST / 2 - 1) + "…" + text.slice(-LONGEST / 2));

function handle(key, end, x) {
  const made = svg("path", { class: "handle", tabindex: 0, role: "slider", "aria-orientation": "vertical", "aria-valuemin": 0, "aria-valuemax": 100, "data-end": end, "data-x": x });
  made.addEventListener("pointerdown", (event) => { event.stopPropagation(); pull(event, key, end); });
  made.addEventListener("keydown", (event) => keys(event, key, end));
  return made;
}

// Draws the range of an axis as it is now.
function reflect(key, group = stage.querySelector(`[data-axis="${CSS.escape(key)}"]`)) {
  const [low, high] = state.brushes.get(key) || [0, 1], set = state.brushes.has(key), scale = scales.get(key);
  const kept = group.querySelector(".kept"), [one, two] = [y(key, low), y(key, high)];
  kept.setAttribute("visibility", set ? "visible" : "hidden");
  kept.setAttribute("y", Math.min(one, two));
  kept.setAttribute("height", Math.abs(one - two));
  for (const made of group.querySelectorAll(".handle")) {
    const isLow = made.dataset.end === "low", place = isLow ? low : high, at = y(key, place), x = Number(made.dataset.x);
    const out = isLow === state.flipped.has(key) ? -1 : 1;
    made.setAttribute("d", `M${x - 7} ${at + 9 * out}L${x + 7} ${at + 9 * out}L${x} ${at}Z`);
    made.classList.toggle("set", set);
    made.setAttribute("aria-label", `${columns.get(key).title}: ${isLow ? "from" : "to"}`);
    made.setAttribute("aria-valuenow", Math.round(100 * place));
    made.setAttribute("aria-valuetext", set ? words(scale.value(place), formOf(scale.column)) : "everything");
  }
}

// ---- Filtering

const filterSoon = soon(() => filter());

function set(key, low, high) {
  if (low <= 0.001 && high >= 0.999) state.brushes.delete(key);
  else state.brushes.set(key, [Math.max(0, Math.min(low, high)), Math.min(1, Math.max(low, high))]);
  reflect(key);
  filterSoon();
}

function filter() {
  const tests = [...state.brushes].filter(([key]) => scales.has(key)).map(([key, [low, high]]) => {
    const scale = scales.get(key), values = columns.get(key).values;
    return (run) => { const at = scale.at(values[run]); return at !== null && at !== undefined && at >= low - 1e-6 && at <= high + 1e-6; };
  });
  state.passing = [];
  lines.forEach((line, run) => {
    const passes = tests.every((test) => test(run));
    if (passes) state.passing.push(run);
    if (line.classList.contains("off") === passes) line.classList.toggle("off", !passes);
  });
  count.textContent = tests.length ? `${state.passing.length} of ${runs.length} runs in the filter` : `${runs.length} runs`;
  settle();
}

let settling;
function settle() {
  clearTimeout(settling);
  settling = setTimeout(() => { remember(); list(); }, 160);
}

function brush(event, key) {
  const began = placeAt(key, offset(event));
  const strip = event.currentTarget;
  strip.setPointerCapture(event.pointerId);
  let moved = false;
  const move = (next) => {
    const now = placeAt(key, offset(next));
    if (Math.abs(now - began) > 0.01) moved = true;
    if (moved) set(key, Math.min(began, now), Math.max(began, now));
  };
  strip.addEventListener("pointermove", move);
  strip.addEventListener("pointerup", () => {
    strip.removeEventListener("pointermove", move);
    if (!moved) set(key, 0, 1);
  }, { once: true });
}

function pull(event, key, end) {
  const made = event.currentTarget;
  made.setPointerCapture(event.pointerId);
  const move = (next) => {
    const now = placeAt(key, offset(next)), [low, high] = state.brushes.get(key) || [0, 1];
    if (end === "low") set(key, Math.min(now, high - 0.01), high);
    else set(key, low, Math.max(now, low + 0.01));
  };
  made.addEventListener("pointermove", move);
  made.addEventListener("pointerup", () => made.removeEventListener("pointermove", move), { once: true });
}

const offset = (event) => event.clientY - stage.firstChild.getBoundingClientRect().top;

function keys(event, key, end) {
  const scale = scales.get(key), [low, high] = state.brushes.get(key) || [0, 1];
  const step = scale.count ? 1 / Math.max(scale.count - 1, 1) : 0.02;
  const up = state.flipped.has(key) ? -1 : 1;
  const change = { ArrowUp: step * up, ArrowRight: step, ArrowDown: -step * up, ArrowLeft: -step, PageUp: 0.1 * up, PageDown: -0.1 * up }[event.key];
  if (event.key === "Escape") set(key, 0, 1);
  else if (event.key === "Home") end === "low" ? set(key, 0, high) : set(key, low, low + step);
  else if (event.key === "End") end === "high" ? set(key, low, 1) : set(key, high - step, high);
  else if (change === undefined) return;
  else if (end === "low") set(key, Math.min(Math.max(0, low + change), high), high);
  else set(key, low, Math.max(Math.min(1, high + change), low));
  event.preventDefault();
}

// ---- Moving axes

function carry(event, key, name) {
  const from = event.clientX;
  name.setPointerCapture(event.pointerId);
  const group = name.parentNode;
  const move = (next) => {
    const x = xs[state.axes.indexOf(key)] + next.clientX - from;
    group.setAttribute("transform", `translate(${next.clientX - from} 0)`);
    const order = [...state.axes].sort((one, two) => (one === key ? x : xs[state.axes.indexOf(one)]) - (two === key ? x : xs[state.axes.indexOf(two)]));
    name.dataset.order = order.join("|");
  };
  name.addEventListener("pointermove", move);
  name.addEventListener("pointerup", () => {
    name.removeEventListener("pointermove", move);
    if (name.dataset.order) state.axes = name.dataset.order.split("|");
    changed();
  }, { once: true });
}

function shift(key, by) {
  const at = state.axes.indexOf(key), to = at + by;
  if (to < 0 || to >= state.axes.length) return;
  state.axes.splice(at, 1);
  state.axes.splice(to, 0, key);
  changed(key, by < 0 ? "left" : "right");
}

function chips(focus, which) {
  const box = find("axes");
  const button = (key, label, words_, sign, work) => {
    const made = element("button", { type: "button", className: "button plain small", title: words_, onclick: work }, sign);
    made.setAttribute("aria-label", `${columns.get(key).title}: ${words_}`);
    made.dataset.which = label;
    return made;
  };
  const pressed = (made, on) => { made.setAttribute("aria-pressed", String(on)); return made; };
  box.replaceChildren(...state.axes.map((key) => {
    const made = element("li", {}, columns.get(key).title + " ");
    made.append(
      button(key, "left", "move left", "←", () => shift(key, -1)),
      button(key, "right", "move right", "→", () => shift(key, 1)),
      button(key, "flip", "turn upside down", "⇅", () => { state.flipped.has(key) ? state.flipped.delete(key) : state.flipped.add(key); changed(key, "flip"); }),
      ...(numeric(columns.get(key)) && columns.get(key).form !== "time" ? [pressed(button(key, "log", "log axis", "log", () => { state.log.has(key) ? state.log.delete(key) : state.log.add(key); state.brushes.delete(key); changed(key, "log"); }), state.log.has(key))] : []),
      button(key, "away", "take away", "×", () => { state.axes = state.axes.filter((one) => one !== key); state.brushes.delete(key); changed(); }),
    );
    if (key === focus) setTimeout(() => made.querySelector(`[data-which=${which}]`).focus());
    return made;
  }));
}

function changed(focus, which) {
  fill(find("add"), columns, { none: "choose …", take: (one) => !state.axes.includes(one.key) && one.values.some((value) => value !== null) });
  chips(focus, which);
  draw();
}

// ---- Pointing at runs

const showSoon = { run: -1, later: soon(() => show(showSoon.run)) };

function point(event) {
  const frame = stage.firstChild.getBoundingClientRect(), x = event.clientX - frame.left, height = event.clientY - frame.top;
  const right = xs.findIndex((one) => one >= x), place = Math.min(Math.max(right, 1), xs.length - 1);
  if (xs.length < 2 || height < TOP - 6) return;
  const [one, two] = [state.axes[place - 1], state.axes[place]], part = (x - xs[place - 1]) / (xs[place] - xs[place - 1]);
  let best = -1, nearest = 12;
  for (const run of state.passing) {
    const a = scales.get(one).at(columns.get(one).values[run]), b = scales.get(two).at(columns.get(two).values[run]);
    if (a === null || b === null) continue;
    const gap = Math.abs(y(one, a) + (y(two, b) - y(one, a)) * part - height);
    if (gap < nearest) [nearest, best] = [gap, run];
  }
  showSoon.run = best;
  showSoon.later();
}

function show(run) {
  if (run === state.here) return;
  state.here = run;
  stage.firstChild.style.cursor = run >= 0 ? "pointer" : "";
  told.replaceChildren();
  over.setAttribute("d", run < 0 ? "" : lines[run].getAttribute("d"));
  if (run < 0) return;
  over.style.stroke = lines[run].style.stroke;
  told.append(element("b", { textContent: runs[run].run }), " ", state.axes.map((key) => `${columns.get(key).title} ${words(columns.get(key).values[run], formOf(columns.get(key)))}`).join(" · "));
}

// ---- The runs in the filter, as a table

function list() {
  const column = columns.get(state.colour);
  const sign = column?.better === "lower" ? 1 : -1;
  const rank = (run) => column?.values[run];
  const sorted = [...state.passing].sort((one, two) => (rank(one) === null) - (rank(two) === null) || (typeof rank(one) === "number" ? sign * (rank(one) - rank(two)) : String(rank(one)).localeCompare(String(rank(two)))));
  const heads = [state.colour, ...state.axes.filter((key) => key !== state.colour)].filter((key) => columns.has(key));
  const head = (text, number) => { const made = element("th", { textContent: text, className: number ? "num" : "" }); made.scope = "col"; return made; };
  find("heads").replaceChildren(head("Run"), ...heads.map((key) => head(columns.get(key).title, columns.get(key).form === "number")));
  find("runs").replaceChildren(...sorted.slice(0, SHOWN).map((run) => {
    const link = element("a", { href: address("/runs/" + encodeURIComponent(runs[run].run)), textContent: runs[run].run });
    const first = element("th", { className: "nowrap" }, link);
    first.scope = "row";
    const row = element("tr", {}, first, ...heads.map((key) => element("td", { textContent: words(columns.get(key).values[run], formOf(columns.get(key))), className: columns.get(key).form === "number" ? "num" : "nowrap" })));
    row.addEventListener("pointerenter", () => show(run));
    row.addEventListener("pointerleave", () => show(-1));
    link.addEventListener("focus", () => show(run));
    return row;
  }));
  find("more").textContent = sorted.length > SHOWN ? `and ${sorted.length - SHOWN} more` : "";
}

// ---- Controls

find("add").addEventListener("change", (event) => { const key = event.target.value; if (key) { state.axes.push(key); if (wide(columns.get(key))) state.log.add(key); changed(); } });
find("colour").addEventListener("change", (event) => { state.colour = event.target.value; legend(); draw(); });
find("clear").addEventListener("click", () => { state.brushes.clear(); draw(); });
find("keep").querySelector("button").addEventListener("click", () => location.assign(here({ runs: state.passing.map((run) => runs[run].run) })));

function legend() {
  find("tools").querySelector(".scale")?.remove();
  const column = columns.get(state.colour);
  find("colour").closest("label").after(legendOf(column, colouring(column)));
}

begin();
fill(find("colour"), columns, { chosen: state.colour, none: "one colour", take: (one) => one.differs });
legend();
changed();
sized(stage, draw);
