// Live parts: <div id data-live="runs run:NAME" data-from="/address"> is fetched anew when a topic changed. What the reader
// is in the middle of comes first: a part waits while something is typed or marked in it, and then keeps the focus.

import { QUIET, address, all } from "./console-asking.js";
import { awaken } from "./console-awaken.js";
import { Feed } from "./console-feed.js";

export async function fetchPart(where, more = {}) {
  const answer = await fetch(where, { headers: { accept: "text/html", ...more } });
  if (!answer.ok || answer.redirected) throw new Error("gone");
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// ---- What the reader is in the middle of

const TYPED = "input:not([type=checkbox],[type=radio],[type=hidden]),select,textarea";

function changed(field) {
  if (field.matches("select")) return !field.multiple && field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected));
  return field.value !== field.defaultValue;
}

function busy(element, sent) {
  const marked = getSelection(), mine = (field) => sent?.contains(field);
  if (element.querySelector("dialog[open]")) return true;
  if (marked && !marked.isCollapsed && marked.containsNode(element, true)) return true;
  if (element.contains(document.activeElement) && document.activeElement.matches(TYPED) && !mine(document.activeElement)) return true;
  return all("form[data-act]", element).flatMap((form) => all(TYPED, form)).some((field) => !mine(field) && field.offsetParent && changed(field));
}

const held = new Set();
let soon;

function afterwards() {
  if (!held.size) return;
  clearTimeout(soon);
  soon = setTimeout(() => {
    const parts = [...held].filter((one) => !one.isConnected || !busy(one));
    for (const one of parts) held.delete(one);
    const here = parts.filter((one) => one.isConnected);
    if (here.length) refresh(here).catch(() => undefined);
  }, 300);
}
document.addEventListener("focusout", afterwards);
document.addEventListener("selectionchange", afterwards);
document.addEventListener("close", afterwards, true);

// ---- Putting it in

// Which control it is, in a part that is made anew: by its id, or by what it does in which row.
function signOf(one) {
  if (one.id) return "#" + one.id;
  const row = one.closest("tr,li")?.querySelector("a[href]")?.getAttribute("href");
  const does = one.getAttribute("href") ?? [one.getAttribute("name"), one.getAttribute("value"), one.getAttribute("aria-label") ?? one.textContent.trim()].join();
  return [one.tagName, row, does].join(" ");
}

function focusAgain(element, sign, place) {
  const same = sign && all(sign.startsWith("#") ? "[id]" : "*", element).filter((one) => signOf(one) === sign);
  if (same?.length) return same[Math.min(place, same.length - 1)].focus({ preventScroll: true });
  element.tabIndex = -1;
  element.focus({ preventScroll: true });
}

// What an eye sees change is said, too: <dd data-tell="loans-3">complete</dd>, and nothing else of a part.
const states = (within) => new Map(all("[data-tell]", within).map((one) => [one.dataset.tell, one.textContent.trim()]));

function hearStates(before, adopted) {
  const news = [...states(adopted)].filter(([name, state]) => before.has(name) && before.get(name) !== state);
  if (news.length) document.getElementById("become").textContent = news.map((one) => one.join(": ")).join(", ");
}

const served = new WeakMap();
const words = (element) => element.outerHTML.replace(/name="-seal" value="[^"]*"/g, "");

// Whether the part shows now what is so.
function put(fresh, element, sent) {
  if (busy(element, sent)) {
    held.add(element);
    return false;
  }
  const next = fresh.getElementById(element.id);
  if (!next) return false;
  const said = words(next);
  if (served.get(element) === said) return true;
  const adopted = document.adoptNode(next), focused = document.activeElement;
  const sign = element.contains(focused) && focused !== element && signOf(focused);
  const place = sign ? all("*", element).filter((one) => signOf(one) === sign).indexOf(focused) : 0;
  const open = new Set(all("details[open][id]", element).map((one) => one.id));
  for (const one of all("details[id]", adopted)) if (open.has(one.id)) one.open = true;
  const filters = new Map(all("[data-filter]", element).map((one) => [one.dataset.filter, one.value]));
  for (const one of all("[data-filter]", adopted)) one.value = filters.get(one.dataset.filter) ?? "";
  const scrolls = (within) => all(".scroll,.picture,.stage,pre,.tabs,[data-keep-scroll]", within);
  const scrolled = scrolls(element).map((one) => [one.scrollTop, one.scrollLeft]);
  const within = element.contains(focused), before = states(element);
  element.replaceWith(adopted);
  served.set(adopted, said);
  awaken(adopted);
  scrolls(adopted).forEach((one, at) => { if (scrolled[at]) [one.scrollTop, one.scrollLeft] = scrolled[at]; });
  hearStates(before, adopted);
  if (within) focusAgain(adopted, sign, place);
  adopted.dispatchEvent(new CustomEvent("fresh", { bubbles: true }));
  return true;
}

// A page has other parts when what it is about came or went, such as a server: then it is loaded anew.
const formOf = (page) => all("main [data-live][id]", page).map((one) => one.id).join(" ");

function anew(parts) {
  if (busy(document.querySelector("main"))) return parts.forEach((one) => held.add(one));
  const said = document.querySelector(".toast:not(.lost)")?.textContent;
  if (said) sessionStorage.setItem("told", said);
  location.reload();
}

// `sent` is a form that was sent just now: what is filled in there is done with.
export async function refresh(elements = all("[data-live],[data-fresh]"), sent = null, more = {}) {
  const pages = new Map();
  for (const element of elements) {
    const from = element.dataset.from ? address(element.dataset.from) : location.href;
    if (!pages.has(from)) pages.set(from, []);
    pages.get(from).push(element);
  }
  if (!pages.size) return location.reload();
  await Promise.all([...pages].map(async ([from, parts]) => {
    const fresh = await fetchPart(from, more);
    if (from === location.href && formOf(fresh) !== formOf(document)) return anew(parts);
    for (const part of parts) if (part.isConnected && put(fresh, part, sent)) note(part, fresh);
  }));
}

// ---- Listening: while somebody can see the page, and with the stamps of what it shows

const followed = new Map(); // topics of scripts, to what they do then
const shown = stampsIn(document);
let port, waiting = new Set(), timer;

function stampsIn(page) {
  return new Map(Object.entries(JSON.parse(page.querySelector("meta[name=mainspring-seen]")?.content || "{}")));
}

const topicsOf = (part) => (part.dataset.live || "").split(" ").filter(Boolean);

function note(part, fresh) {
  const stamps = stampsIn(fresh);
  for (const topic of topicsOf(part)) shown.set(topic, stamps.get(topic) ?? "");
}

function connected() {
  const feed = new URL("./console-feed.js?events=" + encodeURIComponent(address("/api/events")), import.meta.url);
  if (typeof SharedWorker === "function") return new SharedWorker(feed, { type: "module" }).port;
  const { port1, port2 } = new MessageChannel();
  new Feed(address("/api/events")).take(port2);
  return port1;
}

export function listen() {
  const topics = [...new Set([...all("[data-live]").flatMap(topicsOf), ...followed.keys()])];
  if (!topics.length || document.hidden) return;
  if (!port) (port = connected()).onmessage = ({ data }) => ("changed" in data ? hear(data.changed) : tellLost(data.lost));
  port.postMessage({ stamps: topics.map((topic) => [topic, shown.get(topic) ?? ""]) });
}

function leave() {
  port?.postMessage({ gone: true });
}

// What a script does by itself when a topic changed; at once, too, since nobody knows what it has.
export function follow(topic, act) {
  followed.set(topic, act);
  listen();
}

function hear(topic) {
  followed.get(topic)?.();
  waiting.add(topic);
  clearTimeout(timer);
  timer = setTimeout(async () => {
    const news = waiting;
    waiting = new Set();
    const parts = all("[data-live]").filter((one) => topicsOf(one).some((topic) => news.has(topic)));
    if (parts.length) await refresh(parts, null, QUIET).catch(() => undefined);
    listen();
  }, 120);
}

async function tellLost(lost) {
  const told = document.querySelector(".toast.lost");
  if (!lost) return told?.remove();
  if (told) return;
  const note = document.createElement("div");
  note.className = "toast failed lost";
  document.querySelector(".toasts").append(note);
  const answer = await fetch(address("/api/me"), { headers: { accept: "application/json", ...QUIET } }).catch(() => null);
  const why = answer?.status === 401 ? "You are signed out" : "The console does not answer";
  note.textContent = `${why}: what is shown may be old.`;
}

addEventListener("pagehide", leave);
addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
document.addEventListener("visibilitychange", () => (document.hidden ? leave() : listen()));
