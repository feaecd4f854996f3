// Every column moves over points that the model was asked about; one is moved at a time.
const root = document.documentElement;
const $ = (query, from) => (from || document).querySelector(query);
const $$ = (query, from) => Array.from((from || document).querySelectorAll(query));
const data = JSON.parse($("#data").textContent);
const movers = $$("[data-mover]"),
  now = $("#now"),
  back = $("#back");

const ring = (mover, x, score) => {
  const picture = $("svg", mover);
  if (!picture) {
    return;
  }
  let mark = $(".here", picture);
  if (x === null) {
    if (mark) {
      mark.setAttribute("visibility", "hidden"); // a missing value has no place on the axis
    }
    return;
  }
  const [left, right, top, bottom, x0, x1, y0, y1] = picture.dataset.plane.split(" ").map(Number);
  if (!mark) {
    mark = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    mark.setAttribute("class", "here");
    mark.setAttribute("r", "5.5");
    picture.append(mark);
  }
  mark.setAttribute("visibility", "visible");
  mark.setAttribute("cx", (left + ((x - x0) / (x1 - x0)) * (right - left)).toFixed(1));
  mark.setAttribute("cy", (bottom - ((score - y0) / (y1 - y0)) * (bottom - top)).toFixed(1));
};

const put = (mover, place) => {
  const column = data.columns[Number(mover.dataset.mover)],
    [name, , , x, score] = column.points[place],
    control = $("input,select", mover);
  control.value = String(place);
  control.setAttribute("aria-valuetext", name);
  $(".at", mover).textContent = name;
  mover.classList.toggle("moved", place !== column.own);
  $$(".words li", mover).forEach((line, at) => line.classList.toggle("here", at === place));
  ring(mover, x, score);
};

const show = (mover, place) => {
  movers.forEach((other) => put(other, other === mover ? place : data.columns[Number(other.dataset.mover)].own));
  const column = mover && data.columns[Number(mover.dataset.mover)],
    moved = Boolean(column) && place !== column.own,
    [name, answer, score, , , turned] = moved ? column.points[place] : ["", ...data.before, null, null, false];
  $("#now-what").textContent = moved ? column.feature + ": " + name : "The row as it is";
  $("#now-answer").textContent = answer;
  $("#now-score").textContent = score;
  now.classList.toggle("turned", turned);
  back.disabled = !moved;
};

movers.forEach((mover) => {
  const control = $("input,select", mover),
    turn = $("[data-turn]", mover);
  control.addEventListener("input", () => show(mover, Number(control.value)));
  if (turn) {
    turn.addEventListener("click", () => show(mover, data.columns[Number(mover.dataset.mover)].turns));
  }
});
if (back) {
  back.addEventListener("click", () => show(null, 0));
  show(null, 0);
}
root.dataset.ready = "1";
