"""The page of data in a real browser: sorting, filtering, overlay, opening; at 20 and at 500 columns."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from mainspring.data import Table, infer, summarize, validate
from mainspring.data.statistics import Statistics, TableStatistics
from mainspring.data.viewing import view

pytestmark = pytest.mark.service

NAMES = ".row .name"
COLOURS = ["red", "green", "blue", "grey", "pink"]


def made_up(seed: int, rows: int = 400, shift: float = 0.0) -> Table:
    """Twenty columns: numbers, words, bools, dates, long texts and lists."""
    dice = random.Random(seed)
    columns: dict[str, list[Any]] = {}
    for place in range(10):
        missing = place / 20
        columns[f"number_{place}"] = [
            None if dice.random() < missing else round(dice.gauss(place * 10 + shift, 1 + place), 3)
            for _ in range(rows)
        ]
    for place in range(5):
        columns[f"word_{place}"] = [
            dice.choice(["red", "green", "blue", "grey"][: place + 1]) for _ in range(rows)
        ]
    columns |= {f"flag_{place}": [dice.random() < 0.3 for _ in range(rows)] for place in range(2)}
    columns["day"] = [f"2024-{dice.randint(1, 12):02d}-{dice.randint(1, 28):02d}" for _ in range(rows)]
    columns["note"] = [f"A note of a customer, number {dice.randint(0, 10**9)}, quite long" for _ in range(rows)]
    columns["tags"] = [" ".join(str(dice.randint(1, 9)) for _ in range(dice.randint(1, 4))) for _ in range(rows)]
    lists = "string_split(tags, ' ')::BIGINT[] AS tags"
    return Table.from_columns(columns).sql(f"SELECT * REPLACE ({lists}, day::DATE AS day) FROM this")


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a page of two data sets of twenty columns, the second drifted and held against a schema."""
    first, second = made_up(1), made_up(2, shift=3.0)
    schema = infer(summarize({"before": first}), label="flag_0")
    both = summarize({"before": first, "after": second})
    later = summarize({"before": first})
    found = validate(Statistics({"before": both.splits["after"]}), schema, previous=later)
    page = view(both, schema=schema, validation=found, title="Twenty columns")
    return page.save(tmp_path_factory.mktemp("page") / "twenty.html").as_uri()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of two data sets of five hundred columns each."""
    tables = {}
    for name, seed in (("before", 1), ("after", 2)):
        found = summarize(made_up(seed)).split("train").features
        known = list(found.values())
        tables[name] = TableStatistics(
            400, {f"{known[place % 20].name}_{place:03d}": known[place % 20] for place in range(500)}
        )
    return view(tables, title="Five hundred columns").save(tmp_path_factory.mktemp("page") / "many.html")


def opened(browser: Any, address: str) -> Any:
    browser.open(address)
    browser.wait("return document.documentElement.dataset.ready")
    return browser


def group(browser: Any, place: int) -> list[str]:
    """The names of the features of a group, in the order in which they are seen."""
    script = (
        "return Array.from(Array.from(document.querySelectorAll('.group')).filter((one) => !one.hidden)"
        "[arguments[0]].querySelectorAll('.row .name')).map((one) => one.innerText)"
    )
    found: list[str] = browser.run(script, place)
    return found


def test_features_are_there_by_kind_with_their_pictures(browser: Any, twenty: str) -> None:
    opened(browser, twenty)
    assert browser.texts(".group h2") == ["Numeric 10", "Categorical 7", "Text 1", "Time 1", "Lists 1"]
    assert browser.count(".row") == 20
    browser.wait("return document.querySelector('.row .pic svg path.f')")
    assert browser.complaints() == []


def test_a_click_on_a_heading_sorts_and_says_so(browser: Any, twenty: str) -> None:
    opened(browser, twenty)
    expected = [f"number_{place}" for place in range(9, -1, -1)]
    browser.click("th [data-sort=missing]")
    assert group(browser, 0)[:3] == expected[:3]
    assert browser.run("return document.activeElement.dataset.sort") == "missing"
    assert browser.attribute("[aria-sort]", "aria-sort") == "descending"
    browser.click("th [data-sort=mean]")
    assert group(browser, 0) == expected
    browser.click("th [data-sort=mean]")
    assert group(browser, 0) == expected[::-1]
    assert browser.attribute("[aria-sort]", "aria-sort") == "ascending"
    assert "sort=mean" in browser.run("return location.hash")


def test_the_select_sorts_by_what_is_wrong(browser: Any, twenty: str) -> None:
    opened(browser, twenty)
    browser.run(
        "const one = document.querySelector('#sort'); one.value = 'a';"
        "one.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    first = group(browser, 0)[0]
    assert "error" in browser.text(".row .badge"), first


def test_typing_filters_by_a_regular_expression(browser: Any, twenty: str) -> None:
    opened(browser, twenty)
    browser.type("/")
    browser.type("^number_[12]$")
    assert browser.texts(NAMES) == ["number_1", "number_2"]
    assert browser.texts(".found") == ["2 of 20 features"]
    browser.type("Escape")
    assert len(browser.texts(NAMES)) == 20
    browser.type("/")
    browser.type("(")
    assert browser.attribute("#find", "aria-invalid") == "true"


def test_kinds_and_anomalies_are_switched(browser: Any, twenty: str) -> None:
    opened(browser, twenty)
    browser.click("[data-kind=numeric]")
    assert browser.texts(".group h2")[0] == "Categorical 7"
    browser.click("[data-kind=numeric]")
    browser.click("[data-only=anomalies]")
    shown = browser.texts(NAMES)
    assert 0 < len(shown) < 20
    assert browser.count(".row .badge.error, .row .badge.warning") >= len(shown)


def test_two_data_sets_are_laid_over_each_other_and_one_is_taken_away(browser: Any, twenty: str) -> None:
    opened(browser, twenty)
    browser.wait("return document.querySelector('.row .pic svg path.o')")
    first = "document.querySelector('.row .pic svg')"
    assert browser.run(f"return {first}.querySelectorAll('path.f').length") == 1
    assert browser.run(f"return {first}.querySelectorAll('path.o').length") == 1
    assert browser.run("return document.querySelector('.row td:nth-child(3)').children.length") == 2
    browser.click("[data-series='1']")
    browser.wait(f"return {first} && {first}.querySelectorAll('path.o').length === 0")
    assert browser.run("return document.querySelector('.row td:nth-child(2)').children.length") == 1
    assert browser.attribute("[data-series='1']", "aria-pressed") == "false"


def test_a_row_opens_by_the_keyboard_and_stays_in_the_address(browser: Any, twenty: str) -> None:
    opened(browser, twenty)
    browser.type("/")
    browser.type("ArrowDown")
    browser.type("ArrowDown")
    browser.type("Enter")
    assert browser.texts(".detail h3")[0]
    assert browser.text(".name[aria-expanded=true]") == "number_1"
    assert browser.run("return location.hash") == "#open=number_1"
    assert "Quantiles" in browser.texts(".detail h3")
    opened(browser, twenty + "#open=word_3&view=cumulative&sort=name")
    assert browser.text(".name[aria-expanded=true]") == "word_3"
    assert browser.attribute("[data-view=cumulative]", "aria-pressed") == "true"
    browser.run("document.querySelector('.name[aria-expanded=true]').focus()")
    browser.type("Escape")
    assert browser.texts(".detail") == []


def test_an_anomaly_leads_to_its_feature(browser: Any, twenty: str) -> None:
    opened(browser, twenty)
    browser.run("document.querySelector('#anomalies').open = true")
    wanted = browser.texts("#anomalies [data-open]")[0]
    browser.click("#anomalies [data-open]")
    assert browser.text(".name[aria-expanded=true]") == wanted
    assert browser.texts(".detail .anomalies code")


@pytest.mark.parametrize("shown", ["bars", "deciles", "cumulative"])
@pytest.mark.parametrize("log", ["", "x", "y", "xy"])
def test_every_way_to_draw_draws(browser: Any, twenty: str, shown: str, log: str) -> None:
    rows = "&".join(f"open={name}" for name in ("number_0", "number_9", "word_3", "flag_1", "day", "note", "tags"))
    opened(browser, f"{twenty}#view={shown}&log={log}&{rows}")
    assert browser.count(".detail") == 7
    drawn = browser.run("return Array.from(document.querySelectorAll('svg')).map((one) => one.outerHTML).join()")
    assert "NaN" not in drawn
    assert "Infinity" not in drawn
    assert browser.complaints() == []


def test_a_phone_shows_cards_without_scrolling_sideways(browser: Any, twenty: str) -> None:
    browser.size(360, 740)
    opened(browser, twenty + "#open=number_1&open=word_3")
    assert browser.run("return document.documentElement.scrollWidth") <= 360


def test_five_hundred_columns_open_at_once_and_are_drawn_when_seen(browser: Any, many: Path) -> None:
    assert many.stat().st_size < 3_000_000
    opened(browser, many.as_uri())
    assert browser.count(".row") == 500
    drawn = "return document.querySelectorAll('.row .pic svg').length"
    browser.wait(drawn)
    assert browser.run(drawn) < 100
    browser.run("scrollTo(0, document.documentElement.scrollHeight)")
    last = "Array.from(document.querySelectorAll('.row')).pop()"
    browser.wait(f"return {last}.querySelector('.pic').childNodes.length")
    browser.type("/")
    browser.type("number_3_")
    assert browser.texts(".found") == ["25 of 500 features"]
    assert browser.complaints() == []


def test_nothing_of_hostile_data_runs(browser: Any, tmp_path: Path) -> None:
    evil = "</script><img src=x onerror=\"window.evil=1\"><b onclick='window.evil=1'>"
    table = Table.from_columns({evil: [evil, evil, "b"], "'\"><script>window.evil=1</script>": [1, 2, 3]})
    page = view(summarize({evil: table, "b": table}), title=evil)
    opened(browser, page.save(tmp_path / "evil.html").as_uri())
    for name in browser.run("return Array.from(document.querySelectorAll('.name')).map((one) => one.innerText)"):
        assert name
    browser.run("document.querySelectorAll('.name').forEach((one) => one.click())")
    assert browser.run("return [document.querySelectorAll('img').length, window.evil || 0]") == [0, 0]
    assert evil in browser.texts(".detail td.word")
    assert browser.complaints() == []


def test_several_pages_fit_a_notebook(browser: Any, tmp_path: Path) -> None:
    pages = [view(summarize(Table.from_columns({name: [1, 2, 2]}))) for name in ("first", "second")]
    notebook = tmp_path / "notebook.html"
    notebook.write_text("<h1>Notebook</h1>" + "".join(page._repr_html_() for page in pages), encoding="utf-8")
    browser.open(notebook.as_uri())
    assert browser.count("iframe") == 2
    for place, name in enumerate(("first", "second")):
        browser.call("POST", "/frame", {"id": place})
        browser.wait("return document.documentElement.dataset.ready")
        assert browser.texts(NAMES) == [name]
        browser.call("POST", "/frame", {"id": None})
