// What opens and closes: dialogs, the menu of a narrow screen, words that stay.

import { all } from "./console-asking.js";

const menu = document.getElementById("menu"), switched = document.querySelector("[data-menu]");

export function open(name) {
  const dialog = document.getElementById(name);
  if (dialog.open) return;
  dialog.showModal();
  const first = dialog.querySelector("[autofocus],input:not([type=hidden]),textarea,select");
  first?.focus();
  first?.select?.();
}

function showMenu(on) {
  menu.classList.toggle("open", on);
  switched.setAttribute("aria-expanded", String(on));
}

document.addEventListener("click", (event) => {
  const opens = event.target.closest("[data-open]");
  if (opens && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    open(opens.dataset.open);
  } else if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  else if (event.target.closest("[data-menu]")) showMenu(!menu.classList.contains("open"));
  else if (event.target.matches("dialog[open]") && !event.target.matches("#confirm")) event.target.close();
});

// The menu lies over the page: it goes when it is left.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  if (menu.classList.contains("open")) {
    showMenu(false);
    switched.focus();
  } else for (const toast of all(".toast:has(button)")) toast.remove();
});
document.addEventListener("focusin", (event) => { if (event.target.closest("main")) showMenu(false); });
