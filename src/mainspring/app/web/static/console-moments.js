// Fields with a moment: filled in in the reader's own time, and sent in UTC, which is how pages and programs take it.

import { all } from "./console-asking.js";

const two = (number) => String(number).padStart(2, "0");

for (const field of all("input[data-moment]")) {
  const moment = new Date(field.value + "Z");
  if (field.value) field.value = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
  field.closest("label").querySelector("[data-zone]").textContent = "";
}

document.addEventListener("formdata", (event) => {
  for (const field of all("input[data-moment]", event.target))
    if (field.value) event.formData.set(field.name, new Date(field.value).toISOString().slice(0, 16) + "Z");
});
