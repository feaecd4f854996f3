// The table of runs: filters that act when they are chosen, and runs that are ticked to be compared.

const ticked = new Set();

function show() {
  const button = document.querySelector("[data-compare]");
  if (!button) return;
  for (const box of document.querySelectorAll("input[name=run]")) {
    box.checked = ticked.has(box.value);
    box.closest("tr").classList.toggle("chosen", box.checked);
  }
  button.disabled = ticked.size < 2;
  button.textContent = ticked.size ? `Compare ${ticked.size}` : "Compare";
}

document.addEventListener("change", (event) => {
  const box = event.target;
  if (box.matches("input[name=run]")) {
    if (box.checked) ticked.add(box.value);
    else ticked.delete(box.value);
    show();
  } else if (box.matches("[data-filters] select")) box.form.requestSubmit();
});

// Runs that were ticked on this page stay so after it was brought up to date.
document.addEventListener("fresh", show);
for (const box of document.querySelectorAll("input[name=run]:checked")) ticked.add(box.value);
show();
