// Keys: single ones, which are never taken while something is typed, nor with Ctrl, Alt or Meta, and can be turned off.

import { all, root } from "./console-asking.js";
import { open } from "./console-opening.js";
import { walk } from "./console-tables.js";

const OFF = "mainspring_no_keys" + root;
const off = () => { try { return localStorage.getItem(OFF) !== null; } catch { return false; } };

const TYPED = "input:not([type=checkbox],[type=radio],[type=range]),select,textarea,[contenteditable]";

const own = [];
// A page's own keys: `take` gets the event, and says whether the key was its. After g they are not asked.
export const onKey = (take) => own.push(take);

let before = "", over;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.key === "Shift" || off()) return;
  if (event.target.matches?.(TYPED) || document.querySelector("dialog[open]")) return;
  const chord = before;
  before = event.key;
  clearTimeout(over);
  over = setTimeout(() => { before = ""; }, 1200);
  if (chord === "g") {
    const link = all(".menu [data-key]").find((one) => one.dataset.key === event.key);
    if (!link) return;
    location.assign(link.href);
  } else if (own.some((take) => take(event))) before = "";
  else if (event.key === "/") open("search");
  else if (event.key === "?") open("keys");
  else if (event.key === "j") walk(1);
  else if (event.key === "k") walk(-1);
  else return;
  event.preventDefault();
});

const used = document.querySelector("[data-keys-used]");
used.checked = !off();
used.addEventListener("change", () => {
  try { if (used.checked) localStorage.removeItem(OFF); else localStorage.setItem(OFF, ""); } catch { /* no storage: they stay as they are */ }
});
