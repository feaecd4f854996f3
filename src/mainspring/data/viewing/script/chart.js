// The large chart, with axes.
const ticksOf = (low, high, most) => {
  const rough = (high - low) / most,
    power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i <= Math.floor(high / step + 1e-9); i += 1) {
    found.push(Number((i * step).toPrecision(12)));
  }
  return found;
};
const across = (scale, time) => {
  if (!scale.log) {
    const many = roomy() < 500 ? 3 : 7;
    const months = time ? calendar(scale.low, scale.high, many) : [];
    if (months.length) {
      return months;
    }
    if (time && scale.high - scale.low > 172800) {
      const days = ticksOf(scale.low / 86400, scale.high / 86400, many).map((day) => Math.round(day) * 86400);
      return days.filter((day) => day >= scale.low && day <= scale.high);
    }
    return ticksOf(scale.low, scale.high, roomy() < 500 ? 4 : time ? 6 : 8);
  }
  const found = scale.low <= 0 && scale.high >= 0 ? [0] : [];
  const decades =
    Math.log10(Math.max(Math.abs(scale.low), Math.abs(scale.high))) -
    Math.log10(Math.max(Math.min(Math.abs(scale.low), Math.abs(scale.high)), scale.high / 1e3));
  for (let power = -9; power <= 15; power += 1) {
    (decades < 4 ? [1, 2, 5] : [1]).forEach((factor) => found.push(factor * 10 ** power, -factor * 10 ** power));
  }
  const inside = found.filter((v) => v >= scale.low && v <= scale.high).sort((a, b) => a - b);
  let last = -1;
  return inside.filter((v) => {
    const at = scale.to(v);
    if (at - last < 0.07) {
      return false;
    }
    last = at;
    return true;
  });
};
const upward = (marks) => {
  if (!marks.log) {
    return ticksOf(0, marks.top, 5)
      .filter((v) => marks.many || Number.isInteger(v))
      .map((v) => [v, marks.many ? percent(v) : figure(v)]);
  }
  const found = marks.many ? [1, 0.1, 0.01, 0.001, 0.0001] : Array.from({ length: 13 }, (_, i) => 10 ** i);
  return found
    .filter((v) => v <= marks.top)
    .map((v) => [v, marks.many ? percent(v).replace("< 0.1", "0.01") : figure(v)]);
};
const roomy = () =>
  Math.max(Math.min(innerWidth < 900 ? root.clientWidth - 26 : (root.clientWidth - 66) * 0.62, 1000), 260);
const large = (feature) => {
  const parts = partsOf(feature),
    wide = roomy(),
    high = state.view === "deciles" ? 60 + drawable(parts).length * 56 : wide < 500 ? 220 : 300,
    left = 62,
    right = wide - 14,
    top = 14,
    base = high - 34,
    time = feature.k === "time";
  const scale = scaleOf(parts),
    say = (v) => (time ? moment(v, scale.high - scale.low) : figure(Number(v.toPrecision(6))));
  const x = (v) => left + scale.to(v) * (right - left);
  let body = "",
    ticks = [];
  if (state.view === "cumulative") {
    ticks = [0, 0.25, 0.5, 0.75, 1].map((v) => [base - v * (base - top), percent(v)]);
    body = cumulative(parts, scale, left, right, base, base - top);
  } else if (state.view === "deciles") {
    body = deciles(parts, scale, left, right, top, base - top - 8);
  } else {
    const edges = edgesOf(parts, scale, 40),
      places = edges.map((edge) => x(Math.min(Math.max(edge, scale.low), scale.high)));
    const even =
      edges[0] < scale.low ? edges.map((_, i) => left + (i * (right - left)) / (edges.length - 1)) : places;
    const known = parts.map((part) => (part && part.x && part.x.length ? part : null)),
      wholes = known.map((part) => (part ? total(part) : 0));
    const rows = known.map((part) => part && counted(part, edges)),
      marks = heights(rows, wholes);
    ticks = upward(marks).map(([v, text]) => [base - marks.at(v) * (base - top), text]);
    body = layers(marks, even.slice(0, -1), even.slice(1), base, base - top, even.length > 90 ? 0 : 1);
    body += edges
      .slice(1)
      .map((end, i) => {
        const first = Math.round(edges[i] + 0.5),
          last = Math.round(end - 0.5);
        const span =
          edges[0] >= scale.low
            ? say(edges[i]) + " to " + say(end)
            : first === last
              ? say(first)
              : say(first) + " to " + say(last);
        const told = shown
          .map((one, k) =>
            rows[k]
              ? one.name +
                ": " +
                figure(Math.round(rows[k][i])) +
                " rows, " +
                percent(wholes[k] ? rows[k][i] / wholes[k] : 0)
              : "",
          )
          .filter(Boolean);
        return (
          '<rect class="hit" x="' +
          n(even[i]) +
          '" y="' +
          top +
          '" width="' +
          n(Math.max(even[i + 1] - even[i], 1)) +
          '" height="' +
          (base - top) +
          '"><title>' +
          esc(span + "\n" + told.join("\n")) +
          "</title></rect>"
        );
      })
      .join("");
    if (edges[0] < scale.low) {
      scale.to = (
        (from, to) => (v) =>
          (v - from) / (to - from)
      )(edges[0], edges[edges.length - 1]);
    }
  }
  const grid = ticks.map(([y]) => "M" + left + " " + n(y) + "H" + right).join("");
  const labels = ticks
    .map(
      ([y, text]) =>
        '<text x="' + (left - 8) + '" y="' + n(y + 4) + '" text-anchor="end">' + esc(text) + "</text>",
    )
    .join("");
  const feet = (scale.single ? [scale.low + 0.5] : across(scale, time))
    .map(
      (v) =>
        '<text x="' +
        n(x(v)) +
        '" y="' +
        (base + 18) +
        '" text-anchor="middle">' +
        esc(say(v)) +
        '</text><path class="axis" d="M' +
        n(x(v)) +
        " " +
        base +
        'v4"/>',
    )
    .join("");
  return (
    '<svg role="img" aria-label="' +
    esc("Large chart of " + feature.n) +
    '" viewBox="0 0 ' +
    wide +
    " " +
    high +
    '" width="' +
    wide +
    '" height="' +
    high +
    '"><path class="grid" d="' +
    grid +
    '"/>' +
    body +
    '<path class="axis" d="M' +
    left +
    " " +
    base +
    "H" +
    right +
    '"/>' +
    labels +
    feet +
    "</svg>"
  );
};
