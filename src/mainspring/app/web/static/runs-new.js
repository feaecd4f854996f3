// The form of a new run: what was changed is marked, only that is sent, and what would run is shown on demand.

import { address } from "./console-asking.js";
import { fetchPart } from "./console-live.js";
const form = document.querySelector("[data-start]");

function mark(field) {
  if (field.dataset.default === undefined) return;
  field.closest(".field").classList.toggle("changed", field.value !== field.dataset.default);
}

// What is wrong with a parameter stands at its field, until it is changed.
function place(fields) {
  for (const old of form.querySelectorAll(".field .problem")) old.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  for (const [name, words] of Object.entries(fields ?? {})) {
    const field = form.elements[`parameters.${name}`];
    if (!field) continue;
    const told = document.createElement("span");
    told.className = "problem";
    told.textContent = words;
    field.setAttribute("aria-invalid", "true");
    field.after(told);
  }
  form.querySelector("[aria-invalid]")?.focus();
}

function settled(field) {
  mark(field);
  field.removeAttribute("aria-invalid");
  field.closest(".field")?.querySelector(".problem")?.remove();
}

// What is as the pipeline says is not given: the run then follows the pipeline when it is taken up again later.
form?.addEventListener("formdata", (event) => {
  for (const field of form.querySelectorAll("[data-default]")) {
    if (field.value === field.dataset.default) event.formData.delete(field.name);
  }
});

form?.addEventListener("input", (event) => settled(event.target));
form?.addEventListener("change", (event) => settled(event.target));
form?.addEventListener("refused", (event) => place(event.detail.fields));

form?.querySelector("[data-dry]").addEventListener("click", async (event) => {
  const query = new URLSearchParams({ dry: "1" });
  for (const [name, value] of new FormData(form)) if (!name.startsWith("-") && name !== "name") query.append(name, value);
  const plan = document.getElementById("plan");
  plan.setAttribute("aria-busy", "true");
  event.target.setAttribute("aria-busy", "true");
  try {
    const fresh = await fetchPart(address("/runs/new?" + query));
    plan.replaceChildren(...document.adoptNode(fresh.getElementById("plan")).childNodes);
    place(JSON.parse(plan.querySelector("[data-fields]")?.dataset.fields ?? "{}"));
  } finally {
    plan.removeAttribute("aria-busy");
    event.target.removeAttribute("aria-busy");
  }
});
