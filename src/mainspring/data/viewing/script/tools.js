// The tools.
const select = (id, label, options, value) =>
  "<label>" +
  label +
  ' <select id="' +
  id +
  '">' +
  options
    .map(
      ([key, text]) =>
        '<option value="' +
        esc(key) +
        '"' +
        (String(key) === String(value) ? " selected" : "") +
        ">" +
        esc(text) +
        "</option>",
    )
    .join("") +
  "</select></label>";
const kinds = data.kinds.filter((kind) => data.features.some((one) => one.k === kind));
const used = () => {
  const possible = new Set([
    "order",
    "name",
    "missing",
    "nu",
    "u",
    "c",
    ...kinds.flatMap((kind) => COLUMNS[kind].map((column) => column[1])),
  ]);
  if (hasDrift) {
    possible.add("drift");
  }
  if (hasWrong) {
    possible.add("a");
  }
  return Object.keys(KEYS)
    .filter((key) => possible.has(key))
    .map((key) => [key, KEYS[key][0]]);
};
const press = (kind, key, text, on) =>
  '<button type="button" class="chip" data-' +
  kind +
  '="' +
  esc(key) +
  '" aria-pressed="' +
  on +
  '">' +
  text +
  "</button>";
const tools = document.createElement("div");
tools.className = "tools";
const drawTools = () => {
  const off = state.kinds.split(","),
    all = series();
  const count = (test) => data.features.filter(test).length;
  tools.innerHTML =
    '<div><label><span class="sr">Find features by name or type</span><input type="search" id="find" placeholder="Find (regular expression)  /" autocomplete="off" spellcheck="false"></label>' +
    select("sort", "Sort by", used(), state.sort) +
    '<button type="button" class="chip icon" id="turn" aria-label="' +
    (state.down ? "Descending; turn round" : "Ascending; turn round") +
    '">' +
    (state.down ? "\u2193" : "\u2191") +
    "</button>" +
    (kinds.length > 1
      ? kinds
          .map((kind) =>
            press(
              "kind",
              kind,
              TITLES[kind] + "<small>" + count((one) => one.k === kind) + "</small>",
              !off.includes(kind),
            ),
          )
          .join("")
      : "") +
    (hasWrong
      ? press(
          "only",
          "anomalies",
          "Only anomalies<small>" + count((one) => one.a) + "</small>",
          state.only === "anomalies",
        )
      : "") +
    (data.features.some((one) => one.d && one.d.x)
      ? press(
          "only",
          "drifted",
          "Only drifted<small>" + count((one) => one.d && one.d.x) + "</small>",
          state.only === "drifted",
        )
      : "") +
    '<span class="found" role="status"></span></div><div>' +
    '<span class="seg" role="group" aria-label="Distribution as">' +
    VIEWS.map(
      ([key, text]) =>
        '<button type="button" data-view="' +
        key +
        '" aria-pressed="' +
        (state.view === key) +
        '">' +
        text +
        "</button>",
    ).join("") +
    "</span>" +
    '<label><input type="checkbox" data-log="y"' +
    (state.log.includes("y") ? " checked" : "") +
    '> log counts</label><label><input type="checkbox" data-log="x"' +
    (state.log.includes("x") ? " checked" : "") +
    "> log values</label>" +
    (data.slices.length > 1
      ? select(
          "slice",
          "Slice",
          data.slices.map((name, i) => [i, name || "all rows"]),
          state.slice,
        ) +
        '<label><input type="checkbox" id="beside"' +
        (state.beside ? " checked" : "") +
        (state.slice ? "" : " disabled") +
        "> beside all rows</label>"
      : "") +
    (all.length > 1
      ? '<span class="rule"></span>' +
        all.map((one, i) => press("series", i, swatch(one) + esc(one.name), one.on)).join("")
      : "") +
    "</div>";
  tools.querySelector("#find").value = state.find;
};
