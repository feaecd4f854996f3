// Rows are answered by keys: 1 to 9 for classes, s to skip, ? for "cannot say", u for the row before.

import { onKey } from "./console-keys.js";

onKey(({ key }) => {
  const form = document.querySelector("[data-answer]");
  const button = key === "u"
    ? document.querySelector("[data-key-u]:not([hidden])")
    : form && [...form.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
  if (!button || button.getAttribute("aria-busy") === "true") return false;
  button.focus();
  button.click();
  return true;
});

// Whoever has said something in the box of one row answers the next one by keys again.
document.addEventListener("sent", (event) => {
  if (event.target.matches("[data-answer]") && document.activeElement?.matches("input,textarea")) document.activeElement.blur();
});
