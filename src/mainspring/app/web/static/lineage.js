// The explorer: moving and zooming, the path of what is pointed at, the panel beside. A scene draws: an SVG that came
// with the page (lineage-svg.js), or a canvas for thousands of boxes (lineage-canvas.js).

import { all, tell } from "./console-asking.js";
import { awaken } from "./console-awaken.js";
import { fetchPart } from "./console-live.js";
const stage = document.getElementById("stage");
const NEAREST = 2.5;

const view = { x: 0, y: 0, k: 1 };
let scene, hovered = -1, frame = 0, moving = 0;

// ---- Where the picture is: kept in the address behind #

function size() {
  return [stage.clientWidth, stage.clientHeight];
}

function farthest() {
  const [width, height] = size();
  return Math.min(1, Math.min(width / (scene.width + 40), height / (scene.height + 40))) * 0.9;
}

function paint(quick = false) {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(() => scene.paint(view, quick));
}

function moved() {
  paint(true);
  clearTimeout(moving);
  moving = setTimeout(() => {
    paint();
    const place = [view.x, view.y].map(Math.round).join(",") + "," + view.k.toFixed(4);
    history.replaceState(history.state, "", "#" + place);
  }, 110);
}

function zoom(factor, x = size()[0] / 2, y = size()[1] / 2) {
  const k = Math.min(NEAREST, Math.max(farthest(), view.k * factor));
  view.x = x - ((x - view.x) / view.k) * k;
  view.y = y - ((y - view.y) / view.k) * k;
  view.k = k;
  moved();
}

function move(x, y) {
  const [width, height] = size();
  view.x = Math.min(width - 60, Math.max(60 - scene.width * view.k, view.x + x));
  view.y = Math.min(height - 60, Math.max(60 - scene.height * view.k, view.y + y));
  moved();
}

function fit() {
  const [width, height] = size();
  view.k = Math.min(1.15, (width - 32) / scene.width, (height - 32) / scene.height);
  view.x = (width - scene.width * view.k) / 2;
  view.y = (height - scene.height * view.k) / 2;
  moved();
}

function home(at = scene.subject) {
  const [width, height] = size(), [left, top, wide, high] = scene.place(at);
  view.k = Math.min(1, Math.max(view.k, 0.85));
  view.x = width / 2 - (left + wide / 2) * view.k;
  view.y = height / 2 - (top + high / 2) * view.k;
  moved();
}

// Where a picture begins that is longer than its stage: no nearer to the middle than its own end is.
const filling = (from, long, room) => (long * view.k <= room ? from : Math.min(24, Math.max(from, room - long * view.k - 24)));

function first() {
  const kept = location.hash.slice(1).split(",").map(Number);
  if (kept.length === 3 && kept.every(Number.isFinite) && kept[2] > 0) [view.x, view.y, view.k] = kept;
  else {
    fit();
    if (view.k < 0.62) {
      home();
      [view.x, view.y] = [filling(view.x, scene.width, size()[0]), filling(view.y, scene.height, size()[1])];
    }
  }
  paint();
}

// ---- What hangs together with a box: all that it came from, and all that came of it

const beside = { up: null, down: null };

function neighbours(way) {
  if (beside[way]) return beside[way];
  const [near, far] = way === "up" ? [scene.to, scene.from] : [scene.from, scene.to];
  const found = Array.from({ length: scene.ids.length }, () => []);
  for (let at = 0; at < near.length; at++) found[near[at]].push(far[at]);
  return (beside[way] = found);
}

function path(start) {
  const lit = new Set([start]);
  for (const way of ["up", "down"]) {
    const next = neighbours(way), seen = new Set([start]), ahead = [start];
    while (ahead.length) {
      for (const at of next[ahead.pop()]) {
        if (seen.has(at)) continue;
        seen.add(at);
        lit.add(at);
        ahead.push(at);
      }
    }
  }
  return lit;
}

function hover(at) {
  if (at === hovered) return;
  hovered = at;
  stage.classList.toggle("over-box", at >= 0);
  scene.light(at < 0 ? null : path(at), at);
  paint();
}

// ---- The panel

let asked = 0;

async function pick(at) {
  scene.choose(at);
  paint();
  const mine = ++asked, id = scene.ids[at], panel = document.getElementById("facts");
  const here = new URL(location.href);
  here.searchParams.set("pick", id);
  history.replaceState(history.state, "", here);
  panel.setAttribute("aria-busy", "true");
  try {
    const from = new URL(stage.dataset.facts, location.href);
    from.searchParams.set("pick", id);
    const fresh = (await fetchPart(from)).getElementById("facts");
    if (mine !== asked || !fresh) return;
    const adopted = document.adoptNode(fresh);
    const open = new Set(all("details[open][id]", panel).map((one) => one.id));
    for (const one of all("details[id]", adopted)) one.open ||= open.has(one.id);
    panel.replaceWith(adopted);
    awaken(adopted);
    keep();
  } catch {
    panel.removeAttribute("aria-busy");
    tell("The console does not answer", true);
  }
}

// What is asked for goes along when something else is put into the middle.
function keep() {
  const link = document.querySelector("[data-centre]");
  if (!link) return;
  const there = new URL(link.href), here = new URL(location.href);
  for (const [name, value] of here.searchParams) {
    if (!["pick", "execution", "tab", "types", "runs", "states"].includes(name)) there.searchParams.append(name, value);
  }
  link.href = there;
}

function centre(at) {
  const id = scene.ids[at];
  const link = document.querySelector("[data-centre]");
  if (link && document.getElementById("facts").dataset.pick === id) location.assign(link.href);
  else pick(at).then(() => document.querySelector("[data-centre]")?.click());
}

// ---- Mouse, touch, wheel

const pointers = new Map();
let travelled = 0, apart = 0;

function point(event) {
  const box = stage.getBoundingClientRect();
  return [event.clientX - box.left - stage.clientLeft, event.clientY - box.top - stage.clientTop];
}

function held(event) {
  if (event.button > 0 || event.target.closest(".overview")) return;
  pointers.set(event.pointerId, point(event));
  travelled = pointers.size > 1 ? 99 : 0;
  apart = 0;
}

function dragged(event) {
  const now = point(event), before = pointers.get(event.pointerId);
  if (!before) return event.pointerType === "mouse" ? hover(scene.hit(event, now, view)) : undefined;
  if (pointers.size === 2) {
    const other = [...pointers].find(([id]) => id !== event.pointerId)[1];
    const far = Math.hypot(now[0] - other[0], now[1] - other[1]);
    if (apart) zoom(far / apart, (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    apart = far;
  } else {
    travelled += Math.hypot(now[0] - before[0], now[1] - before[1]);
    if (travelled > 4) {
      if (!stage.hasPointerCapture(event.pointerId)) stage.setPointerCapture(event.pointerId);
      stage.classList.add("held");
      move(now[0] - before[0], now[1] - before[1]);
    }
  }
  pointers.set(event.pointerId, now);
}

function released(event) {
  if (!pointers.delete(event.pointerId)) return;
  stage.classList.remove("held");
  if (travelled > 4 || event.type !== "pointerup") return;
  const at = scene.hit(event, point(event), view);
  if (at >= 0) pick(at);
}

function listen() {
  stage.addEventListener("pointerdown", held);
  stage.addEventListener("pointermove", dragged);
  stage.addEventListener("pointerup", released);
  stage.addEventListener("pointercancel", released);
  stage.addEventListener("pointerleave", () => hover(-1));
  stage.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (event.detail === 0) pick(scene.hit(event, point(event), view));
  });
  stage.addEventListener("dblclick", (event) => {
    const at = scene.hit(event, point(event), view);
    if (at >= 0) centre(at);
    else zoom(1.6, ...point(event));
  });
  stage.addEventListener("dragstart", (event) => event.preventDefault());
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && !stage.contains(document.activeElement)) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), ...point(event));
  }, { passive: false });
  stage.addEventListener("pointerdown", () => stage.focus({ preventScroll: true }));
  stage.addEventListener("focusin", (event) => {
    const at = event.target === stage ? -1 : scene.hit(event, [-1, -1], view);
    if (at >= 0 && event.target.matches(":focus-visible")) show(at);
  });
  stage.addEventListener("keydown", key);
  for (const button of all("[data-do]")) button.addEventListener("click", () => deeds[button.dataset.do]());
  new ResizeObserver(() => { scene.resize?.(); paint(); }).observe(stage);
}

function show(at) {
  const [width, height] = size(), [left, top, wide, high] = scene.place(at);
  const x = left * view.k + view.x, y = top * view.k + view.y;
  if (x < 0 || y < 0 || x + wide * view.k > width || y + high * view.k > height) home(at);
  hover(at);
}

// ---- Keys, buttons, files

const deeds = {
  in: () => zoom(1.35), out: () => zoom(1 / 1.35), fit, home: () => home(),
  svg: () => save(new Blob([scene.svg(view, size())], { type: "image/svg+xml" }), "svg"),
  png: async () => save(await scene.png(view, size()), "png"),
};
const keys = {
  "+": deeds.in, "=": deeds.in, "-": deeds.out, "−": deeds.out, 0: fit, c: deeds.home,
  ArrowLeft: () => move(70, 0), ArrowRight: () => move(-70, 0), ArrowUp: () => move(0, 70), ArrowDown: () => move(0, -70),
};

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  event.preventDefault();
  event.stopPropagation();
  keys[event.key]();
}

function save(blob, ending) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `lineage-${stage.dataset.at.replace(":", "-")}.${ending}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 2000);
}

// ---- Filters are sent as soon as they are chosen; what is empty stays out of the address

function filters() {
  const form = document.querySelector("[data-asking]");
  const send = () => {
    const given = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    location.assign(form.action + (given.size ? "?" + given : ""));
  };
  form.addEventListener("change", send);
  form.addEventListener("submit", (event) => { event.preventDefault(); send(); });
}

async function start() {
  try {
    const { open } = await import(stage.dataset.scene);
    scene = await open(stage, (x, y) => { view.x = x; view.y = y; moved(); }, view);
    const chosen = scene.ids.indexOf(document.getElementById("facts").dataset.pick);
    if (chosen >= 0) scene.choose(chosen);
    listen();
    first();
    keep();
    document.querySelector("[data-handles]").hidden = false;
    requestAnimationFrame(() => requestAnimationFrame(() => { stage.dataset.drawn = String(Math.round(performance.now())); }));
  } catch (error) {
    const told = stage.querySelector("[data-loading]");
    if (!told) throw error;
    told.textContent = "The picture could not be drawn: " + error.message;
  }
}

document.documentElement.classList.add("scripted");
filters();
if (stage) await start();
