"""The page of an evaluation in a real browser: threshold, slices, matrix and keyboard."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mainspring.core import Slice
from mainspring.data import Table
from mainspring.evaluation import Evaluation, Predictions, evaluate
from mainspring.evaluation.viewing import view, view_comparison

pytestmark = pytest.mark.service

HOSTILE = "<img src=x onerror=\"document.title='broken'\"></script>"
SEEN = (
    "return Array.from(document.querySelectorAll('#slice-table tbody tr')).filter((row) => !row.hidden)"
    ".map((row) => row.cells[0].innerText.trim())"
)


def judged(rows: int = 4000, shops: int = 4, noise: float = 0.2) -> Evaluation:
    """A model that is worst in the last shop, judged by shop, by day and by both."""
    random = np.random.default_rng(3)
    shop, day = random.integers(0, shops, rows), random.choice(["mon", "tue", HOSTILE], rows)
    paid = random.random(rows) < 0.4
    spread = np.where(shop == shops - 1, 3 * noise, noise)
    chance = np.clip(np.where(paid, 0.65, 0.35) + random.normal(0, spread, rows), 0, 1)
    table = Table.from_columns(
        {
            "paid": np.where(paid, "yes", "no").tolist(),
            "shop": [f"shop {x:03d}" for x in shop],
            "day": day.tolist(),
        }
    )
    predictions = Predictions(("no", "yes"), np.column_stack([1 - chance, chance]))
    return evaluate(predictions, table, label="paid", slices=["shop", "day", "shop * day"], min_slice_size=5)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    page = view(judged(), baseline=judged(noise=0.3), title="Paid")
    return page.save(tmp_path_factory.mktemp("page") / "small.html").as_uri()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five hundred slices and more: those of the small page, again and again under other names."""
    found = judged()
    keys = [key for key in found.measured if key.values]
    more = {
        Slice.of({"a column of quite some length": f"value {copy:02d}", **dict(key.values)}): found.measured[key]
        for copy in range(27)
        for key in keys
    }
    page = view(dataclasses.replace(found, measured={**found.measured, **more}), baseline=found)
    return page.save(tmp_path_factory.mktemp("page") / "many.html")


def opened(browser: Any, address: str) -> Any:
    browser.open(address)
    browser.wait("return document.documentElement.dataset.ready")
    return browser


def texts(browser: Any) -> list[str]:
    """What the threshold moves: the cells of the matrix, then the figures."""
    found: list[str] = browser.run(
        "return Array.from(document.querySelectorAll('[data-moving] td b, [data-figure]'))"
        ".map((one) => one.innerText)"
    )
    return found


def busy(browser: Any) -> float:
    """Seconds that the page has kept its processor busy."""
    found = browser.devtools("Performance.getMetrics")["metrics"]
    return next(float(one["value"]) for one in found if one["name"] == "TaskDuration")


def test_the_script_leaves_the_page_as_it_was_drawn(browser: Any, small: str) -> None:
    drawn = Path(small.removeprefix("file://")).read_text(encoding="utf-8")
    opened(browser, small)
    for text in texts(browser):
        assert f">{text}<" in drawn
    assert browser.attribute("[data-stop=own]", "aria-pressed") == "true"
    assert browser.complaints() == []
    assert browser.run("return document.title") == "Paid \u00b7 Mainspring"


def test_the_threshold_moves_figures_and_marks_by_the_keyboard(browser: Any, small: str) -> None:
    opened(browser, small)
    before = texts(browser)
    mark = browser.attribute('[data-picture="roc"] .here', "cx")
    browser.run("document.querySelector('#threshold-slider').focus()")
    for _ in range(20):
        browser.type("ArrowUp")
    after = texts(browser)
    assert after != before
    assert float(browser.text("#threshold-at")) > 0.5
    assert float(browser.attribute('[data-picture="roc"] .here', "cx")) < float(mark), "fewer false alarms"
    rest, alarms, missed, hits = (int(text.replace(",", "")) for text in after[:4])
    figures = dict(zip(("precision", "recall"), map(float, after[4:6]), strict=True))
    assert figures["precision"] == pytest.approx(hits / (hits + alarms), abs=1e-3)
    assert figures["recall"] == pytest.approx(hits / (hits + missed), abs=1e-3)
    assert rest + alarms + missed + hits == 4000
    assert "precision" in (browser.attribute("#threshold-slider", "aria-valuetext") or "")
    browser.click("[data-stop=own]")
    assert texts(browser) == before


def test_costs_move_the_cheapest_threshold(browser: Any, small: str) -> None:
    opened(browser, small)
    browser.click("[data-stop=cost]")
    alike = float(browser.text("#threshold-at"))
    browser.run(
        "const one = document.querySelector('#cost-missed'); one.value = '20';"
        "one.dispatchEvent(new Event('input', {bubbles: true}))"
    )
    browser.click("[data-stop=cost]")
    assert float(browser.text("#threshold-at")) < alike, "missing is dear, so more rows are chosen"
    assert browser.attribute("[data-stop=cost]", "aria-pressed") == "true"


def test_slices_are_found_by_name_column_and_size(browser: Any, small: str) -> None:
    opened(browser, small)
    assert len(browser.run(SEEN)) == 19
    browser.run("document.body.focus()")
    browser.type("/")
    assert browser.run("return document.activeElement.id") == "slice-find"
    browser.type("shop 003")
    assert all("shop 003" in name for name in browser.run(SEEN))
    assert browser.text("#slice-found").endswith("of 19 slices")
    browser.type("Escape")
    assert len(browser.run(SEEN)) == 19
    choose = "const one = document.querySelector(arguments[0]); one.value = arguments[1];"
    changed = "one.dispatchEvent(new Event('change', {bubbles: true})); one.dispatchEvent(new Event('input'))"
    groups = browser.run(
        "return Array.from(document.querySelectorAll('#slice-group option')).map((one) => one.text)"
    )
    browser.run(choose + changed, "#slice-group", str(groups.index("shop") - 1))
    assert sorted(browser.run(SEEN)) == [f"shop=shop {place:03d}" for place in range(4)]
    browser.run(choose + changed, "#slice-group", "")
    browser.run(choose + changed, "#slice-rows", "1200")
    assert all(name.startswith("day=") for name in browser.run(SEEN))


def test_headings_and_another_metric_sort(browser: Any, small: str) -> None:
    opened(browser, small)
    assert "shop 003" in browser.run(SEEN)[0], "the worst slice comes first"
    browser.click("#slice-table th:first-child button")
    assert browser.run(SEEN) == sorted(browser.run(SEEN))
    assert browser.attribute("#slice-table th:first-child", "aria-sort") == "ascending"
    options = browser.run(
        "return Array.from(document.querySelectorAll('#slice-metric option')).map((one) => one.text)"
    )
    browser.run(
        "const one = document.querySelector('#slice-metric'); one.value = arguments[0];"
        "one.dispatchEvent(new Event('change', {bubbles: true}))",
        str(options.index("log loss")),
    )
    assert browser.text("[data-metric]").strip() == "log loss"
    shown = browser.run(
        "return Array.from(document.querySelectorAll('#slice-table tbody tr'))"
        ".map((row) => Number(row.cells[2].innerText))"
    )
    assert shown == sorted(shown, reverse=True), "of the log loss less is better: the largest is the worst"
    assert browser.count("#slice-table .bar svg") == 19


def test_the_matrix_shows_other_shares(browser: Any, small: str) -> None:
    opened(browser, small)
    cells = (
        "return Array.from(document.querySelectorAll('[data-moving] td small'))"
        ".map((one) => parseInt(one.innerText))"
    )
    assert sum(browser.run(cells)[:2]) in (99, 100, 101), "of the true class: rows add up"
    browser.run("document.querySelector('[data-shares] input[value=all]').click()")
    assert sum(browser.run(cells)) in (98, 99, 100, 101, 102)
    browser.run("document.querySelector('[data-shares] input[value=predicted]').click()")
    found = browser.run(cells)
    assert found[0] + found[2] in (99, 100, 101)


def test_five_hundred_slices_are_light(browser: Any, many: Path) -> None:
    assert many.stat().st_size < 2_000_000
    browser.devtools("Performance.enable", timeDomain="threadTicks")
    before = busy(browser)
    opened(browser, many.as_uri())
    assert browser.count("#slice-table tbody tr") > 500
    assert len(browser.run(SEEN)) == 100, "the rest waits until somebody asks"
    browser.run(
        "const one = document.querySelector('#slice-find'); one.value = 'value 12';"
        "one.dispatchEvent(new Event('input'))"
    )
    assert len(browser.run(SEEN)) == 19
    assert busy(browser) - before < 1.0, "seconds of the processor, whatever else runs beside it"


def test_all_slices_are_shown_when_somebody_asks(browser: Any, many: Path) -> None:
    opened(browser, many.as_uri())
    first = browser.run(SEEN)[0]
    browser.click("#slice-table th:first-child button")
    assert len(browser.run(SEEN)) == 100
    assert browser.run(SEEN)[0] != first, "sorted among all, not among those that are shown"
    browser.click("#slice-more")
    assert len(browser.run(SEEN)) > 500
    assert not browser.texts("#slice-more")


@pytest.mark.parametrize(("width", "mode"), [(390, "light"), (390, "dark"), (820, "light")])
def test_nothing_is_wider_than_the_screen(browser: Any, small: str, width: int, mode: str) -> None:
    browser.prefer(prefers_color_scheme=mode)
    browser.size(width, 800)
    opened(browser, small)
    assert browser.run("return document.documentElement.scrollWidth") <= width
    assert browser.complaints() == []


def test_models_side_by_side(browser: Any, tmp_path: Path) -> None:
    page = view_comparison({"in use": judged(noise=0.3), "candidate": judged()})
    opened(browser, page.save(tmp_path / "both.html").as_uri())
    assert browser.complaints() == []
    browser.run(
        "const one = document.querySelector('[data-find]'); one.value = 'shop 001';"
        "one.dispatchEvent(new Event('input'))"
    )
    seen = browser.run("return document.querySelector('#slices .found').innerText")
    assert seen == "4 of 19 rows"
