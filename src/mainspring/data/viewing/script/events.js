// What people do: type, choose, click, press keys.
root.addEventListener("input", (event) => {
  const one = event.target;
  if (one.id === "find") {
    state.find = one.value;
    let fine = true;
    try {
      new RegExp(one.value);
    } catch (error) {
      fine = false;
    }
    one.setAttribute("aria-invalid", !fine);
    draw(false);
  }
});
root.addEventListener("change", (event) => {
  const one = event.target;
  if (one.id === "sort") {
    state.sort = one.value;
    state.down = Boolean(KEYS[one.value][1]);
    drawTools();
    draw(false);
    root.querySelector("#sort").focus();
  } else if (one.id === "slice") {
    state.slice = Number(one.value);
    state.hide = "";
    drawTools();
    draw(true);
    root.querySelector("#slice").focus();
  } else if (one.id === "beside") {
    state.beside = one.checked;
    state.hide = "";
    drawTools();
    draw(true);
    root.querySelector("#beside").focus();
  } else if (one.dataset.log) {
    state.log = $$("[data-log]")
      .filter((box) => box.checked)
      .map((box) => box.dataset.log)
      .join("");
    redraw();
  }
});
const without = (list, one) => {
  const all = list.split(",").filter(Boolean);
  return (all.includes(one) ? all.filter((key) => key !== one) : all.concat(one)).join(",");
};
root.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) {
    const row = event.target.closest("tr.row");
    if (row && !String(getSelection())) {
      toggle(data.features[row.dataset.i].n);
    }
    return;
  }
  const given = button.dataset;
  let selector = button.id ? "#" + button.id : null;
  for (const key of ["kind", "only", "series", "view"]) {
    if (given[key] !== undefined) {
      selector = "[data-" + key + '="' + given[key] + '"]';
    }
  }
  if (button.classList.contains("name")) {
    toggle(data.features[button.closest("tr").dataset.i].n);
    button.focus();
    return;
  }
  if (given.sort) {
    state.down = state.sort === given.sort ? !state.down : Boolean(KEYS[given.sort][1]);
    state.sort = given.sort;
    const place = $$("table").indexOf(button.closest("table"));
    drawTools();
    draw(false);
    $$("table")
      [place].querySelector('[data-sort="' + given.sort + '"]')
      .focus();
    return;
  }
  if (button.id === "turn") {
    state.down = !state.down;
  } else if (given.kind) {
    state.kinds = without(state.kinds, given.kind);
  } else if (given.only) {
    state.only = state.only === given.only ? "" : given.only;
  } else if (given.clear !== undefined) {
    Object.assign(state, { find: "", kinds: "", only: "" });
    selector = "#find";
  } else if (given.view) {
    state.view = given.view;
    drawTools();
    redraw();
    root.querySelector(selector).focus();
    return;
  } else if (given.series !== undefined) {
    state.hide = without(state.hide, given.series);
    drawTools();
    draw(true);
    root.querySelector(selector).focus();
    return;
  }
  drawTools();
  draw(false);
  if (selector) {
    root.querySelector(selector).focus();
  }
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-open]");
  if (link) {
    event.preventDefault();
    reveal(link.dataset.open);
  }
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) {
    return;
  }
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName),
    find = root.querySelector("#find");
  if (event.key === "/" && !typing) {
    event.preventDefault();
    find.focus();
    find.select();
    return;
  }
  if (event.key === "Escape" && event.target === find) {
    find.value = "";
    state.find = "";
    draw(false);
    find.blur();
    return;
  }
  if (typing && !(event.target === find && event.key === "ArrowDown")) {
    return;
  }
  const buttons = $$(".name").filter((one) => one.offsetParent),
    at = buttons.indexOf(document.activeElement);
  if (event.key === "ArrowDown" && (at >= 0 || event.target === find)) {
    event.preventDefault();
    focusOn(at + 1);
  } else if (event.key === "ArrowUp" && at > 0) {
    event.preventDefault();
    focusOn(at - 1);
  } else if (event.key === "Escape" && state.open.length) {
    state.open = [];
    draw(false);
    if (at >= 0) {
      buttons[at].focus();
    }
  }
});
addEventListener("hashchange", take);
let waiting = 0;
addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (state.open.length) {
      details.clear();
      draw(false);
    }
  }, 200);
});
if (state.open.length) {
  const first = data.features.find((one) => one.n === state.open[0]);
  if (first && nodes[first.i]) {
    nodes[first.i].scrollIntoView({ block: "center" });
  }
}
document.documentElement.dataset.ready = "1";
