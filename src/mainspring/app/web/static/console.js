// What moves on every page: times in the reader's zone, copying, forms without leaving, live parts, search, keys.
// Pages work without it; a page's own script imports what it needs from here.

const root = document.querySelector("meta[name=mainspring-root]").content;
const seal = document.querySelector("meta[name=mainspring-seal]").content;

export const all = (query, within = document) => [...within.querySelectorAll(query)];
export const address = (path) => root + path;

// ---- Times

const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "long" });
const steps = [["second", 60], ["minute", 60], ["hour", 24], ["day", 30], ["month", 12], ["year", Infinity]];

function ago(moment) {
  let value = (moment - Date.now()) / 1000;
  if (Math.abs(value) < 5) return "just now";
  for (const [unit, many] of steps) {
    if (Math.abs(value) < many) return relative.format(Math.round(value), unit);
    value /= many;
  }
  return "";
}

const forms = {
  ago: (moment) => ago(moment),
  day: (moment) => moment.toLocaleDateString(undefined, { dateStyle: "medium" }),
  time: (moment) => moment.toLocaleTimeString(undefined, { timeStyle: "medium" }),
  moment: (moment) => moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }),
};

export function tellTimes(within = document) {
  for (const element of all("time[datetime]", within)) {
    const moment = new Date(element.dateTime);
    element.textContent = (forms[element.dataset.form] || forms.moment)(moment);
    element.title = moment.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
  }
}
setInterval(tellTimes, 20000);

// ---- Telling

export function tell(words, failed = false) {
  const toast = document.createElement("div");
  toast.className = failed ? "toast failed" : "toast";
  toast.textContent = words;
  document.querySelector(".toasts").append(toast);
  setTimeout(() => toast.remove(), failed ? 9000 : 4500);
}

// ---- Asking the API: with the seal of this page, so that it is known to come from it

export async function ask(method, path, body) {
  const headers = { accept: "application/json", "x-mainspring-seal": seal };
  if (body !== undefined) headers["content-type"] = "application/json";
  const answer = await fetch(address("/api" + path), { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const told = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(told.error.found), told.error);
  return told;
}

// ---- Forms: sent without leaving the page; what is wrong is told where it was filled in

function confirmed(words) {
  const dialog = document.getElementById("confirm");
  dialog.querySelector("h2").textContent = words;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((done) => dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }));
}

function showProblem(form, error) {
  let place = form.querySelector(":scope > .problem");
  if (form.classList.contains("inline")) return tell([error.found, error.fix].filter(Boolean).join(": "), true);
  if (!place) {
    place = document.createElement("p");
    place.className = "problem";
    place.setAttribute("role", "alert");
    form.append(place);
  }
  place.textContent = (error.where ? error.where + ": " : "") + error.found;
  for (const [label, text] of [["Expected: ", error.expected], ["", error.fix]]) {
    if (!text) continue;
    const line = document.createElement("small");
    line.textContent = label + text;
    place.append(line);
  }
}

async function send(form, button) {
  const fields = new URLSearchParams(new FormData(form, button));
  const action = button?.hasAttribute("formaction") ? button.formAction : form.action;
  const answer = await fetch(action, { method: "POST", headers: { accept: "application/json" }, body: fields });
  const told = await answer.json();
  if (!answer.ok) return showProblem(form, told.error);
  form.querySelector(":scope > .problem")?.remove();
  form.dispatchEvent(new CustomEvent("sent", { bubbles: true, detail: told }));
  form.closest("dialog")?.close();
  const there = new URL(told.then, location.href);
  if (there.pathname + there.search === location.pathname + location.search) {
    if (told.told) tell(told.told);
    return refresh();
  }
  if (told.told) sessionStorage.setItem("told", told.told);
  location.assign(there);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-act]")) return;
  event.preventDefault();
  const button = event.submitter;
  if (button?.getAttribute("aria-busy") === "true") return;
  if (form.dataset.confirm && !(await confirmed(form.dataset.confirm))) return;
  button?.setAttribute("aria-busy", "true");
  try {
    await send(form, button);
  } catch (error) {
    showProblem(form, { found: "The console does not answer", fix: "see that it still runs, and try again" });
  } finally {
    button?.removeAttribute("aria-busy");
  }
});

// ---- Live parts: <div id data-live="runs run:NAME" data-from="/address"> is fetched anew when a topic changed

export async function fetchPart(where) {
  const answer = await fetch(where, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) throw new Error("gone");
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function put(fresh, element) {
  const open = new Set(all("details[open][id]", element).map((one) => one.id));
  const busy = element.contains(document.activeElement) && document.activeElement.matches("input,select,textarea");
  if (busy || element.querySelector("dialog[open]")) return false;
  const next = fresh.getElementById(element.id);
  if (!next) return false;
  const adopted = document.adoptNode(next);
  for (const one of all("details[id]", adopted)) if (open.has(one.id)) one.open = true;
  const scrolled = all("[data-keep-scroll]", element).map((one) => [one.id, one.scrollTop, one.scrollLeft]);
  element.replaceWith(adopted);
  for (const [id, top, left] of scrolled) {
    const place = document.getElementById(id);
    if (place) [place.scrollTop, place.scrollLeft] = [top, left];
  }
  awaken(adopted);
  adopted.dispatchEvent(new CustomEvent("fresh", { bubbles: true }));
  return true;
}

export async function refresh(elements = all("[data-live],[data-fresh]")) {
  const pages = new Map();
  for (const element of elements) {
    const from = element.dataset.from ? address(element.dataset.from) : location.href;
    if (!pages.has(from)) pages.set(from, []);
    pages.get(from).push(element);
  }
  if (!pages.size) return location.reload();
  await Promise.all([...pages].map(async ([from, parts]) => {
    const fresh = await fetchPart(from);
    for (const part of parts) put(fresh, part);
  }));
}

let source, listened = "", waiting = new Set(), timer;

function listen() {
  const topics = [...new Set(all("[data-live]").flatMap((one) => one.dataset.live.split(" ")).filter(Boolean))].sort();
  if (topics.join(" ") === listened) return;
  listened = topics.join(" ");
  source?.close();
  if (!topics.length) return;
  source = new EventSource(address("/api/events?" + topics.map((one) => "on=" + encodeURIComponent(one)).join("&")));
  source.addEventListener("changed", (event) => {
    waiting.add(event.data);
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const changed = waiting;
      waiting = new Set();
      const parts = all("[data-live]").filter((one) => one.dataset.live.split(" ").some((topic) => changed.has(topic)));
      await refresh(parts).catch(() => undefined);
      listen();
    }, 120);
  });
}
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", (event) => { if (event.persisted) { listened = ""; listen(); } });

// ---- Small things of a page, looked for again in whatever is put in

export function awaken(within = document) {
  tellTimes(within);
  for (const table of all("table[data-sort]", within)) sortable(table);
  reachable();
}

// What scrolls inside the page can be scrolled with keys alone.
function reachable() {
  for (const place of all(".scroll,.picture,.stage,pre,.tabs")) {
    const scrolls = place.scrollWidth > place.clientWidth + 1 || place.scrollHeight > place.clientHeight + 1;
    if (scrolls) place.tabIndex = 0;
    else place.removeAttribute("tabindex");
  }
}
addEventListener("resize", reachable);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy],[data-open],[data-close],[data-menu],[data-theme-switch]");
  if (!button) return;
  if (button.dataset.copy !== undefined) {
    await navigator.clipboard.writeText(button.dataset.copy).then(() => tell("Copied"), () => tell("The browser did not let it be copied", true));
  } else if (button.dataset.open) open(button.dataset.open);
  else if (button.dataset.close !== undefined) button.closest("dialog").close();
  else if (button.dataset.menu !== undefined) {
    const shown = document.getElementById("menu").classList.toggle("open");
    button.setAttribute("aria-expanded", String(shown));
  } else if (button.dataset.themeSwitch !== undefined) switchTheme();
});

document.addEventListener("click", (event) => {
  if (event.target.matches("dialog[open]") && !event.target.matches("#confirm")) event.target.close();
});

function switchTheme() {
  const dark = getComputedStyle(document.documentElement).colorScheme.includes("dark") && !document.documentElement.matches("[data-theme=light]");
  const next = dark ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  document.cookie = `mainspring_theme=${next};path=${root || "/"};max-age=31536000;samesite=lax`;
  for (const frame of all("iframe[data-frame]")) frame.src = frame.src;
}

function open(name) {
  const dialog = document.getElementById(name);
  if (dialog.open) return;
  dialog.showModal();
  const first = dialog.querySelector("[autofocus],input:not([type=hidden]),textarea,select");
  first?.focus();
  first?.select?.();
}

addEventListener("message", (event) => {
  for (const frame of all("iframe[data-frame]")) {
    if (frame.contentWindow === event.source && Number.isFinite(event.data?.height)) frame.height = Math.ceil(event.data.height) + 2;
  }
});

// ---- Tables: sorted by a column, filtered by words, walked through by keys

function valueOf(row, column) {
  const cell = row.cells[column];
  if (!cell) return "";
  const text = cell.dataset.value ?? cell.querySelector("time")?.dateTime ?? cell.textContent.trim();
  const figure = Number(text.replace(/[,\s%]/g, ""));
  return text !== "" && Number.isFinite(figure) ? figure : text === "—" ? "" : text;
}

function sortable(table) {
  const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
  heads.forEach((head, column) => {
    if (head.dataset.sort === "no" || head.querySelector("button,a,input") || !head.textContent.trim()) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending" || (!head.hasAttribute("aria-sort") && head.classList.contains("num"));
      for (const one of heads) one.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const sign = down ? -1 : 1;
      const body = table.tBodies[0];
      const rows = [...body.rows].map((row) => [valueOf(row, column), row]);
      rows.sort(([one], [two]) => (one === "") - (two === "") || sign * (typeof one === "number" && typeof two === "number" ? one - two : String(one).localeCompare(String(two))));
      body.append(...rows.map(([, row]) => row));
    });
  });
}

document.addEventListener("input", (event) => {
  const box = event.target.closest("[data-filter]");
  if (!box) return;
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
});

function walk(step) {
  const rows = all("table[data-rows] tbody tr").filter((row) => !row.hidden && row.offsetParent);
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.hasAttribute("data-here"));
  const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
  rows[at]?.removeAttribute("data-here");
  next.setAttribute("data-here", "");
  next.querySelector("a")?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

// ---- Keys

let before = "";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input,select,textarea,[contenteditable]") || document.querySelector("dialog[open]")) return;
  const chord = before;
  before = event.key;
  setTimeout(() => { before = ""; }, 1200);
  if (event.key === "/") open("search");
  else if (event.key === "?") open("keys");
  else if (chord === "g") {
    const link = all(".menu [data-key]").find((one) => one.dataset.key === event.key);
    if (!link) return;
    location.assign(link.href);
  } else if (event.key === "j") walk(1);
  else if (event.key === "k") walk(-1);
  else return;
  event.preventDefault();
});

// ---- Search

const box = document.querySelector("#search input"), hits = document.getElementById("hits");
let asked = 0, later;

function choose(step) {
  const options = all("[role=option]", hits);
  if (!options.length) return;
  const at = options.findIndex((one) => one.getAttribute("aria-selected") === "true");
  const next = (at + step + options.length) % options.length;
  options.forEach((one, place) => one.setAttribute("aria-selected", String(place === next)));
  box.setAttribute("aria-activedescendant", options[next].id);
  options[next].scrollIntoView({ block: "nearest" });
}

function showHits(found, text) {
  hits.replaceChildren(...found.map((hit, place) => {
    const item = document.createElement("li");
    item.id = "hit-" + place;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", String(place === 0));
    const link = document.createElement("a");
    link.href = address(hit.path);
    link.tabIndex = -1;
    if (hit.kind === "command") {
      link.dataset.copy = hit.name;
      link.title = "Copy";
      link.addEventListener("click", (event) => { event.preventDefault(); document.getElementById("search").close(); });
    }
    for (const [name, words] of [["kind", hit.kind], ["name", hit.name]]) {
      const part = document.createElement("span");
      part.className = name;
      part.textContent = words;
      if (name === "name" && hit.detail) {
        const detail = document.createElement("small");
        detail.textContent = hit.detail;
        part.append(detail);
      }
      link.append(part);
    }
    item.append(link);
    return item;
  }));
  if (!found.length && text) {
    const none = document.createElement("li");
    none.className = "none";
    none.textContent = `Nothing is called “${text}”`;
    hits.append(none);
  }
  if (found.length) box.setAttribute("aria-activedescendant", "hit-0");
  else box.removeAttribute("aria-activedescendant");
}

box.addEventListener("input", () => {
  clearTimeout(later);
  later = setTimeout(async () => {
    const text = box.value.trim(), mine = ++asked;
    const told = text ? await ask("GET", "/search?text=" + encodeURIComponent(text)).catch(() => ({ hits: [] })) : { hits: opened() };
    if (mine === asked) showHits(told.hits, text);
  }, 90);
});
// What was opened lately is offered while nothing is typed; this browser alone remembers it.
const lately = "mainspring_lately" + root;

function opened() {
  try {
    return JSON.parse(localStorage.getItem(lately) || "[]").filter((one) => typeof one.path === "string" && one.path.startsWith("/"));
  } catch { return []; }
}

function noteOpened() {
  const path = location.pathname.slice(root.length) + location.search, name = document.querySelector("h1")?.textContent.trim();
  if (!name || path.startsWith("/sign-in") || path.length > 500) return;
  const title = document.title.split(" · ")[0];
  const kept = [{ kind: "lately", path, name: title || name }, ...opened().filter((one) => one.path !== path)].slice(0, 12);
  try { localStorage.setItem(lately, JSON.stringify(kept)); } catch { /* no storage, nothing to remember */ }
}

box.addEventListener("focus", () => {
  const here = location.pathname.slice(root.length) + location.search;
  if (!box.value.trim()) showHits(opened().filter((one) => one.path !== here), "");
});
noteOpened();

box.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") choose(1);
  else if (event.key === "ArrowUp") choose(-1);
  else if (event.key === "Enter") hits.querySelector("[aria-selected=true] a")?.click();
  else return;
  event.preventDefault();
});

awaken();
listen();
if (sessionStorage.getItem("told")) tell(sessionStorage.getItem("told"));
sessionStorage.removeItem("told");
for (const tab of all(".tabs [aria-current]")) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
for (const toast of all(".toasts .toast")) setTimeout(() => toast.remove(), 4500);
