// The form of a new run: what was changed is marked, only that is sent, and what would run is shown on demand.

import { address } from "./console-asking.js";
import { fetchPart } from "./console-live.js";
const form = document.querySelector("[data-start]");

function mark(field) {
  if (field.dataset.default === undefined) return;
  field.closest(".field").classList.toggle("changed", field.value !== field.dataset.default);
}

// What is as the pipeline says is not given: the run then follows the pipeline when it is taken up again later.
form?.addEventListener("formdata", (event) => {
  for (const field of form.querySelectorAll("[data-default]")) {
    if (field.value === field.dataset.default) event.formData.delete(field.name);
  }
});

form?.addEventListener("input", (event) => mark(event.target));
form?.addEventListener("change", (event) => mark(event.target));

form?.querySelector("[data-dry]").addEventListener("click", async (event) => {
  const query = new URLSearchParams({ dry: "1" });
  for (const [name, value] of new FormData(form)) if (!name.startsWith("-") && name !== "name") query.append(name, value);
  const place = document.getElementById("plan");
  place.setAttribute("aria-busy", "true");
  event.target.setAttribute("aria-busy", "true");
  try {
    const fresh = await fetchPart(address("/runs/new?" + query));
    place.replaceChildren(...document.adoptNode(fresh.getElementById("plan")).childNodes);
  } finally {
    place.removeAttribute("aria-busy");
    event.target.removeAttribute("aria-busy");
  }
});
