// Distributions: from points of the distribution function to bars.
const below = (part, value) => {
  const { x, y } = part;
  if (part.d) {
    let sum = 0;
    for (let i = 0; i < x.length && x[i] < value; i += 1) {
      sum += y[i];
    }
    return sum;
  }
  let low = 0,
    high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle] < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low === x.length) {
    return y[y.length - 1];
  }
  if (x[low] === value || low === 0) {
    return low === 0 ? 0 : y[low];
  }
  return y[low - 1] + ((y[low] - y[low - 1]) * (value - x[low - 1])) / (x[low] - x[low - 1]);
};
const total = (part) => (part.d ? part.y.reduce((a, b) => a + b, 0) : part.y[part.y.length - 1] || 0);
const drawable = (parts) => parts.filter((part) => part && part.x && part.x.length);
// A scale takes a value to 0…1 and back; the logarithmic one is linear near zero, so that it takes every number.
const scaleOf = (parts) => {
  const known = drawable(parts);
  const low = Math.min(...known.map((part) => part.x[0])),
    high = Math.max(...known.map((part) => part.x[part.x.length - 1]));
  if (low === high) {
    return {
      low: low - 0.5,
      high: high + 0.5,
      to: (v) => v - low + 0.5,
      back: (s) => low - 0.5 + s,
      single: true,
    };
  }
  if (!state.log.includes("x")) {
    return { low, high, to: (v) => (v - low) / (high - low), back: (s) => low + s * (high - low) };
  }
  const sizes = known
    .flatMap((part) => part.x.map(Math.abs))
    .filter(Boolean)
    .sort((a, b) => a - b);
  const near = Math.max(
    low > 0 ? low / 1e3 : sizes[Math.floor(sizes.length / 10)] || 1e-9,
    Math.max(-low, high) / 1e9,
  );
  const bent = (v) => Math.sign(v) * Math.log10(1 + Math.abs(v) / near);
  const straight = (b) => Math.sign(b) * near * (10 ** Math.abs(b) - 1);
  const from = bent(low),
    span = bent(high) - from;
  return { low, high, log: true, to: (v) => (bent(v) - from) / span, back: (s) => straight(from + s * span) };
};
const edgesOf = (parts, scale, most) => {
  const known = drawable(parts);
  const span = scale.high - scale.low;
  const whole = !scale.log && known.every((part) => part.d && part.x.every(Number.isInteger));
  if (scale.single) {
    return [scale.low, scale.high];
  }
  if (whole) {
    // As many whole numbers in every bin, or bars would go up and down for no reason.
    const step = span < 60 && span + 1 <= most * 2.5 ? 1 : Math.ceil((span + 1) / most);
    return Array.from({ length: Math.ceil((span + 1) / step) + 1 }, (_, i) => scale.low - 0.5 + i * step);
  }
  return Array.from({ length: most + 1 }, (_, i) =>
    i === most ? scale.high : i === 0 ? scale.low : scale.back(i / most),
  );
};
const counted = (part, edges) => {
  const marks = edges.map((edge, i) => (i === edges.length - 1 ? total(part) : below(part, edge)));
  return marks.slice(1).map((mark, i) => Math.max(mark - marks[i], 0));
};
const heights = (counts, wholes) => {
  // Several are compared by share, one is shown in rows; a log scale starts at one row of the largest.
  const many = counts.filter(Boolean).length > 1,
    largest = Math.max(...wholes, 1);
  const shares = counts.map(
    (row, i) => row && row.map((count) => (wholes[i] ? count / (many ? wholes[i] : 1) : 0)),
  );
  const unit = many ? largest : 1,
    log = state.log.includes("y");
  const say = log ? (v) => Math.log10(1 + v * unit) : (v) => v;
  const top = Math.max(...shares.filter(Boolean).flat(), many ? 1e-9 : 1);
  return { shares, top, many, log, at: (v) => say(v) / (say(top) || 1) };
};
const n = (value) => Number(value.toFixed(1));
const bars = (row, lefts, rights, base, tall, at) =>
  row
    .map((value, i) =>
      value > 0
        ? "M" +
          n(lefts[i]) +
          " " +
          n(base) +
          "V" +
          n(base - Math.max(at(value) * tall, 1)) +
          "H" +
          n(rights[i]) +
          "V" +
          n(base) +
          "z"
        : "",
    )
    .join("");
const outline = (row, lefts, rights, base, tall, at) => {
  let path = "M" + n(lefts[0]) + " " + n(base);
  row.forEach((value, i) => {
    const y = n(base - (value > 0 ? Math.max(at(value) * tall, 1) : 0));
    path += "V" + y + "H" + n(rights[i]);
  });
  return path + "V" + n(base);
};
const layers = (marks, lefts, rights, base, tall, gap) =>
  marks.shares
    .map((row, i) => {
      if (!row) {
        return "";
      }
      const colour = "k" + shown[i].colour,
        first = i === marks.shares.findIndex(Boolean);
      return first
        ? '<path class="f ' +
            colour +
            '" d="' +
            bars(
              row,
              lefts,
              rights.map((x) => x - gap),
              base,
              tall,
              marks.at,
            ) +
            '"/>'
        : '<path class="o ' + colour + '" d="' + outline(row, lefts, rights, base, tall, marks.at) + '"/>';
    })
    .join("");
// Values with the rows of every series; null where a series has too many values to know.
const words = (feature, parts, most) =>
  (feature.w || [])
    .slice(0, most)
    .map((word, place) => [
      typeof word === "number" ? String(word).replace("-", MINUS) : word,
      parts.map((part) => (part && part.tn ? part.tn[place] : null)),
    ])
    .filter((pair) => pair[1].some(Boolean));
const picture = (wide, high, label, body) =>
  '<svg role="img" aria-label="' +
  esc(label) +
  '" viewBox="0 0 ' +
  wide +
  " " +
  high +
  '" height="' +
  high +
  '" preserveAspectRatio="none">' +
  body +
  "</svg>";
const cumulative = (parts, scale, left, right, base, tall) =>
  parts
    .map((part, i) => {
      if (!part || !part.x || !part.x.length) {
        return "";
      }
      const whole = total(part) || 1,
        x = (v) => n(left + Math.min(Math.max(scale.to(v), 0), 1) * (right - left));
      let path = "M" + n(left) + " " + n(base),
        sum = 0;
      part.x.forEach((value, place) => {
        const before = part.d ? sum : part.y[place];
        sum = part.d ? sum + part.y[place] : part.y[place];
        const step = part.d || (place && part.x[place - 1] === value);
        path +=
          (step ? "H" + x(value) + "V" : "L" + x(value) + " ") +
          n(base - ((part.d ? sum : before) / whole) * tall);
      });
      return '<path class="o sum k' + shown[i].colour + '" d="' + path + "H" + n(right) + '"/>';
    })
    .join("");
const deciles = (parts, scale, left, right, top, tall) => {
  const rows = parts.map((part, i) => [part, i]).filter(([part]) => part && part.dc);
  const each = tall / Math.max(rows.length, 1),
    thick = Math.min(each - 4, 26);
  return rows
    .map(([part, i], place) => {
      const y = top + each * place + (each - thick) / 2,
        x = part.dc.map((v) => left + scale.to(v) * (right - left));
      const boxes = x
        .slice(1)
        .map(
          (end, k) =>
            '<rect class="f ' +
            (k % 2 ? "deep" : "pale") +
            " k" +
            shown[i].colour +
            '" x="' +
            n(x[k]) +
            '" y="' +
            n(y) +
            '" width="' +
            Math.max(n(end - x[k]), 1) +
            '" height="' +
            n(thick) +
            '"/>',
        );
      return (
        boxes.join("") +
        '<path class="o k' +
        shown[i].colour +
        '" d="M' +
        n(x[5]) +
        " " +
        n(y - 3) +
        "V" +
        n(y + thick + 3) +
        '"/>'
      );
    })
    .join("");
};
const small = (feature) => {
  const parts = partsOf(feature),
    wide = 300,
    high = 46,
    base = high - 1.5;
  const line = '<path class="axis" d="M0 ' + (high - 1) + "H" + wide + '"/>';
  const label = "Distribution of " + feature.n;
  if (drawable(parts).length) {
    const scale = scaleOf(parts);
    if (state.view === "cumulative") {
      return picture(wide, high, label, cumulative(parts, scale, 0, wide, base, high - 5) + line);
    }
    if (state.view === "deciles") {
      return picture(wide, high, label, deciles(parts, scale, 1, wide - 1, 0, high - 2) + line);
    }
    const edges = edgesOf(parts, scale, 20),
      xs = edges.map((_, i) => (i * wide) / (edges.length - 1));
    const known = parts.map((part) => (part && part.x && part.x.length ? part : null));
    const marks = heights(
      known.map((part) => part && counted(part, edges)),
      known.map((part) => (part ? total(part) : 0)),
    );
    return picture(wide, high, label, layers(marks, xs.slice(0, -1), xs.slice(1), base, high - 4, 1) + line);
  }
  const found = words(feature, parts, 24);
  if (!found.length) {
    return "";
  }
  const part = parts.find((one) => one && one.tt);
  if (part && part.u > 50 && part.tc <= 2) {
    return '<span class="quiet">no value repeats</span>';
  }
  const step = Math.min(wide / found.length, 40),
    lefts = found.map((_, i) => i * step),
    rights = found.map((_, i) => (i + 1) * step);
  let rows = parts.map((one, i) => (one && one.tt ? found.map((pair) => pair[1][i] || 0) : null));
  if (state.view === "cumulative") {
    let sum;
    rows = rows.map((row) => {
      sum = 0;
      return row && row.map((v) => (sum += v));
    });
  }
  const marks = heights(
    rows,
    parts.map((one) => (one && one.tt) || 0),
  );
  return picture(wide, high, label, layers(marks, lefts, rights, base, high - 4, Math.min(step / 4, 3)) + line);
};
