// The data of the page, and figures in words.
const source = document.getElementById("data");
if (!source) {
  return;
}
const data = JSON.parse(source.textContent);
const root = document.getElementById("features");
const $$ = (query, from) => Array.from((from || root).querySelectorAll(query));

// Words. Whatever comes from the data goes through esc() before it becomes part of the page.
const SIGNS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const esc = (text) => String(text).replace(/[&<>"']/g, (sign) => SIGNS[sign]);
const DASH = "\u2014",
  MINUS = "\u2212";
const grouped = (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
const figure = (value) => {
  if (value === null || value === undefined) {
    return DASH;
  }
  if (typeof value !== "number") {
    return String(value);
  }
  const size = Math.abs(value);
  let text;
  if (Number.isInteger(value) && size < 1e12) {
    text = grouped(String(size));
  } else if (size >= 1e4 && size < 1e7) {
    text = grouped(size.toFixed(0));
  } else if (size >= 1e4 || (size && size < 1e-4)) {
    text = size
      .toExponential(2)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  } else {
    text = String(Number(size.toPrecision(4)));
  }
  return (value < 0 ? MINUS : "") + text;
};
const percent = (share) => {
  if (!Number.isFinite(share)) {
    return DASH;
  }
  if (share > 0 && share < 0.001) {
    return "< 0.1 %";
  }
  if (share > 0.999 && share < 1) {
    return "> 99.9 %";
  }
  return (share * 100).toFixed(1).replace(/\.0$/, "") + " %";
};
const moment = (seconds, span) => {
  if (seconds === null || seconds === undefined) {
    return DASH;
  }
  const date = new Date(seconds * 1000);
  if (isNaN(date)) {
    return figure(seconds);
  }
  const text = date.toISOString();
  const whole = span === undefined ? seconds % 86400 === 0 : span > 4 * 86400;
  return whole ? text.slice(0, 10) : text.slice(0, 16).replace("T", " ");
};
