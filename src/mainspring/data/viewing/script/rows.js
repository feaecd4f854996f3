// Rows.
const badges = (feature) => {
  const wrong = (feature.a || []).map((place) => data.anomalies[place].s),
    errors = wrong.filter((one) => one === "ERROR").length,
    others = wrong.length - errors;
  const badge = (kind, text) => ' <span class="badge ' + kind + '">' + text + "</span>";
  return (
    (feature.l ? badge("label", "label") : "") +
    (errors ? badge("error", errors + (errors > 1 ? " errors" : " error")) : "") +
    (others ? badge("warning", others + (others > 1 ? " warnings" : " warning")) : "") +
    (feature.d && feature.d.x && !wrong.length ? badge("warning", "drifted") : "")
  );
};
const driftCell = (feature) => {
  if (!feature.d) {
    return cell(DASH, "gone");
  }
  const [, value, limit] = feature.d.g[0];
  return (
    cell(
      (feature.d.x ? "\u25b2 " : "") +
        (value > 0 && value < 1e-4
          ? "< 0.0001"
          : figure(value === null ? null : Number(value.toFixed(value < 1 ? 4 : 2)))),
      feature.d.x ? "warn" : "",
    ) + (limit === null ? "" : '<span class="limit">limit ' + figure(limit) + "</span>")
  );
};
const breakable = (text) => esc(text).replace(/[_.]/g, "$&<wbr>");
let nodes = [];
const rowOf = (feature) => {
  if (nodes[feature.i]) {
    return nodes[feature.i];
  }
  const row = document.createElement("tr"),
    parts = partsOf(feature),
    open = state.open.includes(feature.n);
  row.className = "row" + (shown.length > 1 ? " two" : "");
  row.dataset.i = feature.i;
  row.setAttribute("role", "row");
  row.innerHTML =
    '<th scope="row" role="rowheader"><button type="button" class="name" aria-expanded="' +
    open +
    '">' +
    breakable(feature.n) +
    '</button><div class="under">' +
    esc(feature.t) +
    badges(feature) +
    "</div></th>" +
    (shown.length > 1
      ? '<td role="cell" class="key-col">' +
        shown
          .map((one) => '<span class="v">' + swatch(one) + '<span class="sr">' + esc(one.name) + "</span></span>")
          .join("") +
        "</td>"
      : "") +
    COLUMNS[feature.k]
      .map(
        ([title, , make, lesser, more]) =>
          '<td role="cell" data-label="' +
          title +
          '" class="' +
          (lesser ? "lesser " : "") +
          (more || "") +
          '">' +
          parts.map((part) => make(part, feature)).join("") +
          "</td>",
      )
      .join("") +
    (hasDrift ? '<td role="cell" data-label="Distance" class="drift">' + driftCell(feature) + "</td>" : "") +
    '<td role="cell" class="pic"></td>';
  nodes[feature.i] = row;
  eyes.observe(row);
  return row;
};
const details = new Map();
const detailOf = (feature) => {
  let row = details.get(feature.i);
  if (!row) {
    row = document.createElement("tr");
    row.className = "detail";
    row.setAttribute("role", "row");
    row.innerHTML = '<td role="cell">' + panel(feature) + "</td>";
    details.set(feature.i, row);
  }
  return row;
};

// Small pictures are drawn when their row comes near the view.
let drawn = new Set();
const near = new Set();
const paint = (row) => {
  const place = Number(row.dataset.i);
  if (!drawn.has(place)) {
    drawn.add(place);
    row.lastElementChild.innerHTML = small(data.features[place]);
  }
};
const eyes = new IntersectionObserver(
  (seen) =>
    seen.forEach((one) => {
      if (one.isIntersecting) {
        near.add(one.target);
        paint(one.target);
      } else {
        near.delete(one.target);
      }
    }),
  { rootMargin: "400px" },
);
addEventListener("beforeprint", () => nodes.forEach((row) => row && paint(row)));
