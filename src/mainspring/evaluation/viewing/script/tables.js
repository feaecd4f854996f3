// Words, and tables that sort by a click on a heading.
const root = document.documentElement;
const $ = (query, from) => (from || document).querySelector(query);
const $$ = (query, from) => Array.from((from || document).querySelectorAll(query));
const DASH = "\u2014",
  MINUS = "\u2212";
root.classList.add("js");

const esc = (text) =>
  String(text).replace(
    /[&<>"']/g,
    (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[sign],
  );
// Four significant digits, as the rest of the page has them.
const figure = (value) => {
  if (value === null || !Number.isFinite(value)) {
    return DASH;
  }
  const size = Math.abs(value);
  let text;
  if (Number.isInteger(value) && size < 1e12) {
    text = size.toLocaleString("en");
  } else if (size >= 1e7 || size < 1e-4) {
    text = size
      .toExponential(2)
      .replace(/\.?0+e/, "e")
      .replace(/e([+-])(\d)$/, "e$10$2");
  } else if (size >= 1e4) {
    text = Math.round(size).toLocaleString("en");
  } else {
    text = String(Number(size.toPrecision(4)));
  }
  return (value < 0 ? MINUS : "") + text;
};
const change = (value) => {
  if (value === null || !Number.isFinite(value)) {
    return DASH;
  }
  return value === 0 ? "\u00b10" : (value > 0 ? "+" : "") + figure(Number(value.toPrecision(3)));
};

const numberOf = (text) => (text === "" ? NaN : Number(text.replace(/,/g, "").replace(MINUS, "-")));
const keyOf = (row, place) => {
  const cell = row.cells[place],
    text = cell.dataset.sort === undefined ? cell.textContent.trim() : cell.dataset.sort;
  return { text, number: numberOf(text) };
};
const byKey = (a, b, up) => {
  const lost = [isNaN(a.number), isNaN(b.number)];
  if (lost[0] !== lost[1]) {
    return lost[0] ? 1 : -1; // what does not exist comes last either way
  }
  const order = lost[0] ? a.text.localeCompare(b.text, "en", { numeric: true }) : a.number - b.number;
  return up ? order : -order;
};
const sortBy = (table, head, up) => {
  $$("th[aria-sort]", table).forEach((other) => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows, (row) => [keyOf(row, head.cellIndex), row]);
  body.append(...rows.sort((a, b) => byKey(a[0], b[0], up)).map((pair) => pair[1]));
  table.dispatchEvent(new Event("sorted"));
};
$$("table.sortable").forEach((table) =>
  $$("thead th:not(.plain)", table).forEach((head) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sortBy(table, head, head.getAttribute("aria-sort") !== "ascending"));
  }),
);
// A box above a table keeps the rows that hold its text.
$$("[data-find]").forEach((box) => {
  const tools = box.closest(".tools"),
    rows = $$("tbody tr", tools.nextElementSibling),
    words = rows.map((row) => row.cells[0].textContent.toLowerCase());
  const filter = () => {
    const wanted = box.value.trim().toLowerCase();
    let seen = 0;
    rows.forEach((row, place) => {
      row.hidden = !words[place].includes(wanted);
      seen += row.hidden ? 0 : 1;
    });
    $(".found", tools).textContent = (seen === rows.length ? "" : seen + " of ") + rows.length + " rows";
  };
  box.addEventListener("input", filter);
  filter();
});
