// Rows are answered by keys: 1 to 9 for classes, s to skip, ? for "cannot say", u for the row before.

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input,select,textarea") || document.querySelector("dialog[open]")) return;
  const form = document.querySelector("[data-answer]");
  const button = event.key === "u"
    ? document.querySelector("[data-key-u]:not([hidden])")
    : form && [...form.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key);
  if (!button || button.getAttribute("aria-busy") === "true") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  button.focus();
  button.click();
}, true);

// What is said of one row does not stay in the box of the next one.
document.addEventListener("sent", (event) => {
  if (event.target.matches("[data-answer]")) document.activeElement?.blur();
});
