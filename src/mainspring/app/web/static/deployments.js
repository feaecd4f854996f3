// The slider of a canary says what it would do before it does it.

import { all } from "./console-asking.js";
const plain = (value) => Number(value).toLocaleString(undefined, { maximumFractionDigits: 1 });

function show(form) {
  const percent = Math.min(100, Math.max(0, Number(form.querySelector("[data-percent]").value) || 0));
  const preview = form.querySelector("[data-preview]"), now = Number(preview.dataset.now);
  preview.querySelector(".one").style.width = `${100 - percent}%`;
  preview.querySelector(".other").style.width = `${percent}%`;
  const rate = Number(document.getElementById("standing").dataset.rate);
  const words = percent === now
    ? `The share is ${plain(now)} % now.`
    : `${preview.dataset.candidate} would get ${plain(percent)} % instead of ${plain(now)} %` + (rate > 0 ? `, about ${plain((rate * percent) / 100)} requests per second.` : ".");
  preview.querySelector("[data-words]").textContent = `${words} Guards go on, counting anew.`;
  form.querySelector("[data-apply]").disabled = percent === now;
}

function ready(form) {
  const slide = form.querySelector("[data-slide]"), field = form.querySelector("[data-percent]");
  if (!slide || form.dataset.ready) return;
  form.dataset.ready = "yes";
  slide.addEventListener("input", () => { field.value = slide.value; show(form); });
  field.addEventListener("input", () => { slide.value = field.value; show(form); });
  show(form);
}

function awaken() {
  for (const form of all("form.share")) ready(form);
}

document.addEventListener("fresh", awaken);
awaken();
