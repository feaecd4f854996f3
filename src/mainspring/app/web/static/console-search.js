// Search from anywhere: found while it is typed, chosen with arrows; what was opened lately is offered first.

import { address, all, ask, root } from "./console-asking.js";

const box = document.querySelector("#search input"), hits = document.getElementById("hits"), told = document.getElementById("hits-told");
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

function optionOf(hit, place) {
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
}

function showHits(found, text) {
  hits.replaceChildren(...found.map(optionOf));
  told.textContent = !text ? "" : found.length ? `${found.length} found` : `Nothing is called “${text}”`;
  box.setAttribute("aria-expanded", String(found.length > 0));
  if (found.length) box.setAttribute("aria-activedescendant", "hit-0");
  else box.removeAttribute("aria-activedescendant");
}

box.addEventListener("input", () => {
  clearTimeout(later);
  later = setTimeout(async () => {
    const text = box.value.trim(), mine = ++asked;
    const answer = text ? await ask("GET", "/search?text=" + encodeURIComponent(text)).catch(() => ({ hits: [] })) : { hits: opened() };
    if (mine === asked) showHits(answer.hits, text);
  }, 90);
});

// This browser alone remembers what was opened lately.
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
  else if (event.key === "Escape") document.getElementById("search").close(); // at once, and not after the words are gone
  else return;
  event.preventDefault();
});
