// What moves on every page, part by part. Pages work without it; a page's own script imports what it needs from the parts.

import { all, root, tell } from "./console-asking.js";
import { awaken } from "./console-awaken.js";
import "./console-forms.js";
import "./console-keys.js";
import { listen } from "./console-live.js";
import "./console-search.js";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy],[data-theme-switch]");
  if (!button) return;
  if (button.dataset.themeSwitch !== undefined) switchTheme();
  else navigator.clipboard.writeText(button.dataset.copy).then(() => tell("Copied"), () => tell("The browser did not let it be copied", true));
});

// Why something cannot be done is told to whoever tries, and not only to a mouse that rests on it.
document.addEventListener("click", (event) => {
  const refused = event.target.closest("[aria-disabled=true][title]");
  if (refused) tell(refused.title, true);
});

function switchTheme() {
  const dark = getComputedStyle(document.documentElement).colorScheme.includes("dark") && !document.documentElement.matches("[data-theme=light]");
  const next = dark ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  document.cookie = `mainspring_theme=${next};path=${root || "/"};max-age=31536000;samesite=lax`;
  for (const frame of all("iframe[data-frame]")) frame.src = frame.src;
}

// A page in a frame says how high it is.
addEventListener("message", (event) => {
  for (const frame of all("iframe[data-frame]")) {
    if (frame.contentWindow === event.source && Number.isFinite(event.data?.height)) frame.height = Math.ceil(event.data.height) + 2;
  }
});

// A link to something that is folded up opens it.
function unfold() {
  const there = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!there?.matches("details")) return;
  there.open = true;
  there.scrollIntoView();
}
addEventListener("hashchange", unfold);

awaken();
listen();
unfold();
if (sessionStorage.getItem("told")) tell(sessionStorage.getItem("told"));
sessionStorage.removeItem("told");
for (const tab of all(".tabs [aria-current]")) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
for (const toast of all(".toasts .toast")) setTimeout(() => toast.remove(), 4500);
