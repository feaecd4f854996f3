// State, kept in the address so that a link shows the same.
const KEYS = {
  order: ["Order of the columns"],
  name: ["Name"],
  a: ["Anomalies", 1],
  drift: ["Distance", 1],
  missing: ["Missing", 1],
  zeros: ["Zeros", 1],
  nu: ["Non-uniformity", 1],
  u: ["Unique", 1],
  mean: ["Mean", 1],
  sd: ["Std dev", 1],
  min: ["Min", 1],
  med: ["Median", 1],
  max: ["Max", 1],
  c: ["Count", 1],
  freq: ["Frequency of the top value", 1],
  al: ["Average length", 1],
  empty: ["Empty lists", 1],
  per: ["Values per list", 1],
};
const VIEWS = [
  ["bars", "Histogram"],
  ["deciles", "Quantiles"],
  ["cumulative", "Cumulative"],
];
const hasDrift = data.features.some((one) => one.d);
const hasWrong = data.features.some((one) => one.a);
const fresh = () => ({
  sort: "order",
  down: false,
  find: "",
  kinds: "",
  only: "",
  slice: 0,
  beside: false,
  view: "bars",
  log: "",
  hide: "",
  open: [],
});
let state = fresh();
const readAddress = () => {
  const given = new URLSearchParams(location.hash.slice(1)),
    found = fresh();
  for (const [key, value] of given) {
    if (key === "open") {
      found.open.push(value);
    } else if (key === "slice") {
      found.slice = Math.max(data.slices.indexOf(value), 0);
    } else if (typeof found[key] === "boolean") {
      found[key] = value === "1";
    } else if (typeof found[key] === "string") {
      found[key] = value;
    }
  }
  if (!KEYS[found.sort]) {
    found.sort = "order";
  }
  if (!VIEWS.some(([key]) => key === found.view)) {
    found.view = "bars";
  }
  return found;
};
const writeAddress = () => {
  const usual = fresh(),
    kept = new URLSearchParams();
  for (const key of Object.keys(usual)) {
    if (key === "open") {
      state.open.forEach((name) => kept.append("open", name));
    } else if (key === "slice") {
      if (state.slice) {
        kept.set("slice", data.slices[state.slice]);
      }
    } else if (state[key] !== usual[key]) {
      kept.set(key, state[key] === true ? "1" : state[key]);
    }
  }
  try {
    history.replaceState(null, "", "#" + kept);
  } catch (error) {
    /* a frame without an address of its own */
  }
};

// Series: what is laid over each other, each with its colour.
const series = () => {
  const found = [],
    hidden = state.hide.split(",");
  data.datasets.forEach((name, set) => {
    const slice = data.slices[state.slice];
    found.push({
      set,
      slice: state.slice,
      name: slice ? (data.datasets.length > 1 ? name + " \u00b7 " : "") + slice : name,
    });
  });
  if (state.slice && state.beside) {
    data.datasets.forEach((name, set) =>
      found.push({ set, slice: 0, name: (data.datasets.length > 1 ? name + " \u00b7 " : "") + "all rows" }),
    );
  }
  found.forEach((one, place) => {
    one.colour = place % 6;
    one.on = !hidden.includes(String(place));
  });
  if (!found.some((one) => one.on)) {
    found.forEach((one) => {
      one.on = true;
    });
  }
  return found;
};
let shown = [];
const partsOf = (feature) => shown.map((one) => feature.v[one.set][one.slice]);

// Sorting and filtering.
const sortValue = (feature) => {
  const part = partsOf(feature).find(Boolean);
  switch (state.sort) {
    case "name":
      return feature.n.toLowerCase();
    case "a":
      return (feature.a || []).reduce((sum, place) => sum + (data.anomalies[place].s === "ERROR" ? 1000 : 1), 0);
    case "drift":
      return feature.d ? feature.d.x * 1e9 + feature.d.o : null;
    case "missing":
      return part ? part.m / (part.m + part.c || 1) : 1;
    case "zeros":
      return part && part.n ? part.z / part.n : null;
    case "freq":
      return part && part.tt ? part.tc / part.tt : null;
    case "empty":
      return part && part.lv ? part.lv[0] : null;
    case "per":
      return part && part.lv ? part.lv[2] : null;
    default:
      return part && part[state.sort] !== undefined ? part[state.sort] : null;
  }
};
const sorted = (features) => {
  if (state.sort === "order") {
    return state.down ? features.slice().reverse() : features;
  }
  const sign = state.down ? -1 : 1;
  return features
    .map((one) => [sortValue(one), one])
    .sort(([a, one], [b, other]) => {
      if (a === null || b === null) {
        return (a === null) - (b === null) || one.i - other.i;
      }
      const order = typeof a === "string" ? a.localeCompare(b, "en", { numeric: true }) : a - b;
      return sign * order || one.i - other.i;
    })
    .map((pair) => pair[1]);
};
const finder = () => {
  const text = state.find.trim();
  if (!text) {
    return () => true;
  }
  try {
    const wanted = new RegExp(text, "i");
    return (one) => wanted.test(one.n) || wanted.test(one.t);
  } catch (error) {
    return (one) => one.n.toLowerCase().includes(text.toLowerCase());
  }
};
const filtered = () => {
  const off = state.kinds.split(","),
    found = finder();
  return data.features.filter(
    (one) =>
      !off.includes(one.k) &&
      found(one) &&
      (state.only !== "anomalies" || one.a) &&
      (state.only !== "drifted" || (one.d && one.d.x)),
  );
};
