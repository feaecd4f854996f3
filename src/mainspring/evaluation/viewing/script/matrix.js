// Confusion matrices: shares of the true class, of the predicted class or of all rows.
const percent = (share) =>
  !Number.isFinite(share) ? DASH : share > 0 && share < 0.005 ? "< 1 %" : Math.round(share * 100) + " %";
const shade = (matrix, by) => {
  const rows = Array.from(matrix.tBodies[0].rows, (row) => $$("td", row)),
    counts = rows.map((cells) => cells.map((cell) => Number(cell.dataset.count)));
  const sum = (values) => values.reduce((a, b) => a + b, 0),
    down = counts.map(sum),
    across = counts.length ? counts[0].map((_, place) => sum(counts.map((row) => row[place]))) : [],
    all = sum(down);
  rows.forEach((cells, i) =>
    cells.forEach((cell, j) => {
      const whole = { true: down[i], predicted: across[j], all }[by],
        share = counts[i][j] / whole;
      cell.style.setProperty("--share", Number.isFinite(share) ? share.toFixed(3) : 0);
      $("small", cell).textContent = percent(share);
    }),
  );
};
const byOf = (matrix) => {
  const chosen = $("input:checked", matrix.parentElement.parentElement);
  return chosen ? chosen.value : "true";
};
$$("[data-shares]").forEach((choice) => {
  const matrix = $(".confusion", choice.parentElement);
  choice.addEventListener("change", () => shade(matrix, byOf(matrix)));
});
