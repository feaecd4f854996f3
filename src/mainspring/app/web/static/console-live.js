// Live parts: <div id data-live="runs run:NAME" data-from="/address"> is fetched anew when a topic changed. What the reader
// is in the middle of comes first: a part waits while something is typed or marked in it, and then keeps the focus.

import { address, all } from "./console-asking.js";
import { awaken } from "./console-awaken.js";

export async function fetchPart(where) {
  const answer = await fetch(where, { headers: { accept: "text/html" } });
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

const served = new WeakMap();
const words = (element) => element.outerHTML.replace(/name="-seal" value="[^"]*"/g, "");

function put(fresh, element, sent) {
  if (busy(element, sent)) {
    held.add(element);
    return;
  }
  const next = fresh.getElementById(element.id);
  if (!next) return;
  const said = words(next);
  if (served.get(element) === said) return;
  const adopted = document.adoptNode(next), focused = document.activeElement;
  const sign = element.contains(focused) && focused !== element && signOf(focused);
  const place = sign ? all("*", element).filter((one) => signOf(one) === sign).indexOf(focused) : 0;
  const open = new Set(all("details[open][id]", element).map((one) => one.id));
  for (const one of all("details[id]", adopted)) if (open.has(one.id)) one.open = true;
  const filters = new Map(all("[data-filter]", element).map((one) => [one.dataset.filter, one.value]));
  for (const one of all("[data-filter]", adopted)) one.value = filters.get(one.dataset.filter) ?? "";
  const scrolls = (within) => all(".scroll,.picture,.stage,pre,.tabs,[data-keep-scroll]", within);
  const scrolled = scrolls(element).map((one) => [one.scrollTop, one.scrollLeft]);
  const within = element.contains(focused);
  element.replaceWith(adopted);
  served.set(adopted, said);
  awaken(adopted);
  scrolls(adopted).forEach((one, at) => { if (scrolled[at]) [one.scrollTop, one.scrollLeft] = scrolled[at]; });
  if (within) focusAgain(adopted, sign, place);
  adopted.dispatchEvent(new CustomEvent("fresh", { bubbles: true }));
}

// `sent` is a form that was sent just now: what is filled in there is done with.
export async function refresh(elements = all("[data-live],[data-fresh]"), sent = null) {
  const pages = new Map();
  for (const element of elements) {
    const from = element.dataset.from ? address(element.dataset.from) : location.href;
    if (!pages.has(from)) pages.set(from, []);
    pages.get(from).push(element);
  }
  if (!pages.size) return location.reload();
  await Promise.all([...pages].map(async ([from, parts]) => {
    const fresh = await fetchPart(from);
    for (const part of parts) if (part.isConnected) put(fresh, part, sent);
  }));
}

// ---- Listening

let source, listened = "", waiting = new Set(), timer;

export function listen() {
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
      const news = waiting;
      waiting = new Set();
      const parts = all("[data-live]").filter((one) => one.dataset.live.split(" ").some((topic) => news.has(topic)));
      await refresh(parts).catch(() => undefined);
      listen();
    }, 120);
  });
}
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", (event) => { if (event.persisted) { listened = ""; listen(); } });
