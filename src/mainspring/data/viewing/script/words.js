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
  } else if (size >= 1e3 && size < 1e7) {
    text = grouped(size.toFixed(0));
  } else if (size >= 1e7 || (size && size < 1e-4)) {
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
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200];
// Points in time for an axis: beginnings of months where there are enough, else even steps.
const calendar = (low, high, most) => {
  const ends = [low, high].map((seconds) => new Date(seconds * 1000));
  if (ends.some((end) => isNaN(end))) {
    return [];
  }
  const [from, to] = ends.map((end) => end.getUTCFullYear() * 12 + end.getUTCMonth());
  const step = MONTHS.find((one) => (to - from) / one <= most);
  const found = [];
  for (let month = step ? Math.ceil((from + 0.001) / step) * step : to + 1; month <= to; month += step) {
    found.push(new Date(0).setUTCFullYear(Math.floor(month / 12), month % 12, 1) / 1000);
  }
  return found.length > 1 ? found.filter((seconds) => seconds >= low && seconds <= high) : [];
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
