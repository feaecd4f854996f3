// A log that grows: it follows its end unless the reader has scrolled up, loads what is before, and is searched.

import { QUIET, ask } from "./console-asking.js";
import { follow } from "./console-live.js";

const LEVELS = [
  [/\b(ERROR|CRITICAL|FATAL)\b|^Traceback |^\w*(Error|Exception)\b/, "error-line"],
  [/\bWARN(ING)?\b/, "warning-line"],
  [/\bDEBUG\b/, "debug-line"],
];
const MOST = 20000; // lines that are kept in the page

let box, wanted = "", busy = false, again = false;

const path = (log) => `/runs/${encodeURIComponent(log.dataset.run)}/logs/${encodeURIComponent(log.dataset.step)}`;

function lineOf(text) {
  const line = document.createElement("span");
  line.className = LEVELS.find(([sign]) => sign.test(text))?.[1] || "";
  const at = wanted ? text.toLowerCase().indexOf(wanted) : -1;
  if (at < 0) line.textContent = text + "\n";
  else {
    const mark = document.createElement("mark");
    mark.textContent = text.slice(at, at + wanted.length);
    line.append(text.slice(0, at), mark, text.slice(at + wanted.length) + "\n");
  }
  return line;
}

function linesOf(text) {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const all = document.createDocumentFragment();
  for (const one of lines) all.append(lineOf(one));
  return all;
}

const atEnd = () => box.scrollHeight - box.scrollTop - box.clientHeight < 24;
const follows = document.querySelector("[data-log-follow]");

function showFollowing(on) {
  if (!follows) return;
  follows.hidden = box.dataset.running === undefined;
  follows.setAttribute("aria-pressed", String(on));
}

function redraw() {
  const text = box.textContent, top = box.scrollTop;
  box.replaceChildren(linesOf(text));
  box.scrollTop = top;
}

// What is told while the log is being fetched is not lost: it is fetched once more.
async function grow() {
  again = true;
  if (busy || !box) return;
  busy = true;
  try {
    while (again) {
      again = false;
      await fetchRest(box);
    }
  } catch { /* the console is away for a moment: the next sign brings what was missed */ }
  busy = false;
}

async function fetchRest(log) {
  for (;;) {
    const part = await ask("GET", `${path(log)}?start=${log.dataset.end}&most=524288`, undefined, QUIET);
    const stays = atEnd(), moved = String(part.end) !== log.dataset.end;
    if (part.text) log.append(linesOf(part.text));
    while (log.childNodes.length > MOST) log.firstChild.remove();
    log.dataset.end = part.end;
    if (stays) log.scrollTop = log.scrollHeight;
    const told = document.querySelector("[data-log-told]");
    if (told && moved) told.textContent = part.size > 1e6 ? (part.size / 1e6).toFixed(1) + " MB" : Math.ceil(part.size / 1000) + " kB";
    if (!part.running) {
      delete log.dataset.running;
      source?.close();
      showFollowing(false);
    }
    if (!moved || part.end >= part.size) return;
  }
}

async function earlier(button) {
  button.setAttribute("aria-busy", "true");
  try {
    const part = await ask("GET", `${path(box)}?before=${box.dataset.start}&most=262144`);
    const height = box.scrollHeight, top = box.scrollTop;
    box.prepend(linesOf(part.text));
    box.scrollTop = top + box.scrollHeight - height;
    box.dataset.start = part.start;
    button.hidden = part.start === 0;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

async function jump(place) {
  const part = await ask("GET", `${path(box)}?start=${place}&most=262144`);
  box.replaceChildren(linesOf(part.text));
  box.dataset.start = part.start;
  box.dataset.end = part.end;
  box.scrollTop = 0;
  const button = document.querySelector("[data-log-earlier]");
  if (button) button.hidden = part.start === 0;
  if (part.end < part.size) grow();
}

let later;
document.querySelector("[data-log-find]")?.addEventListener("input", (event) => {
  clearTimeout(later);
  later = setTimeout(async () => {
    wanted = event.target.value.trim().toLowerCase();
    redraw();
    const list = document.querySelector("[data-log-found]"), told = document.querySelector("[data-log-hits]");
    if (!wanted) { list.hidden = true; told.textContent = ""; return; }
    const found = await ask("GET", `${path(box)}/search?text=${encodeURIComponent(wanted)}`);
    told.textContent = `${found.lines.length}${found.more ? "+" : ""} ${found.lines.length === 1 ? "line" : "lines"}`;
    list.hidden = !found.lines.length;
    list.replaceChildren(...found.lines.slice(0, 200).map(([number, place, text]) => {
      const item = document.createElement("li"), button = document.createElement("button"), at = document.createElement("b");
      button.type = "button";
      at.textContent = number;
      button.append(at, text);
      button.addEventListener("click", () => jump(place));
      item.append(button);
      return item;
    }));
  }, 220);
});

follows?.addEventListener("click", () => {
  box.scrollTop = box.scrollHeight;
  showFollowing(true);
});
document.querySelector("[data-log-earlier]")?.addEventListener("click", (event) => earlier(event.currentTarget));

function begin() {
  const log = document.querySelector("[data-log]");
  if (!log || log === box) return;
  box = log;
  redraw();
  box.scrollTop = box.scrollHeight;
  box.addEventListener("scroll", () => showFollowing(atEnd()), { passive: true });
  showFollowing(true);
  if (box.dataset.running === undefined) return;
  follow(`log:${box.dataset.run}/${box.dataset.step}`, grow);
}

document.addEventListener("fresh", begin);
begin();
