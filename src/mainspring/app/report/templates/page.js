(function () {
  "use strict";
  var all = function (query, root) { return Array.prototype.slice.call((root || document).querySelectorAll(query)); };
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
