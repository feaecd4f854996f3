// What is done to a page, and to whatever is put into it later: times in the reader's zone, tables that sort, places that scroll.

import { all } from "./console-asking.js";
import { sortable } from "./console-tables.js";

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
  exact: (moment) => moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" }),
  moment: (moment) => moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }),
};

// What says the same as before is left alone, and with it what the reader has marked.
function tellTimes(within = document, form = "") {
  for (const element of all("time[datetime]", within)) {
    const moment = new Date(element.dateTime), words = (forms[form || element.dataset.form] || forms.moment)(moment);
    if (element.textContent !== words) element.textContent = words;
    element.title ||= moment.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
  }
}
setInterval(tellTimes, 20000);
addEventListener("beforeprint", () => tellTimes(document, "moment")); // paper does not know when it is read
addEventListener("afterprint", () => tellTimes());

// What scrolls inside the page, and has nothing in it that takes the keyboard there, is reached by Tab, and has a name.
const PLACES = ".scroll,.picture,.stage,pre", REACHED = "a[href],button,input,select,textarea,summary,[tabindex='0']";

function reachable() {
  for (const place of all(PLACES)) {
    const scrolls = place.scrollWidth > place.clientWidth + 1 || place.scrollHeight > place.clientHeight + 1;
    if (place.dataset.reached === undefined && (place.hasAttribute("tabindex") || !scrolls || place.querySelector(REACHED))) continue;
    if (scrolls) {
      place.dataset.reached = "";
      place.tabIndex = 0;
      if (!place.hasAttribute("role")) place.setAttribute("role", "group");
      if (!place.hasAttribute("aria-label") && !place.hasAttribute("aria-labelledby")) place.setAttribute("aria-label", nameOf(place));
    } else {
      delete place.dataset.reached;
      place.removeAttribute("tabindex");
    }
  }
}

// What a place is called: as its table, or as what it stands in.
function nameOf(place) {
  const around = place.closest("section,figure,details,dialog,main");
  const told = place.querySelector("caption,table[aria-label],svg[aria-label]");
  const head = around?.querySelector("h1,h2,h3,figcaption,summary");
  return told?.getAttribute("aria-label") || told?.textContent.trim() || around?.getAttribute("aria-label") || head?.textContent.trim() || "Scrolls";
}
addEventListener("resize", reachable);
document.addEventListener("toggle", reachable, true);

export function awaken(within = document) {
  tellTimes(within);
  for (const table of all("table[data-sort]", within)) sortable(table);
  reachable();
}
