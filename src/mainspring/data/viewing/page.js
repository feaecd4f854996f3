(() => {
"use strict";
const source = document.getElementById("data");
if (!source) { return; }
const data = JSON.parse(source.textContent);
const root = document.getElementById("features");
const $$ = (query, from) => Array.from((from || root).querySelectorAll(query));

// Words. Whatever comes from the data goes through esc() before it becomes part of the page.
const SIGNS = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const esc = (text) => String(text).replace(/[&<>"']/g, (sign) => SIGNS[sign]);
const DASH = "\u2014", MINUS = "\u2212";
const grouped = (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
const figure = (value) => {
  if (value === null || value === undefined) { return DASH; }
  if (typeof value !== "number") { return String(value); }
  const size = Math.abs(value);
  let text;
  if (Number.isInteger(value) && size < 1e12) { text = grouped(String(size)); }
  else if (size >= 1e4 && size < 1e7) { text = grouped(size.toFixed(0)); }
  else if (size >= 1e4 || (size && size < 1e-4)) { text = size.toExponential(2).replace(/\.?0+e/, "e").replace("e+", "e"); }
  else { text = String(Number(size.toPrecision(4))); }
  return (value < 0 ? MINUS : "") + text;
};
const percent = (share) => {
  if (!Number.isFinite(share)) { return DASH; }
  if (share > 0 && share < 0.001) { return "< 0.1 %"; }
  if (share > 0.999 && share < 1) { return "> 99.9 %"; }
  return (share * 100).toFixed(1).replace(/\.0$/, "") + " %";
};
const moment = (seconds, span) => {
  if (seconds === null || seconds === undefined) { return DASH; }
  const date = new Date(seconds * 1000);
  if (isNaN(date)) { return figure(seconds); }
  const text = date.toISOString();
  const whole = span === undefined ? seconds % 86400 === 0 : span > 4 * 86400;
  return whole ? text.slice(0, 10) : text.slice(0, 16).replace("T", " ");
};

// State, kept in the address so that a link shows the same.
const KEYS = {
  order: ["Order of the columns"], name: ["Name"], a: ["Anomalies", 1], drift: ["Distance", 1], missing: ["Missing", 1],
  zeros: ["Zeros", 1], nu: ["Non-uniformity", 1], u: ["Unique", 1], mean: ["Mean", 1], sd: ["Std dev", 1],
  min: ["Min", 1], med: ["Median", 1], max: ["Max", 1], c: ["Count", 1], freq: ["Frequency of the top value", 1],
  al: ["Average length", 1], empty: ["Empty lists", 1], per: ["Values per list", 1],
};
const VIEWS = [["bars", "Histogram"], ["deciles", "Quantiles"], ["cumulative", "Cumulative"]];
const hasDrift = data.features.some((one) => one.d);
const hasWrong = data.features.some((one) => one.a);
const fresh = () => ({ sort: "order", down: false, find: "", kinds: "", only: "", slice: 0, beside: false, view: "bars", log: "", hide: "", open: [] });
let state = fresh();
const readAddress = () => {
  const given = new URLSearchParams(location.hash.slice(1)), found = fresh();
  for (const [key, value] of given) {
    if (key === "open") { found.open.push(value); }
    else if (key === "slice") { found.slice = Math.max(data.slices.indexOf(value), 0); }
    else if (typeof found[key] === "boolean") { found[key] = value === "1"; }
    else if (typeof found[key] === "string") { found[key] = value; }
  }
  if (!KEYS[found.sort]) { found.sort = "order"; }
  if (!VIEWS.some(([key]) => key === found.view)) { found.view = "bars"; }
  return found;
};
const writeAddress = () => {
  const usual = fresh(), kept = new URLSearchParams();
  for (const key of Object.keys(usual)) {
    if (key === "open") { state.open.forEach((name) => kept.append("open", name)); }
    else if (key === "slice") { if (state.slice) { kept.set("slice", data.slices[state.slice]); } }
    else if (state[key] !== usual[key]) { kept.set(key, state[key] === true ? "1" : state[key]); }
  }
  try { history.replaceState(null, "", "#" + kept); } catch (error) { /* a frame without an address of its own */ }
};

// Series: what is laid over each other, each with its colour.
const series = () => {
  const found = [], hidden = state.hide.split(",");
  data.datasets.forEach((name, set) => {
    const slice = data.slices[state.slice];
    found.push({ set, slice: state.slice, name: slice ? (data.datasets.length > 1 ? name + " \u00b7 " : "") + slice : name });
  });
  if (state.slice && state.beside) {
    data.datasets.forEach((name, set) => found.push({ set, slice: 0, name: (data.datasets.length > 1 ? name + " \u00b7 " : "") + "all rows" }));
  }
  found.forEach((one, place) => { one.colour = place % 6; one.on = !hidden.includes(String(place)); });
  if (!found.some((one) => one.on)) { found.forEach((one) => { one.on = true; }); }
  return found;
};
let shown = [];
const partsOf = (feature) => shown.map((one) => feature.v[one.set][one.slice]);

// Sorting and filtering.
const sortValue = (feature) => {
  const part = partsOf(feature).find(Boolean);
  switch (state.sort) {
    case "name": return feature.n.toLowerCase();
    case "a": return (feature.a || []).reduce((sum, place) => sum + (data.anomalies[place].s === "ERROR" ? 1000 : 1), 0);
    case "drift": return feature.d ? feature.d.x * 1e9 + feature.d.o : null;
    case "missing": return part ? part.m / (part.m + part.c || 1) : 1;
    case "zeros": return part && part.n ? part.z / part.n : null;
    case "freq": return part && part.tt ? part.tc / part.tt : null;
    case "empty": return part && part.lv ? part.lv[0] : null;
    case "per": return part && part.lv ? part.lv[2] : null;
    default: return part && part[state.sort] !== undefined ? part[state.sort] : null;
  }
};
const sorted = (features) => {
  if (state.sort === "order") { return state.down ? features.slice().reverse() : features; }
  const sign = state.down ? -1 : 1;
  return features.map((one) => [sortValue(one), one]).sort(([a, one], [b, other]) => {
    if (a === null || b === null) { return (a === null) - (b === null) || one.i - other.i; }
    const order = typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b;
    return sign * order || one.i - other.i;
  }).map((pair) => pair[1]);
};
const finder = () => {
  const text = state.find.trim();
  if (!text) { return () => true; }
  try { const wanted = new RegExp(text, "i"); return (one) => wanted.test(one.n) || wanted.test(one.t); }
  catch (error) { return (one) => one.n.toLowerCase().includes(text.toLowerCase()); }
};
const filtered = () => {
  const off = state.kinds.split(","), found = finder();
  return data.features.filter((one) => !off.includes(one.k) && found(one)
    && (state.only !== "anomalies" || one.a) && (state.only !== "drifted" || (one.d && one.d.x)));
};

// Columns of each group: [heading, key to sort by, cell, less important].
const cell = (text, more) => '<span class="v' + (more ? " " + more : "") + '">' + text + "</span>";
const share = (part, whole, alarm) => {
  const value = whole ? part / whole : 0;
  return cell(percent(value), part === 0 ? "gone" : value >= alarm ? "warn" : "");
};
const each = (make) => (part) => part ? make(part) : cell(DASH, "gone");
const brief = (value) => {
  const full = figure(value);
  if (typeof value !== "number" || full.length < 8) { return full; }
  const size = Math.abs(value);
  let short = size >= 1e6 || size < 1e-3 ? size.toExponential(2).replace("e+", "e").replace("e-", "e" + MINUS) : size.toPrecision(3);
  if (size >= 1e3 && size < 1e6) { short = grouped(size.toFixed(0)); }
  return '<span title="' + full + '">' + (value < 0 ? MINUS : "") + short + "</span>";
};
const plainCell = (key, say) => each((part) => cell(say ? esc(say(part[key])) : brief(part[key])));
const COUNT = ["Count", "c", plainCell("c"), true];
const MISSING = ["Missing", "missing", each((part) => share(part.m, part.m + part.c, 0.5))];
const UNIQUE = ["Unique", "u", plainCell("u"), true];
const TOP = ["Top value", "", each((part) => cell(part.tt ? esc(part.tp) || "<i>(empty)</i>" : DASH)), false, "top"];
const FREQ = ["Share", "freq", each((part) => cell(part.tt ? percent(part.tc / part.tt) : DASH))];
const LENGTH = ["Avg length", "al", plainCell("al"), true];
const COLUMNS = {
  numeric: [COUNT, MISSING, ["Mean", "mean", plainCell("mean")], ["Std dev", "sd", plainCell("sd")],
    ["Zeros", "zeros", each((part) => share(part.z, part.n, 0.5))], ["Min", "min", plainCell("min")],
    ["Median", "med", plainCell("med")], ["Max", "max", plainCell("max")], UNIQUE],
  categorical: [COUNT, MISSING, ["Unique", "u", plainCell("u")], TOP, FREQ, LENGTH],
  text: [COUNT, MISSING, ["Unique", "u", plainCell("u")], TOP, FREQ, LENGTH],
  time: [COUNT, MISSING, ["Earliest", "min", plainCell("min", moment)], ["Median", "med", plainCell("med", moment)],
    ["Latest", "max", plainCell("max", moment)], UNIQUE],
  list: [COUNT, MISSING, ["Empty", "empty", each((part) => cell(part.lv ? figure(part.lv[0]) : DASH))],
    ["Values per list", "per", each((part) => cell(part.lv ? [figure(part.lv[1]), figure(part.lv[2]), figure(part.lv[3])].join(" / ") : DASH))],
    UNIQUE, TOP],
  other: [COUNT, MISSING, UNIQUE],
};
const TITLES = { numeric: "Numeric", categorical: "Categorical", text: "Text", time: "Time", list: "Lists", other: "Other" };

// Distributions: from points of the distribution function to bars.
const below = (part, value) => {
  const { x, y } = part;
  if (part.d) {
    let sum = 0;
    for (let i = 0; i < x.length && x[i] < value; i += 1) { sum += y[i]; }
    return sum;
  }
  let low = 0, high = x.length;
  while (low < high) { const middle = (low + high) >> 1; if (x[middle] < value) { low = middle + 1; } else { high = middle; } }
  if (low === x.length) { return y[y.length - 1]; }
  if (x[low] === value || low === 0) { return low === 0 ? 0 : y[low]; }
  return y[low - 1] + (y[low] - y[low - 1]) * (value - x[low - 1]) / (x[low] - x[low - 1]);
};
const total = (part) => part.d ? part.y.reduce((a, b) => a + b, 0) : part.y[part.y.length - 1] || 0;
const drawable = (parts) => parts.filter((part) => part && part.x && part.x.length);
// A scale takes a value to 0…1 and back; the logarithmic one is linear near zero, so that it takes every number.
const scaleOf = (parts) => {
  const known = drawable(parts);
  const low = Math.min(...known.map((part) => part.x[0])), high = Math.max(...known.map((part) => part.x[part.x.length - 1]));
  if (low === high) { return { low: low - 0.5, high: high + 0.5, to: (v) => v - low + 0.5, back: (s) => low - 0.5 + s, single: true }; }
  if (!state.log.includes("x")) { return { low, high, to: (v) => (v - low) / (high - low), back: (s) => low + s * (high - low) }; }
  const sizes = known.flatMap((part) => part.x.map(Math.abs)).filter(Boolean).sort((a, b) => a - b);
  const near = Math.max(low > 0 ? low / 1e3 : sizes[Math.floor(sizes.length / 10)] || 1e-9, Math.max(-low, high) / 1e9);
  const bent = (v) => Math.sign(v) * Math.log10(1 + Math.abs(v) / near);
  const straight = (b) => Math.sign(b) * near * (10 ** Math.abs(b) - 1);
  const from = bent(low), span = bent(high) - from;
  return { low, high, log: true, to: (v) => (bent(v) - from) / span, back: (s) => straight(from + s * span) };
};
const edgesOf = (parts, scale, most) => {
  const known = drawable(parts);
  const span = scale.high - scale.low;
  const whole = !scale.log && known.every((part) => part.d && part.x.every(Number.isInteger));
  if (scale.single) { return [scale.low, scale.high]; }
  if (whole) {
    // As many whole numbers in every bin, or bars would go up and down for no reason.
    const step = span < 60 && span + 1 <= most * 2.5 ? 1 : Math.ceil((span + 1) / most);
    return Array.from({ length: Math.ceil((span + 1) / step) + 1 }, (_, i) => scale.low - 0.5 + i * step);
  }
  return Array.from({ length: most + 1 }, (_, i) => i === most ? scale.high : i === 0 ? scale.low : scale.back(i / most));
};
const counted = (part, edges) => {
  const marks = edges.map((edge, i) => i === edges.length - 1 ? total(part) : below(part, edge));
  return marks.slice(1).map((mark, i) => Math.max(mark - marks[i], 0));
};
const heights = (counts, wholes) => {
  // Several are compared by share, one is shown in rows; a log scale starts at one row of the largest.
  const many = counts.filter(Boolean).length > 1, largest = Math.max(...wholes, 1);
  const shares = counts.map((row, i) => row && row.map((count) => wholes[i] ? count / (many ? wholes[i] : 1) : 0));
  const unit = many ? largest : 1, log = state.log.includes("y");
  const say = log ? (v) => Math.log10(1 + v * unit) : (v) => v;
  const top = Math.max(...shares.filter(Boolean).flat(), many ? 1e-9 : 1);
  return { shares, top, many, log, at: (v) => say(v) / (say(top) || 1) };
};
const n = (value) => Number(value.toFixed(1));
const bars = (row, lefts, rights, base, tall, at) => row.map((value, i) => value > 0
  ? "M" + n(lefts[i]) + " " + n(base) + "V" + n(base - Math.max(at(value) * tall, 1)) + "H" + n(rights[i]) + "V" + n(base) + "z" : "").join("");
const outline = (row, lefts, rights, base, tall, at) => {
  let path = "M" + n(lefts[0]) + " " + n(base);
  row.forEach((value, i) => { const y = n(base - (value > 0 ? Math.max(at(value) * tall, 1) : 0)); path += "V" + y + "H" + n(rights[i]); });
  return path + "V" + n(base);
};
const layers = (marks, lefts, rights, base, tall, gap) => marks.shares.map((row, i) => {
  if (!row) { return ""; }
  const colour = "k" + shown[i].colour, first = i === marks.shares.findIndex(Boolean);
  return first ? '<path class="f ' + colour + '" d="' + bars(row, lefts, rights.map((x) => x - gap), base, tall, marks.at) + '"/>'
    : '<path class="o ' + colour + '" d="' + outline(row, lefts, rights, base, tall, marks.at) + '"/>';
}).join("");
// Values with the rows of every series; null where a series has too many values to know.
const words = (feature, parts, most) => (feature.w || []).slice(0, most).map((word, place) =>
  [typeof word === "number" ? String(word).replace("-", MINUS) : word, parts.map((part) => part && part.tn ? part.tn[place] : null)])
  .filter((pair) => pair[1].some(Boolean));
const picture = (wide, high, label, body) => '<svg role="img" aria-label="' + esc(label) + '" viewBox="0 0 ' + wide + " " + high
  + '" height="' + high + '" preserveAspectRatio="none">' + body + "</svg>";
const cumulative = (parts, scale, left, right, base, tall) => parts.map((part, i) => {
  if (!part || !part.x || !part.x.length) { return ""; }
  const whole = total(part) || 1, x = (v) => n(left + Math.min(Math.max(scale.to(v), 0), 1) * (right - left));
  let path = "M" + n(left) + " " + n(base), sum = 0;
  part.x.forEach((value, place) => {
    const before = part.d ? sum : part.y[place];
    sum = part.d ? sum + part.y[place] : part.y[place];
    const step = part.d || (place && part.x[place - 1] === value);
    path += (step ? "H" + x(value) + "V" : "L" + x(value) + " ") + n(base - (part.d ? sum : before) / whole * tall);
  });
  return '<path class="o sum k' + shown[i].colour + '" d="' + path + "H" + n(right) + '"/>';
}).join("");
const deciles = (parts, scale, left, right, top, tall) => {
  const rows = parts.map((part, i) => [part, i]).filter(([part]) => part && part.dc);
  const each = tall / Math.max(rows.length, 1), thick = Math.min(each - 4, 26);
  return rows.map(([part, i], place) => {
    const y = top + each * place + (each - thick) / 2, x = part.dc.map((v) => left + scale.to(v) * (right - left));
    const boxes = x.slice(1).map((end, k) => '<rect class="f ' + (k % 2 ? "deep" : "pale") + " k" + shown[i].colour + '" x="' + n(x[k]) + '" y="' + n(y)
      + '" width="' + Math.max(n(end - x[k]), 1) + '" height="' + n(thick) + '"/>');
    return boxes.join("") + '<path class="o k' + shown[i].colour + '" d="M' + n(x[5]) + " " + n(y - 3) + "V" + n(y + thick + 3) + '"/>';
  }).join("");
};
const small = (feature) => {
  const parts = partsOf(feature), wide = 300, high = 46, base = high - 1.5;
  const line = '<path class="axis" d="M0 ' + (high - 1) + "H" + wide + '"/>';
  const label = "Distribution of " + feature.n;
  if (drawable(parts).length) {
    const scale = scaleOf(parts);
    if (state.view === "cumulative") { return picture(wide, high, label, cumulative(parts, scale, 0, wide, base, high - 5) + line); }
    if (state.view === "deciles") { return picture(wide, high, label, deciles(parts, scale, 1, wide - 1, 0, high - 2) + line); }
    const edges = edgesOf(parts, scale, 20), xs = edges.map((_, i) => i * wide / (edges.length - 1));
    const known = parts.map((part) => part && part.x && part.x.length ? part : null);
    const marks = heights(known.map((part) => part && counted(part, edges)), known.map((part) => part ? total(part) : 0));
    return picture(wide, high, label, layers(marks, xs.slice(0, -1), xs.slice(1), base, high - 4, 1) + line);
  }
  const found = words(feature, parts, 24);
  if (!found.length) { return ""; }
  const part = parts.find((one) => one && one.tt);
  if (part && part.u > 50 && part.tc <= 2) { return '<span class="quiet">no value repeats</span>'; }
  const step = Math.min(wide / found.length, 40), lefts = found.map((_, i) => i * step), rights = found.map((_, i) => (i + 1) * step);
  let rows = parts.map((one, i) => one && one.tt ? found.map((pair) => pair[1][i] || 0) : null);
  if (state.view === "cumulative") { let sum; rows = rows.map((row) => { sum = 0; return row && row.map((v) => (sum += v)); }); }
  const marks = heights(rows, parts.map((one) => one && one.tt || 0));
  return picture(wide, high, label, layers(marks, lefts, rights, base, high - 4, Math.min(step / 4, 3)) + line);
};

// The large chart, with axes.
const ticksOf = (low, high, most) => {
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i <= Math.floor(high / step + 1e-9); i += 1) { found.push(Number((i * step).toPrecision(12))); }
  return found;
};
const across = (scale, time) => {
  if (!scale.log) {
    if (time && scale.high - scale.low > 172800) {
      const days = ticksOf(scale.low / 86400, scale.high / 86400, roomy() < 500 ? 3 : 6).map((day) => day * 86400);
      return days.filter((day) => day >= scale.low && day <= scale.high);
    }
    return ticksOf(scale.low, scale.high, roomy() < 500 ? 4 : time ? 6 : 8);
  }
  const found = scale.low <= 0 && scale.high >= 0 ? [0] : [];
  const decades = Math.log10(Math.max(Math.abs(scale.low), Math.abs(scale.high))) - Math.log10(Math.max(Math.min(Math.abs(scale.low), Math.abs(scale.high)), scale.high / 1e3));
  for (let power = -9; power <= 15; power += 1) {
    (decades < 4 ? [1, 2, 5] : [1]).forEach((factor) => found.push(factor * 10 ** power, -factor * 10 ** power));
  }
  const inside = found.filter((v) => v >= scale.low && v <= scale.high).sort((a, b) => a - b);
  let last = -1;
  return inside.filter((v) => { const at = scale.to(v); if (at - last < 0.07) { return false; } last = at; return true; });
};
const upward = (marks) => {
  if (!marks.log) { return ticksOf(0, marks.top, 5).filter((v) => marks.many || Number.isInteger(v)).map((v) => [v, marks.many ? percent(v) : figure(v)]); }
  const found = marks.many ? [1, 0.1, 0.01, 0.001, 0.0001] : Array.from({ length: 13 }, (_, i) => 10 ** i);
  return found.filter((v) => v <= marks.top).map((v) => [v, marks.many ? percent(v).replace("< 0.1", "0.01") : figure(v)]);
};
const roomy = () => Math.max(Math.min(innerWidth < 900 ? root.clientWidth - 26 : (root.clientWidth - 66) * 0.62, 1000), 260);
const large = (feature) => {
  const parts = partsOf(feature), wide = roomy(), high = state.view === "deciles" ? 60 + drawable(parts).length * 56 : wide < 500 ? 220 : 300, left = 62, right = wide - 14, top = 14, base = high - 34, time = feature.k === "time";
  const scale = scaleOf(parts), say = (v) => time ? moment(v, scale.high - scale.low) : figure(Number(v.toPrecision(6)));
  const x = (v) => left + scale.to(v) * (right - left);
  let body = "", ticks = [];
  if (state.view === "cumulative") {
    ticks = [0, 0.25, 0.5, 0.75, 1].map((v) => [base - v * (base - top), percent(v)]);
    body = cumulative(parts, scale, left, right, base, base - top);
  } else if (state.view === "deciles") {
    body = deciles(parts, scale, left, right, top, base - top - 8);
  } else {
    const edges = edgesOf(parts, scale, 40), places = edges.map((edge) => x(Math.min(Math.max(edge, scale.low), scale.high)));
    const even = edges[0] < scale.low ? edges.map((_, i) => left + i * (right - left) / (edges.length - 1)) : places;
    const known = parts.map((part) => part && part.x && part.x.length ? part : null), wholes = known.map((part) => part ? total(part) : 0);
    const rows = known.map((part) => part && counted(part, edges)), marks = heights(rows, wholes);
    ticks = upward(marks).map(([v, text]) => [base - marks.at(v) * (base - top), text]);
    body = layers(marks, even.slice(0, -1), even.slice(1), base, base - top, even.length > 90 ? 0 : 1);
    body += edges.slice(1).map((end, i) => {
      const first = Math.round(edges[i] + 0.5), last = Math.round(end - 0.5);
      const span = edges[0] >= scale.low ? say(edges[i]) + " to " + say(end) : first === last ? say(first) : say(first) + " to " + say(last);
      const told = shown.map((one, k) => rows[k] ? one.name + ": " + figure(Math.round(rows[k][i])) + " rows, " + percent(wholes[k] ? rows[k][i] / wholes[k] : 0) : "").filter(Boolean);
      return '<rect class="hit" x="' + n(even[i]) + '" y="' + top + '" width="' + n(Math.max(even[i + 1] - even[i], 1)) + '" height="' + (base - top) + '"><title>' + esc(span + "\n" + told.join("\n")) + "</title></rect>";
    }).join("");
    if (edges[0] < scale.low) { scale.to = ((from, to) => (v) => (v - from) / (to - from))(edges[0], edges[edges.length - 1]); }
  }
  const grid = ticks.map(([y]) => "M" + left + " " + n(y) + "H" + right).join("");
  const labels = ticks.map(([y, text]) => '<text x="' + (left - 8) + '" y="' + n(y + 4) + '" text-anchor="end">' + esc(text) + "</text>").join("");
  const feet = (scale.single ? [scale.low + 0.5] : across(scale, time)).map((v) => '<text x="' + n(x(v)) + '" y="' + (base + 18) + '" text-anchor="middle">' + esc(say(v)) + '</text><path class="axis" d="M' + n(x(v)) + " " + base + 'v4"/>').join("");
  return '<svg role="img" aria-label="' + esc("Large chart of " + feature.n) + '" viewBox="0 0 ' + wide + " " + high + '" width="' + wide + '" height="' + high + '"><path class="grid" d="' + grid + '"/>'
    + body + '<path class="axis" d="M' + left + " " + base + "H" + right + '"/>' + labels + feet + "</svg>";
};

// The open row.
const swatch = (one) => '<i class="key k' + one.colour + '"></i>';
const headOf = (first, kept) => "<thead><tr><th scope=\"col\">" + first + "</th>" + kept.map((i) => '<th scope="col">' + (shown.length > 1 ? swatch(shown[i]) + esc(shown[i].name) : "value") + "</th>").join("") + "</tr></thead>";
const legend = () => shown.length > 1 ? '<p class="legend">' + shown.map((one) => "<span>" + swatch(one) + esc(one.name) + "</span>").join("") + "</p>" : "";
const wordTable = (feature, parts, most) => {
  const found = words(feature, parts, most), kept = parts.map((part, i) => part && part.tn && part.tt ? i : -1).filter((i) => i >= 0);
  if (!found.length) { return ""; }
  const shareAt = (pair, i) => parts[i].tt ? pair[1][i] / parts[i].tt : 0;
  const highest = Math.max(...found.flatMap((pair) => kept.map((i) => shareAt(pair, i))), 1e-9);
  const largest = Math.max(...kept.map((i) => parts[i].tt)), log = state.log.includes("y");
  const long = (v) => log ? Math.log10(1 + v * largest) / Math.log10(1 + highest * largest) : v / highest;
  const line = (pair) => '<tr><td class="word">' + (esc(pair[0]) || '<i class="quiet">(empty)</i>') + '</td><td class="bar"><svg viewBox="0 0 200 ' + (kept.length * 8 + 2) + '" width="100%" height="' + (kept.length * 8 + 2) + '" preserveAspectRatio="none" aria-hidden="true">'
    + kept.map((i, k) => '<rect class="f k' + shown[i].colour + '" x="0" y="' + (k * 8 + 1) + '" width="' + n(long(shareAt(pair, i)) * 200) + '" height="7"/>').join("") + "</svg></td>"
    + kept.map((i) => pair[1][i] === null ? '<td class="quiet">few</td>' : '<td><span class="rows">' + figure(pair[1][i]) + ' </span><span class="quiet">' + percent(shareAt(pair, i)) + "</span></td>").join("") + "</tr>";
  const rest = kept.map((i) => {
    const listed = found.map((pair) => pair[1][i]).filter(Boolean);
    return [parts[i].tt - listed.reduce((a, b) => a + b, 0), Math.max(parts[i].u - listed.length, 0), parts[i].tt];
  });
  const more = rest.some(([count]) => count > 0) ? '<tr><td class="quiet">' + figure(Math.max(...rest.map((one) => one[1]))) + " other values</td><td></td>"
    + rest.map(([count, , whole]) => "<td><span class=\"rows\">" + figure(count) + ' </span><span class="quiet">' + percent(whole ? count / whole : 0) + "</span></td>").join("") + "</tr>" : "";
  return '<section class="words" tabindex="0" role="region" aria-label="Most frequent values"><h3>Most frequent values</h3><table><thead class="sr"><tr><th>Value</th><th>Bar</th>' + kept.map((i) => "<th>" + esc(shown[i].name) + "</th>").join("") + "</tr></thead><tbody>" + found.map(line).join("") + more + "</tbody></table></section>";
};
const quantileTable = (feature, parts) => {
  const kept = parts.map((part, i) => part && part.q ? i : -1).filter((i) => i >= 0), say = feature.k === "time" ? moment : figure;
  if (!kept.length) { return ""; }
  const names = ["min", "1 %", "5 %", "10 %", "25 %", "median", "75 %", "90 %", "95 %", "99 %", "max"];
  const rows = kept.map((i) => [parts[i].min, ...parts[i].q, parts[i].max]);
  const extra = [["mean", "mean"], ["std dev", "sd"], ["NaN", "nan"], ["infinite", "inf"]].filter(([, key]) => feature.k !== "time" && kept.some((i) => parts[i][key]));
  return "<section><h3>Quantiles</h3><table>" + headOf("", kept) + "<tbody>" + names.map((name, place) => '<tr><th scope="row">' + name + "</th>" + rows.map((row) => "<td>" + esc(say(row[place])) + "</td>").join("") + "</tr>").join("")
    + extra.map(([name, key]) => '<tr><th scope="row" class="quiet">' + name + "</th>" + kept.map((i) => "<td>" + figure(parts[i][key] === undefined ? 0 : parts[i][key]) + "</td>").join("") + "</tr>").join("") + "</tbody></table></section>";
};
const pairs = (title, rows) => rows && rows.length ? "<section><h3>" + esc(title) + '</h3><dl class="pairs">' + rows.map(([name, text]) => "<dt>" + esc(name) + "</dt><dd>" + esc(text) + "</dd>").join("") + "</dl></section>" : "";
const wrongList = (feature) => feature.a ? '<section><h3>Anomalies</h3><ul class="anomalies">' + feature.a.map((place) => data.anomalies[place]).map((one) => '<li class="' + (one.s === "ERROR" ? "no" : "held") + '"><p><span class="badge ' + esc(one.s.toLowerCase()) + '">' + esc(one.s.toLowerCase()) + '</span> <code>' + esc(one.t) + '</code> <span class="quiet">' + esc(one.in) + "</span></p><p>" + esc(one.f) + "; expected " + esc(one.x) + ".</p>"
  + (one.r.length ? '<p class="quiet">' + one.r.map(esc).join("<br>") + "</p>" : "") + '<p class="quiet">To accept it: <code>' + esc(one.e) + "</code></p></li>").join("") + "</ul></section>" : "";
const driftTable = (feature) => {
  const one = feature.d;
  if (!one) { return ""; }
  return "<section><h3>Distance from " + esc(one.b[0]) + " to " + esc(one.b[1]) + '</h3><table><thead><tr><th scope="col">Distance</th><th scope="col">value</th><th scope="col">limit</th><th scope="col">p</th></tr></thead><tbody>'
    + one.g.map(([name, value, limit, p, ends]) => '<tr><th scope="row">' + esc(name) + "</th><td" + (limit !== null && value > limit && one.x ? ' class="warn"' : "") + ">" + figure(value) + (ends ? ' <span class="quiet rows">' + figure(ends[0]) + " to " + figure(ends[1]) + "</span>" : "") + "</td><td>" + figure(limit) + "</td><td>" + (p !== null && p < 1e-4 ? "< 0.0001" : figure(p)) + "</td></tr>").join("") + "</tbody></table>" + (one.w ? '<p class="note">' + esc(one.w) + "</p>" : "") + "</section>";
};
const panel = (feature) => {
  const parts = partsOf(feature), numbers = drawable(parts).length > 0;
  const guessed = numbers && state.view === "bars" && drawable(parts).some((part) => !part.d);
  const chart = numbers ? "<section>" + large(feature) + (guessed ? '<p class="note">Between the points that are known, rows are spread evenly.</p>' : "") + "</section>" : "";
  const facts = shown.map((one, i) => parts[i] && parts[i].f ? pairs(shown.length > 1 ? one.name : "More", parts[i].f) : "").join("");
  const main = chart + wordTable(feature, parts, numbers ? 10 : 60) || '<p class="none">' + (parts.some(Boolean) ? "There are no values to draw." : "The feature is not in the data.") + "</p>";
  const side = quantileTable(feature, parts);
  return '<div class="panel"><div>' + legend() + main + "</div><div>" + wrongList(feature) + driftTable(feature) + side + pairs("Together with " + data.label, feature.as) + pairs("Schema", feature.e) + facts + "</div></div>";
};

// Rows.
const badges = (feature) => {
  const wrong = (feature.a || []).map((place) => data.anomalies[place].s), errors = wrong.filter((one) => one === "ERROR").length, others = wrong.length - errors;
  const badge = (kind, text) => ' <span class="badge ' + kind + '">' + text + "</span>";
  return (feature.l ? badge("label", "label") : "") + (errors ? badge("error", errors + (errors > 1 ? " errors" : " error")) : "") + (others ? badge("warning", others + (others > 1 ? " warnings" : " warning")) : "")
    + (feature.d && feature.d.x && !wrong.length ? badge("warning", "drifted") : "");
};
const driftCell = (feature) => {
  if (!feature.d) { return cell(DASH, "gone"); }
  const [, value, limit] = feature.d.g[0];
  return cell((feature.d.x ? "\u25b2 " : "") + (value > 0 && value < 1e-4 ? "< 0.0001" : figure(value === null ? null : Number(value.toFixed(value < 1 ? 4 : 2)))), feature.d.x ? "warn" : "") + (limit === null ? "" : '<span class="limit">limit ' + figure(limit) + "</span>");
};
const breakable = (text) => esc(text).replace(/[_.]/g, "$&<wbr>");
let nodes = [];
const rowOf = (feature) => {
  if (nodes[feature.i]) { return nodes[feature.i]; }
  const row = document.createElement("tr"), parts = partsOf(feature), open = state.open.includes(feature.n);
  row.className = "row" + (shown.length > 1 ? " two" : "");
  row.dataset.i = feature.i;
  row.setAttribute("role", "row");
  row.innerHTML = '<th scope="row" role="rowheader"><button type="button" class="name" aria-expanded="' + open + '">' + breakable(feature.n) + '</button><div class="under">' + esc(feature.t) + badges(feature) + "</div></th>"
    + (shown.length > 1 ? '<td role="cell" class="key-col">' + shown.map((one) => '<span class="v">' + swatch(one) + '<span class="sr">' + esc(one.name) + "</span></span>").join("") + "</td>" : "")
    + COLUMNS[feature.k].map(([title, , make, lesser, more]) => '<td role="cell" data-label="' + title + '" class="' + (lesser ? "lesser " : "") + (more || "") + '">' + parts.map(make).join("") + "</td>").join("")
    + (hasDrift ? '<td role="cell" data-label="Distance" class="drift">' + driftCell(feature) + "</td>" : "") + '<td role="cell" class="pic"></td>';
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
  if (!drawn.has(place)) { drawn.add(place); row.lastElementChild.innerHTML = small(data.features[place]); }
};
const eyes = new IntersectionObserver((seen) => seen.forEach((one) => {
  if (one.isIntersecting) { near.add(one.target); paint(one.target); } else { near.delete(one.target); }
}), { rootMargin: "400px" });
addEventListener("beforeprint", () => nodes.forEach((row) => row && paint(row)));

// The tools.
const select = (id, label, options, value) => '<label>' + label + ' <select id="' + id + '">' + options.map(([key, text]) => '<option value="' + esc(key) + '"' + (String(key) === String(value) ? " selected" : "") + ">" + esc(text) + "</option>").join("") + "</select></label>";
const kinds = data.kinds.filter((kind) => data.features.some((one) => one.k === kind));
const used = () => {
  const possible = new Set(["order", "name", "missing", "nu", "u", "c", ...kinds.flatMap((kind) => COLUMNS[kind].map((column) => column[1]))]);
  if (hasDrift) { possible.add("drift"); }
  if (hasWrong) { possible.add("a"); }
  return Object.keys(KEYS).filter((key) => possible.has(key)).map((key) => [key, KEYS[key][0]]);
};
const press = (kind, key, text, on) => '<button type="button" class="chip" data-' + kind + '="' + esc(key) + '" aria-pressed="' + on + '">' + text + "</button>";
const tools = document.createElement("div");
tools.className = "tools";
const drawTools = () => {
  const off = state.kinds.split(","), all = series();
  const count = (test) => data.features.filter(test).length;
  tools.innerHTML = '<div><label><span class="sr">Find features by name or type</span><input type="search" id="find" placeholder="Find (regular expression)  /" autocomplete="off" spellcheck="false"></label>'
    + select("sort", "Sort by", used(), state.sort) + '<button type="button" class="chip icon" id="turn" aria-label="' + (state.down ? "Descending; turn round" : "Ascending; turn round") + '">' + (state.down ? "\u2193" : "\u2191") + "</button>"
    + (kinds.length > 1 ? kinds.map((kind) => press("kind", kind, TITLES[kind] + "<small>" + count((one) => one.k === kind) + "</small>", !off.includes(kind))).join("") : "")
    + (hasWrong ? press("only", "anomalies", "Only anomalies<small>" + count((one) => one.a) + "</small>", state.only === "anomalies") : "")
    + (data.features.some((one) => one.d && one.d.x) ? press("only", "drifted", "Only drifted<small>" + count((one) => one.d && one.d.x) + "</small>", state.only === "drifted") : "")
    + '<span class="found" role="status"></span></div><div>'
    + '<span class="seg" role="group" aria-label="Distribution as">' + VIEWS.map(([key, text]) => '<button type="button" data-view="' + key + '" aria-pressed="' + (state.view === key) + '">' + text + "</button>").join("") + "</span>"
    + '<label><input type="checkbox" data-log="y"' + (state.log.includes("y") ? " checked" : "") + '> log counts</label><label><input type="checkbox" data-log="x"' + (state.log.includes("x") ? " checked" : "") + "> log values</label>"
    + (data.slices.length > 1 ? select("slice", "Slice", data.slices.map((name, i) => [i, name || "all rows"]), state.slice) + '<label><input type="checkbox" id="beside"' + (state.beside ? " checked" : "") + (state.slice ? "" : " disabled") + "> beside all rows</label>" : "")
    + (all.length > 1 ? '<span class="rule"></span>' + all.map((one, i) => press("series", i, swatch(one) + esc(one.name), one.on)).join("") : "") + "</div>";
  tools.querySelector("#find").value = state.find;
};

// Groups.
const sections = new Map();
const heading = (kind) => {
  const columns = COLUMNS[kind].concat(hasDrift ? [["Distance", "drift", null, false, "drift"]] : []);
  const head = ([title, key, , lesser, more]) => '<th scope="col" role="columnheader" class="' + (lesser ? "lesser " : "") + (more || "") + '"' + (key && key === state.sort ? ' aria-sort="' + (state.down ? "descending" : "ascending") + '"' : "") + ">" + (key ? '<button type="button" data-sort="' + key + '">' + title + "</button>" : title) + "</th>";
  return '<tr role="row">' + head(["Feature", "name"]) + (shown.length > 1 ? '<td role="cell" class="key-col"></td>' : "") + columns.map(head).join("") + '<th scope="col" role="columnheader" class="pic">Distribution</th></tr>';
};
const widths = (kind, all) => ["minmax(0,216px)", shown.length > 1 ? "20px" : "", ...COLUMNS[kind].map((column) => !all && column[3] ? "" : column[4] === "top" ? "minmax(0,2.4fr)" : column[1] === "per" ? "minmax(0,1.6fr)" : "minmax(0,1fr)"), hasDrift ? "92px" : "", "minmax(0,26%)"].join(" ");
const draw = (afresh) => {
  shown = series().filter((one) => one.on);
  if (afresh) { eyes.disconnect(); near.clear(); nodes = []; details.clear(); drawn = new Set(); }
  const found = filtered(), groups = new Map(kinds.map((kind) => [kind, []]));
  sorted(found).forEach((one) => groups.get(one.k).push(one));
  groups.forEach((features, kind) => {
    const section = sections.get(kind);
    section.hidden = !features.length;
    section.querySelector(".count").textContent = features.length;
    section.querySelector("thead").innerHTML = heading(kind);
    section.style.setProperty("--columns", widths(kind, true));
    section.style.setProperty("--fewer", widths(kind, false));
    section.querySelector("tbody").replaceChildren(...features.flatMap((one) => {
      const open = state.open.includes(one.n), row = rowOf(one);
      row.classList.toggle("is-open", open);
      row.querySelector(".name").setAttribute("aria-expanded", open);
      return open ? [row, detailOf(one)] : [row];
    }));
  });
  none.hidden = found.length > 0;
  tools.querySelector(".found").textContent = (found.length === data.features.length ? "" : found.length + " of ") + data.features.length + (data.features.length === 1 ? " feature" : " features");
  writeAddress();
};
const redraw = () => {
  drawn = new Set();
  details.clear();
  draw(false);
  nodes.forEach((row) => { if (row) { row.lastElementChild.innerHTML = ""; } });
  near.forEach((row) => row.isConnected && paint(row));
};
const none = document.createElement("p");
none.className = "none";
none.hidden = true;
none.innerHTML = 'No feature is like that. <button type="button" class="chip" data-clear>Show all</button>';
const toggle = (name, open) => {
  const is = state.open.includes(name), wanted = open === undefined ? !is : open;
  if (is !== wanted) { state.open = wanted ? state.open.concat(name) : state.open.filter((one) => one !== name); draw(false); }
};
const focusOn = (place) => { const buttons = $$(".name").filter((one) => one.offsetParent); if (buttons[place]) { buttons[place].focus(); } };
const reveal = (name) => {
  const feature = data.features.find((one) => one.n === name);
  if (!feature) { return; }
  if (!filtered().includes(feature)) { Object.assign(state, { find: "", kinds: "", only: "" }); drawTools(); }
  toggle(name, true);
  nodes[feature.i].scrollIntoView({ block: "center" });
  nodes[feature.i].querySelector(".name").focus({ preventScroll: true });
};

root.replaceChildren(tools);
data.features.forEach((one, place) => { one.i = place; });
kinds.forEach((kind) => {
  const section = document.createElement("section");
  section.className = "group";
  section.innerHTML = "<h2>" + TITLES[kind] + ' <span class="count"></span></h2><table class="features" role="table" aria-label="' + TITLES[kind] + ' features"><thead role="rowgroup"></thead><tbody role="rowgroup"></tbody></table>';
  sections.set(kind, section);
  root.append(section);
});
root.append(none);
const take = () => { state = readAddress(); drawTools(); draw(true); };
take();

root.addEventListener("input", (event) => {
  const one = event.target;
  if (one.id === "find") {
    state.find = one.value;
    let fine = true;
    try { new RegExp(one.value); } catch (error) { fine = false; }
    one.setAttribute("aria-invalid", !fine);
    draw(false);
  }
});
root.addEventListener("change", (event) => {
  const one = event.target;
  if (one.id === "sort") { state.sort = one.value; state.down = Boolean(KEYS[one.value][1]); drawTools(); draw(false); root.querySelector("#sort").focus(); }
  else if (one.id === "slice") { state.slice = Number(one.value); state.hide = ""; drawTools(); draw(true); root.querySelector("#slice").focus(); }
  else if (one.id === "beside") { state.beside = one.checked; state.hide = ""; drawTools(); draw(true); root.querySelector("#beside").focus(); }
  else if (one.dataset.log) { state.log = $$("[data-log]").filter((box) => box.checked).map((box) => box.dataset.log).join(""); redraw(); }
});
const without = (list, one) => { const all = list.split(",").filter(Boolean); return (all.includes(one) ? all.filter((key) => key !== one) : all.concat(one)).join(","); };
root.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) {
    const row = event.target.closest("tr.row");
    if (row && !String(getSelection())) { toggle(data.features[row.dataset.i].n); }
    return;
  }
  const given = button.dataset;
  let selector = button.id ? "#" + button.id : null;
  for (const key of ["kind", "only", "series", "view"]) { if (given[key] !== undefined) { selector = "[data-" + key + '="' + given[key] + '"]'; } }
  if (button.classList.contains("name")) { toggle(data.features[button.closest("tr").dataset.i].n); button.focus(); return; }
  if (given.sort) {
    state.down = state.sort === given.sort ? !state.down : Boolean(KEYS[given.sort][1]);
    state.sort = given.sort;
    const place = $$("table").indexOf(button.closest("table"));
    drawTools(); draw(false);
    $$("table")[place].querySelector('[data-sort="' + given.sort + '"]').focus();
    return;
  }
  if (button.id === "turn") { state.down = !state.down; }
  else if (given.kind) { state.kinds = without(state.kinds, given.kind); }
  else if (given.only) { state.only = state.only === given.only ? "" : given.only; }
  else if (given.clear !== undefined) { Object.assign(state, { find: "", kinds: "", only: "" }); selector = "#find"; }
  else if (given.view) { state.view = given.view; drawTools(); redraw(); root.querySelector(selector).focus(); return; }
  else if (given.series !== undefined) { state.hide = without(state.hide, given.series); drawTools(); draw(true); root.querySelector(selector).focus(); return; }
  drawTools(); draw(false);
  if (selector) { root.querySelector(selector).focus(); }
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-open]");
  if (link) { event.preventDefault(); reveal(link.dataset.open); }
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) { return; }
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName), find = root.querySelector("#find");
  if (event.key === "/" && !typing) { event.preventDefault(); find.focus(); find.select(); return; }
  if (event.key === "Escape" && event.target === find) { find.value = ""; state.find = ""; draw(false); find.blur(); return; }
  if (typing && !(event.target === find && event.key === "ArrowDown")) { return; }
  const buttons = $$(".name").filter((one) => one.offsetParent), at = buttons.indexOf(document.activeElement);
  if (event.key === "ArrowDown" && (at >= 0 || event.target === find)) { event.preventDefault(); focusOn(at + 1); }
  else if (event.key === "ArrowUp" && at > 0) { event.preventDefault(); focusOn(at - 1); }
  else if (event.key === "Escape" && state.open.length) { state.open = []; draw(false); if (at >= 0) { buttons[at].focus(); } }
});
addEventListener("hashchange", take);
let waiting = 0;
addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(() => { if (state.open.length) { details.clear(); draw(false); } }, 200); });
if (state.open.length) { const first = data.features.find((one) => one.n === state.open[0]); if (first && nodes[first.i]) { nodes[first.i].scrollIntoView({ block: "center" }); } }
document.documentElement.dataset.ready = "1";
})();
