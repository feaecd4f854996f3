// Groups.
const sections = new Map();
const heading = (kind) => {
  const columns = COLUMNS[kind].concat(hasDrift ? [["Distance", "drift", null, false, "drift"]] : []);
  const head = ([title, key, , lesser, more]) =>
    '<th scope="col" role="columnheader" class="' +
    (lesser ? "lesser " : "") +
    (more || "") +
    '"' +
    (key && key === state.sort ? ' aria-sort="' + (state.down ? "descending" : "ascending") + '"' : "") +
    ">" +
    (key ? '<button type="button" data-sort="' + key + '">' + title + "</button>" : title) +
    "</th>";
  return (
    '<tr role="row">' +
    head(["Feature", "name"]) +
    (shown.length > 1 ? '<td role="cell" class="key-col"></td>' : "") +
    columns.map(head).join("") +
    '<th scope="col" role="columnheader" class="pic">Distribution</th></tr>'
  );
};
const widths = (kind, all) =>
  [
    "minmax(0,216px)",
    shown.length > 1 ? "20px" : "",
    ...COLUMNS[kind].map((column) =>
      !all && column[3]
        ? ""
        : column[4] === "top"
          ? "minmax(0,2.4fr)"
          : column[1] === "per"
            ? "minmax(0,1.6fr)"
            : "minmax(0,1fr)",
    ),
    hasDrift ? "92px" : "",
    "minmax(0,26%)",
  ].join(" ");
const draw = (afresh) => {
  shown = series().filter((one) => one.on);
  if (afresh) {
    eyes.disconnect();
    near.clear();
    nodes = [];
    details.clear();
    drawn = new Set();
  }
  const found = filtered(),
    groups = new Map(kinds.map((kind) => [kind, []]));
  sorted(found).forEach((one) => groups.get(one.k).push(one));
  groups.forEach((features, kind) => {
    const section = sections.get(kind);
    section.hidden = !features.length;
    section.querySelector(".count").textContent = features.length;
    section.querySelector("thead").innerHTML = heading(kind);
    section.style.setProperty("--columns", widths(kind, true));
    section.style.setProperty("--fewer", widths(kind, false));
    section.querySelector("tbody").replaceChildren(
      ...features.flatMap((one) => {
        const open = state.open.includes(one.n),
          row = rowOf(one);
        row.classList.toggle("is-open", open);
        row.querySelector(".name").setAttribute("aria-expanded", open);
        return open ? [row, detailOf(one)] : [row];
      }),
    );
  });
  none.hidden = found.length > 0;
  tools.querySelector(".found").textContent =
    (found.length === data.features.length ? "" : found.length + " of ") +
    data.features.length +
    (data.features.length === 1 ? " feature" : " features");
  writeAddress();
};
const redraw = () => {
  drawn = new Set();
  details.clear();
  draw(false);
  nodes.forEach((row) => {
    if (row) {
      row.lastElementChild.innerHTML = "";
    }
  });
  near.forEach((row) => row.isConnected && paint(row));
};
const none = document.createElement("p");
none.className = "none";
none.hidden = true;
none.innerHTML = 'No feature is like that. <button type="button" class="chip" data-clear>Show all</button>';
const toggle = (name, open) => {
  const is = state.open.includes(name),
    wanted = open === undefined ? !is : open;
  if (is !== wanted) {
    state.open = wanted ? state.open.concat(name) : state.open.filter((one) => one !== name);
    draw(false);
  }
};
const focusOn = (place) => {
  const buttons = $$(".name").filter((one) => one.offsetParent);
  if (buttons[place]) {
    buttons[place].focus();
  }
};
const reveal = (name) => {
  const feature = data.features.find((one) => one.n === name);
  if (!feature) {
    return;
  }
  if (!filtered().includes(feature)) {
    Object.assign(state, { find: "", kinds: "", only: "" });
    drawTools();
  }
  toggle(name, true);
  nodes[feature.i].scrollIntoView({ block: "center" });
  nodes[feature.i].querySelector(".name").focus({ preventScroll: true });
};

root.replaceChildren(tools);
data.features.forEach((one, place) => {
  one.i = place;
});
kinds.forEach((kind) => {
  const section = document.createElement("section");
  section.className = "group";
  section.innerHTML =
    "<h2>" +
    TITLES[kind] +
    ' <span class="count"></span></h2><table class="features" role="table" aria-label="' +
    TITLES[kind] +
    ' features"><thead role="rowgroup"></thead><tbody role="rowgroup"></tbody></table>';
  sections.set(kind, section);
  root.append(section);
});
root.append(none);
const take = () => {
  state = readAddress();
  drawTools();
  draw(true);
};
take();
