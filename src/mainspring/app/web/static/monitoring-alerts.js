// Several alerts at once: the form of taking care becomes that of the button that is pressed.

const all = (query) => Array.from(document.querySelectorAll(query));
const boxes = () => all('input[name="alerts"][form="bulk"]:not(:disabled)').filter((one) => !one.closest("tr").hidden);

function tell() {
  const chosen = boxes().filter((one) => one.checked).length;
  for (const part of all("[data-more]")) part.hidden = false;
  for (const button of all("[data-chosen-only]")) button.disabled = !chosen;
  for (const words of all("[data-chosen]")) words.textContent = chosen ? `${chosen} chosen` : "choose several";
  for (const box of all("[data-choose-all]")) {
    box.checked = chosen > 0 && chosen === boxes().length;
    box.indeterminate = chosen > 0 && !box.checked;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-choose-all]")) for (const box of boxes()) box.checked = event.target.checked;
  if (event.target.matches("[data-choose-all],[form=bulk]")) tell();
  if (event.target.closest("[data-filters]")) event.target.form.requestSubmit();
});

// Before the form is sent: only what the operation takes goes along.
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-to]");
  if (!button) return;
  const form = button.form, note = form.querySelector("[data-note]"), length = form.querySelector("select");
  form.action = button.dataset.to;
  note.name = button.dataset.field;
  note.required = button.dataset.field === "why" && button.hasAttribute("data-length");
  length.disabled = !button.hasAttribute("data-length");
}, true);

document.addEventListener("fresh", tell);
tell();
