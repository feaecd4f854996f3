// Columns of each group: [heading, key to sort by, cell, less important].
const cell = (text, more) => '<span class="v' + (more ? " " + more : "") + '">' + text + "</span>";
const share = (part, whole, alarm) => {
  const value = whole ? part / whole : 0;
  return cell(percent(value), part === 0 ? "gone" : value >= alarm ? "warn" : "");
};
const each = (make) => (part) => (part ? make(part) : cell(DASH, "gone"));
const brief = (value) => {
  const full = figure(value);
  if (typeof value !== "number" || full.length < 8) {
    return full;
  }
  const size = Math.abs(value);
  let short =
    size >= 1e6 || size < 1e-3
      ? size
          .toExponential(2)
          .replace("e+", "e")
          .replace("e-", "e" + MINUS)
      : size.toPrecision(3);
  if (size >= 1e3 && size < 1e6) {
    short = grouped(size.toFixed(0));
  }
  return '<span title="' + full + '">' + (value < 0 ? MINUS : "") + short + "</span>";
};
const plainCell = (key, say) => each((part) => cell(say ? esc(say(part[key])) : brief(part[key])));
const day = (seconds) => moment(seconds, Infinity);
const timeCell = (key) => (part, feature) =>
  part ? cell(esc((feature.t === "date" ? day : moment)(part[key]))) : cell(DASH, "gone");
const COUNT = ["Count", "c", plainCell("c"), true];
const MISSING = ["Missing", "missing", each((part) => share(part.m, part.m + part.c, 0.5))];
const UNIQUE = ["Unique", "u", plainCell("u"), true];
const TOP = [
  "Top value",
  "",
  each((part) => cell(part.tt ? esc(part.tp) || "<i>(empty)</i>" : DASH)),
  false,
  "top",
];
const FREQ = ["Share", "freq", each((part) => cell(part.tt ? percent(part.tc / part.tt) : DASH))];
const LENGTH = ["Avg length", "al", plainCell("al"), true];
const COLUMNS = {
  numeric: [
    COUNT,
    MISSING,
    ["Mean", "mean", plainCell("mean")],
    ["Std dev", "sd", plainCell("sd")],
    ["Zeros", "zeros", each((part) => share(part.z, part.n, 0.5))],
    ["Min", "min", plainCell("min")],
    ["Median", "med", plainCell("med")],
    ["Max", "max", plainCell("max")],
    UNIQUE,
  ],
  categorical: [COUNT, MISSING, ["Unique", "u", plainCell("u")], TOP, FREQ, LENGTH],
  text: [COUNT, MISSING, ["Unique", "u", plainCell("u")], TOP, FREQ, LENGTH],
  time: [
    COUNT,
    MISSING,
    ["Earliest", "min", timeCell("min")],
    ["Median", "med", timeCell("med")],
    ["Latest", "max", timeCell("max")],
    UNIQUE,
  ],
  list: [
    COUNT,
    MISSING,
    ["Empty", "empty", each((part) => cell(part.lv ? figure(part.lv[0]) : DASH))],
    [
      "Values per list",
      "per",
      each((part) =>
        cell(part.lv ? [figure(part.lv[1]), figure(part.lv[2]), figure(part.lv[3])].join(" / ") : DASH),
      ),
    ],
    UNIQUE,
    TOP,
  ],
  other: [COUNT, MISSING, UNIQUE],
};
const TITLES = {
  numeric: "Numeric",
  categorical: "Categorical",
  text: "Text",
  time: "Time",
  list: "Lists",
  other: "Other",
};
