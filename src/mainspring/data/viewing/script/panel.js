// The open row.
const swatch = (one) => '<i class="key k' + one.colour + '"></i>';
const headOf = (first, kept) =>
  '<thead><tr><th scope="col">' +
  first +
  "</th>" +
  kept
    .map(
      (i) => '<th scope="col">' + (shown.length > 1 ? swatch(shown[i]) + esc(shown[i].name) : "value") + "</th>",
    )
    .join("") +
  "</tr></thead>";
const legend = () =>
  shown.length > 1
    ? '<p class="legend">' +
      shown.map((one) => "<span>" + swatch(one) + esc(one.name) + "</span>").join("") +
      "</p>"
    : "";
const wordTable = (feature, parts, most) => {
  const found = words(feature, parts, most),
    kept = parts.map((part, i) => (part && part.tn && part.tt ? i : -1)).filter((i) => i >= 0);
  if (!found.length) {
    return "";
  }
  const shareAt = (pair, i) => (parts[i].tt ? pair[1][i] / parts[i].tt : 0);
  const highest = Math.max(...found.flatMap((pair) => kept.map((i) => shareAt(pair, i))), 1e-9);
  const largest = Math.max(...kept.map((i) => parts[i].tt)),
    log = state.log.includes("y");
  const long = (v) => (log ? Math.log10(1 + v * largest) / Math.log10(1 + highest * largest) : v / highest);
  const line = (pair) =>
    '<tr><td class="word">' +
    (esc(pair[0]) || '<i class="quiet">(empty)</i>') +
    '</td><td class="bar"><svg viewBox="0 0 200 ' +
    (kept.length * 8 + 2) +
    '" width="100%" height="' +
    (kept.length * 8 + 2) +
    '" preserveAspectRatio="none" aria-hidden="true">' +
    kept
      .map(
        (i, k) =>
          '<rect class="f k' +
          shown[i].colour +
          '" x="0" y="' +
          (k * 8 + 1) +
          '" width="' +
          n(long(shareAt(pair, i)) * 200) +
          '" height="7"/>',
      )
      .join("") +
    "</svg></td>" +
    kept
      .map((i) =>
        pair[1][i] === null
          ? '<td class="quiet">few</td>'
          : '<td><span class="rows">' +
            figure(pair[1][i]) +
            ' </span><span class="quiet">' +
            percent(shareAt(pair, i)) +
            "</span></td>",
      )
      .join("") +
    "</tr>";
  const rest = kept.map((i) => {
    const listed = found.map((pair) => pair[1][i]).filter(Boolean);
    return [parts[i].tt - listed.reduce((a, b) => a + b, 0), Math.max(parts[i].u - listed.length, 0), parts[i].tt];
  });
  const more = rest.some(([count]) => count > 0)
    ? '<tr><td class="quiet">' +
      figure(Math.max(...rest.map((one) => one[1]))) +
      " other values</td><td></td>" +
      rest
        .map(
          ([count, , whole]) =>
            '<td><span class="rows">' +
            figure(count) +
            ' </span><span class="quiet">' +
            percent(whole ? count / whole : 0) +
            "</span></td>",
        )
        .join("") +
      "</tr>"
    : "";
  return (
    '<section class="words" tabindex="0" role="region" aria-label="Most frequent values"><h3>Most frequent values</h3><table><thead class="sr"><tr><th>Value</th><th>Bar</th>' +
    kept.map((i) => "<th>" + esc(shown[i].name) + "</th>").join("") +
    "</tr></thead><tbody>" +
    found.map(line).join("") +
    more +
    "</tbody></table></section>"
  );
};
const quantileTable = (feature, parts) => {
  const kept = parts.map((part, i) => (part && part.q ? i : -1)).filter((i) => i >= 0),
    say = feature.t === "date" ? day : feature.k === "time" ? moment : figure;
  if (!kept.length) {
    return "";
  }
  const names = ["min", "1 %", "5 %", "10 %", "25 %", "median", "75 %", "90 %", "95 %", "99 %", "max"];
  const rows = kept.map((i) => [parts[i].min, ...parts[i].q, parts[i].max]);
  const extra = [
    ["mean", "mean"],
    ["std dev", "sd"],
    ["NaN", "nan"],
    ["infinite", "inf"],
  ].filter(([, key]) => feature.k !== "time" && kept.some((i) => parts[i][key]));
  return (
    "<section><h3>Quantiles</h3><table>" +
    headOf("", kept) +
    "<tbody>" +
    names
      .map(
        (name, place) =>
          '<tr><th scope="row">' +
          name +
          "</th>" +
          rows.map((row) => "<td>" + esc(say(row[place])) + "</td>").join("") +
          "</tr>",
      )
      .join("") +
    extra
      .map(
        ([name, key]) =>
          '<tr><th scope="row" class="quiet">' +
          name +
          "</th>" +
          kept.map((i) => "<td>" + figure(parts[i][key] === undefined ? 0 : parts[i][key]) + "</td>").join("") +
          "</tr>",
      )
      .join("") +
    "</tbody></table></section>"
  );
};
const pairs = (title, rows) =>
  rows && rows.length
    ? "<section><h3>" +
      esc(title) +
      '</h3><dl class="pairs">' +
      rows.map(([name, text]) => "<dt>" + esc(name) + "</dt><dd>" + esc(text) + "</dd>").join("") +
      "</dl></section>"
    : "";
const wrongList = (feature) =>
  feature.a
    ? '<section><h3>Anomalies</h3><ul class="anomalies">' +
      feature.a
        .map((place) => data.anomalies[place])
        .map(
          (one) =>
            '<li class="' +
            (one.s === "ERROR" ? "no" : "held") +
            '"><p><span class="badge ' +
            esc(one.s.toLowerCase()) +
            '">' +
            esc(one.s.toLowerCase()) +
            "</span> <code>" +
            esc(one.t) +
            '</code> <span class="quiet">' +
            esc(one.in) +
            "</span></p><p>" +
            esc(one.f) +
            "; expected " +
            esc(one.x) +
            ".</p>" +
            (one.r.length ? '<p class="quiet">' + one.r.map(esc).join("<br>") + "</p>" : "") +
            '<p class="quiet">To accept it: <code>' +
            esc(one.e) +
            "</code></p></li>",
        )
        .join("") +
      "</ul></section>"
    : "";
const driftTable = (feature) => {
  const one = feature.d;
  if (!one) {
    return "";
  }
  return (
    "<section><h3>Distance from " +
    esc(one.b[0]) +
    " to " +
    esc(one.b[1]) +
    '</h3><table><thead><tr><th scope="col">Distance</th><th scope="col">value</th><th scope="col">limit</th><th scope="col">p</th></tr></thead><tbody>' +
    one.g
      .map(
        ([name, value, limit, p, ends]) =>
          '<tr><th scope="row">' +
          esc(name) +
          "</th><td" +
          (limit !== null && value > limit && one.x ? ' class="warn"' : "") +
          ">" +
          figure(value) +
          (ends ? ' <span class="quiet rows">' + figure(ends[0]) + " to " + figure(ends[1]) + "</span>" : "") +
          "</td><td>" +
          figure(limit) +
          "</td><td>" +
          (p !== null && p < 1e-4 ? "< 0.0001" : figure(p)) +
          "</td></tr>",
      )
      .join("") +
    "</tbody></table>" +
    (one.w ? '<p class="note">' + esc(one.w) + "</p>" : "") +
    "</section>"
  );
};
const panel = (feature) => {
  const parts = partsOf(feature),
    numbers = drawable(parts).length > 0;
  const guessed = numbers && state.view === "bars" && drawable(parts).some((part) => !part.d);
  const chart = numbers
    ? "<section>" +
      large(feature) +
      (guessed ? '<p class="note">Between the points that are known, rows are spread evenly.</p>' : "") +
      "</section>"
    : "";
  const facts = shown
    .map((one, i) => (parts[i] && parts[i].f ? pairs(shown.length > 1 ? one.name : "More", parts[i].f) : ""))
    .join("");
  const main =
    chart + wordTable(feature, parts, numbers ? 10 : 60) ||
    '<p class="none">' +
      (parts.some(Boolean) ? "There are no values to draw." : "The feature is not in the data.") +
      "</p>";
  const side = quantileTable(feature, parts);
  return (
    '<div class="panel"><div>' +
    legend() +
    main +
    "</div><div>" +
    wrongList(feature) +
    driftTable(feature) +
    side +
    pairs("Together with " + data.label, feature.as) +
    pairs("Schema", feature.e) +
    facts +
    "</div></div>"
  );
};
