// The figures of the page, and the slices: find by name, column and size; another metric redraws figures and bars.
const data = JSON.parse($("#data").textContent),
  slices = data.slices,
  table = $("#slice-table");
if (slices && table) {
  const rows = $$("tbody tr", table),
    names = rows.map((row) => row.cells[0].textContent.toLowerCase()),
    sizes = rows.map((row) => Number(row.cells[1].dataset.sort)),
    find = $("#slice-find"),
    metric = $("#slice-metric"),
    group = $("#slice-group"),
    least = $("#slice-rows"),
    found = $("#slice-found"),
    more = $("#slice-more"),
    head = $("[data-metric]", table);
  let most = 100; // a table of many rows is laid out slowly: the rest waits until somebody asks

  const filter = () => {
    const wanted = find.value.trim().toLowerCase(),
      size = Number(least.value) || 0;
    let seen = 0;
    Array.from(table.tBodies[0].rows).forEach((row) => {
      const place = Number(row.dataset.place);
      const fits =
        names[place].includes(wanted) &&
        sizes[place] >= size &&
        !(group && group.value && slices.groups[place] !== Number(group.value));
      seen += fits ? 1 : 0;
      row.hidden = !fits || seen > most;
    });
    const count = rows.length.toLocaleString("en") + (rows.length === 1 ? " slice" : " slices");
    found.textContent = seen === rows.length ? count : seen ? seen + " of " + count : "No slice is like that";
    more.hidden = seen <= most;
    more.textContent = "Show all " + seen.toLocaleString("en");
  };

  const toneOf = (side, difference) =>
    !Number.isFinite(difference) || side === "neither" || Math.abs(difference) < 5e-7
      ? ""
      : difference > 0 === (side === "higher")
        ? "better"
        : "worse";
  const toned = (difference, side) =>
    '<span class="' + toneOf(side, difference) + '">' + change(difference) + "</span>";
  const barOf = (figures, whole, low, high, side, name) => {
    const along = (value) => (4 + (172 * (Math.min(Math.max(value, low), high) - low)) / (high - low)).toFixed(1),
      colour = { better: "good", worse: "bad" }[side] || "f1",
      [value, from, to] = figures,
      start = along(whole),
      end = along(value),
      words = esc(name + " " + figure(value) + " against " + figure(whole) + " of all rows");
    return (
      '<svg class="ms-pic" role="img" aria-label="' +
      words +
      '" width="180" height="18" viewBox="0 0 180 18"><title>' +
      words +
      '</title><path class="grid" d="M4 9h172"/>' +
      (value === null
        ? ""
        : '<rect class="' +
          colour +
          ' bar" x="' +
          Math.min(start, end) +
          '" y="5" width="' +
          Math.abs(end - start).toFixed(1) +
          '" height="8"/><circle class="' +
          colour +
          '" cx="' +
          end +
          '" cy="9" r="3.5"/>') +
      (value === null || from === undefined
        ? ""
        : '<path class="whisker" d="M' + along(from) + " 9H" + along(to) + '"/>') +
      '<path class="tick" d="M' +
      start +
      ' 1v16"/></svg>'
    );
  };

  const draw = () => {
    const place = Number(metric.value),
      [, name, side, whole] = slices.metrics[place];
    const known = slices.figures.map((one) => one[place][0]).filter((value) => value !== null);
    if (whole !== null) {
      known.push(whole);
    }
    const least = Math.min(...known),
      most = Math.max(...known),
      air = (most - least) * 0.06 || Math.abs(most) * 0.1 || 1;
    $("button", head).textContent = name;
    rows.forEach((row) => {
      const at = Number(row.dataset.place),
        figures = slices.figures[at][place],
        value = figures[0],
        cells = row.cells,
        apart = value === null || whole === null ? NaN : value - whole;
      cells[2].textContent = figure(value);
      cells[2].dataset.sort = value === null ? "" : value;
      cells[2].dataset.label = name;
      cells[3].innerHTML =
        whole === null ? "" : barOf(figures, whole, least - air, most + air, toneOf(side, apart), name);
      cells[4].innerHTML = toned(apart, side);
      cells[4].dataset.sort = Number.isFinite(apart) ? apart : "";
      if (slices.before) {
        const before = slices.before[at][place],
          moved = value === null || before === null ? NaN : value - before;
        cells[5].textContent = figure(before);
        cells[5].dataset.sort = before === null ? "" : before;
        cells[6].innerHTML = toned(moved, side);
        cells[6].dataset.sort = Number.isFinite(moved) ? moved : "";
      }
    });
    sortBy(table, head, side !== "lower");
  };

  find.addEventListener("input", filter);
  least.addEventListener("input", filter);
  if (group) {
    group.addEventListener("change", filter);
  }
  metric.addEventListener("change", draw);
  table.addEventListener("sorted", filter);
  const all = () => {
    most = Infinity;
    filter();
  };
  more.addEventListener("click", all);
  addEventListener("beforeprint", all);
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      find.focus();
      find.select();
    } else if (event.key === "Escape" && event.target === find) {
      find.value = "";
      filter();
    }
  });
  filter();
}
