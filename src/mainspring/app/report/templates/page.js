(function () {
  "use strict";
  var all = function (query, root) { return Array.prototype.slice.call((root || document).querySelectorAll(query)); };
  document.documentElement.classList.add("js");

  // Tables: a click on a heading sorts by it, figures by data-sort, the rest by its text.
  var key = function (row, place) {
    var cell = row.cells[place], text = cell.hasAttribute("data-sort") ? cell.getAttribute("data-sort") : cell.textContent.trim();
    var number = text === "" ? NaN : Number(text.replace(/,/g, "").replace("\u2212", "-"));
    return { text: text, number: number };
  };
  var compare = function (a, b) {
    var known = [isNaN(a.number), isNaN(b.number)];
    if (known[0] !== known[1]) { return known[0] ? 1 : -1; }
    return known[0] ? a.text.localeCompare(b.text, "en", { numeric: true }) : a.number - b.number;
  };
  all("table.sortable").forEach(function (table) {
    all("thead th:not(.plain)", table).forEach(function (head) {
      var button = document.createElement("button");
      button.type = "button";
      button.append.apply(button, Array.prototype.slice.call(head.childNodes));
      head.append(button);
      button.addEventListener("click", function () {
        var up = head.getAttribute("aria-sort") !== "ascending";
        all("th[aria-sort]", table).forEach(function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        all("tbody tr", table).map(function (row) { return [key(row, head.cellIndex), row]; })
          .sort(function (a, b) { return compare(a[0], b[0]) * (up ? 1 : -1); })
          .forEach(function (pair) { table.tBodies[0].append(pair[1]); });
      });
    });
  });

  // Columns: find by name, type or value; only those with remarks.
  all("[data-filter]").forEach(function (box) {
    var name = box.getAttribute("data-filter"), rows = all("#" + name + " tbody tr");
    var only = document.querySelector("[data-only=" + name + "]"), count = document.querySelector("[data-count=" + name + "]");
    var show = function () {
      var wanted = box.value.trim().toLowerCase(), seen = 0;
      rows.forEach(function (row) {
        row.hidden = (only.checked && !row.hasAttribute("data-flag")) || row.textContent.toLowerCase().indexOf(wanted) < 0;
        seen += row.hidden ? 0 : 1;
      });
      count.textContent = (seen === rows.length ? "" : seen + " of ") + rows.length + " columns";
    };
    box.closest(".tools").classList.add("on");
    box.addEventListener("input", show);
    only.addEventListener("change", show);
  });

  all(".copy").forEach(function (button) {
    button.addEventListener("click", function () {
      var text = button.getAttribute("data-copy") || button.parentNode.querySelector("pre").textContent;
      navigator.clipboard.writeText(text).then(function () {
        button.textContent = "Copied";
        setTimeout(function () { button.textContent = "Copy"; }, 1600);
      });
    });
  });
}());
