// The threshold: one slider moves the matrix, the figures and the marks in the charts.
const ground = data.thresholds,
  slider = $("#threshold-slider");
if (ground && slider) {
  const cells = $$("[data-moving] tbody td"),
    at = $("#threshold-at"),
    missedCost = $("#cost-missed"),
    alarmCost = $("#cost-alarm"),
    all = ground.positives + ground.negatives;

  const told = (place) => {
    const [threshold, hits, alarms] = ground.stops[place],
      chosen = hits + alarms,
      missed = ground.positives - hits;
    return {
      threshold,
      hits,
      alarms,
      missed,
      rest: ground.negatives - alarms,
      precision: chosen ? hits / chosen : NaN,
      recall: hits / ground.positives,
      false_positive_rate: alarms / ground.negatives,
      positive_rate: chosen / all,
      accuracy: (hits + ground.negatives - alarms) / all,
      f1: (2 * hits) / (ground.positives + chosen),
      cost: ((missed * costOf(missedCost) + alarms * costOf(alarmCost)) / all) * 1000,
    };
  };
  const costOf = (box) => Math.max(Number(box.value) || 0, 0);
  const best = (score) => {
    let place = 0;
    ground.stops.forEach((_, other) => {
      if (score(told(other)) > score(told(place))) {
        place = other;
      }
    });
    return place;
  };
  const stops = {
    own: () => ground.own,
    f1: () => best((one) => one.f1),
    cost: () => best((one) => -one.cost),
  };

  const move = (key, x, y) => {
    const picture = $('[data-picture="' + key + '"] svg');
    if (!picture) {
      return;
    }
    const mark = $(".here", picture),
      [left, right, top, bottom, x0, x1, y0, y1] = picture.dataset.plane.split(" ").map(Number),
      across = left + ((Math.min(Math.max(x, x0), x1) - x0) / (x1 - x0)) * (right - left);
    if (mark.tagName === "path") {
      mark.setAttribute("d", "M" + across.toFixed(1) + " " + top + "V" + bottom);
    } else {
      mark.setAttribute("cx", across.toFixed(1));
      mark.setAttribute("cy", (bottom - ((y - y0) / (y1 - y0)) * (bottom - top)).toFixed(1));
    }
  };

  const draw = () => {
    const place = Number(slider.value),
      one = told(place);
    at.textContent = figure(one.threshold);
    [one.rest, one.alarms, one.missed, one.hits].forEach((count, cell) => {
      cells[cell].dataset.count = count;
      $("b", cells[cell]).textContent = figure(count);
      cells[cell].title = cells[cell].title.replace(/^[\d,.]+ rows?/, figure(count) + (count === 1 ? " row" : " rows"));
    });
    $$("[data-figure]").forEach((line) => {
      line.textContent = figure(one[line.dataset.figure]);
    });
    const matrix = $("[data-moving]");
    shade(matrix, byOf(matrix));
    move("roc", one.false_positive_rate, one.recall);
    move("pr", one.recall, Number.isFinite(one.precision) ? one.precision : 1);
    move("scores", one.threshold);
    slider.setAttribute(
      "aria-valuetext",
      figure(one.threshold) + ": precision " + figure(one.precision) + ", recall " + figure(one.recall),
    );
    $$("[data-stop]").forEach((button) => {
      button.setAttribute("aria-pressed", stops[button.dataset.stop]() === place);
    });
  };

  slider.addEventListener("input", draw);
  missedCost.addEventListener("input", draw);
  alarmCost.addEventListener("input", draw);
  $$("[data-stop]").forEach((button) =>
    button.addEventListener("click", () => {
      slider.value = stops[button.dataset.stop]();
      draw();
    }),
  );
  draw();
}
root.dataset.ready = "1";
