"""The page: complete, safe whatever the data holds, small, the same for the same data."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from mainspring.core.errors import InputError
from mainspring.data import Schema, Table, infer, summarize, validate
from mainspring.data.assessment import assess
from mainspring.data.comparison import compare
from mainspring.data.schema import WeightedFeature
from mainspring.data.viewing import Page, view

HOSTILE = "</script><img src=x onerror=\"alert('1')\"><!--\u2028&amp;"


class Elements(HTMLParser):
    """What elements a page has, as a browser would read it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def payload(page: Page) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.html, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def hostile() -> Page:
    table = Table.from_columns({HOSTILE: [HOSTILE, "b", None], "x": [1, 2, 3]})
    statistics = summarize({HOSTILE: table})
    schema = infer(summarize(Table.from_columns({HOSTILE: ["a"] * 40, "y": [1] * 40})))
    return view(statistics, schema=schema, validation=validate(statistics, schema), title=HOSTILE)


def test_nothing_of_the_data_becomes_part_of_the_page() -> None:
    elements = Elements(hostile().html).found
    assert "img" not in {tag for tag, _ in elements}
    assert not [name for _, attributes in elements for name in attributes if name.startswith("on")]
    assert [tag for tag, _ in elements].count("script") == 2
    assert payload(hostile())["features"][-2]["n"] == HOSTILE


def test_only_the_script_of_the_page_may_run() -> None:
    page = hostile().html
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)[-1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(
        attributes["content"] or ""
        for tag, attributes in Elements(page).found
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_nothing_is_fetched() -> None:
    page = view(summarize(Table.from_columns({"x": [1, 2]}))).html
    assert not re.search(r"https?:|url\(|@import|src=(?!\"data:)", page)


def test_equal_data_gives_an_equal_page() -> None:
    table = Table.from_columns({"x": [1, 2, 2], "w": ["a", None, "b"]})
    assert view(summarize(table)) == view(summarize(table))


def test_splits_and_named_data_sets_are_laid_over_each_other() -> None:
    one, other = Table.from_columns({"x": [1, 2]}), Table.from_columns({"x": [3], "y": ["a"]})
    assert payload(view(summarize({"train": one, "eval": other})))["datasets"] == ["train", "eval"]
    named = payload(view({"before": summarize(one), "after": summarize(other).split("train")}))
    assert named["datasets"] == ["before", "after"]
    assert [feature["n"] for feature in named["features"]] == ["x", "y"]
    assert named["features"][1]["v"][0] == [0]
    assert "d" in named["features"][0], "two data sets are compared"


def test_anomalies_stand_beside_their_features() -> None:
    schema = infer(summarize(Table.from_columns({"x": [1] * 50, "gone": ["a"] * 50})))
    statistics = summarize(Table.from_columns({"x": [1] * 50}))
    found = payload(view(statistics, schema=schema, validation=validate(statistics, schema)))
    first = found["features"][0]
    assert (first["n"], first["t"], first["v"]) == ("gone", "not there", [[0]])
    assert found["anomalies"][first["a"][0]]["t"] == "SCHEMA_MISSING_COLUMN"
    assert ["type", "int"] in found["features"][1]["e"]


def test_a_schema_alone_and_a_validation_alone_have_a_page() -> None:
    schema = Schema.from_text("{label: y, features: {x: {type: INT}, y: {type: BOOL}}}")
    assert '<th scope="row">x</th>' in view(schema).html
    statistics = summarize(Table.from_columns({"x": [1]}))
    page = view(validate(statistics, schema)).html
    assert "SCHEMA_MISSING_COLUMN" in page
    assert 'id="features"' not in page


def test_with_nothing_to_see_there_is_no_page() -> None:
    with pytest.raises(InputError, match="nothing to see"):
        view()


def test_a_page_is_saved_and_shows_itself_in_a_notebook(tmp_path: Path) -> None:
    page = view(summarize(Table.from_columns({"x": [1]})))
    assert page.save(tmp_path / "new" / "page.html").read_text(encoding="utf-8") == page.html
    (tag, attributes) = Elements(page._repr_html_()).found[0]
    assert tag == "iframe"
    assert attributes["srcdoc"] == page.html
    assert "allow-same-origin" not in (attributes["sandbox"] or "")


def test_a_page_of_an_empty_table_is_a_page() -> None:
    found = payload(view(summarize(Table.from_columns({"x": [], "w": []}))))
    assert found["rows"] == [[0]]
    assert len(found["features"]) == 2


def test_five_hundred_columns_stay_below_three_megabytes() -> None:
    """The heaviest kind: numbers of which none repeats, in two data sets."""
    from mainspring.data.statistics import Statistics, TableStatistics

    table = Table.from_columns({"x": [value * 1.2345678 for value in range(2000)]})
    one = summarize(table).split("train").features["x"]
    many = TableStatistics(2000, {f"column_{place:03d}": one for place in range(500)})
    page = view(Statistics({"a": many, "b": many}))
    assert len(page.html.encode()) < 3_000_000


def test_everything_to_see_shows_itself_in_a_notebook() -> None:
    one, other = Table.from_columns({"x": [1] * 40}), Table.from_columns({"x": [2] * 40})
    statistics = summarize(one)
    schema = infer(statistics)
    shown = [statistics, statistics.split("train"), schema, validate(statistics, schema), compare(one, other)]
    for noun in shown:
        assert noun._repr_html_() == view(noun)._repr_html_()
    assert "drifted" in view(compare(one, other)).html


def test_a_comparison_puts_its_distances_beside_the_features() -> None:
    one, other = Table.from_columns({"x": [1, 2] * 40}), Table.from_columns({"x": [2, 3] * 40})
    found = compare(one, other, between=("old", "new"))
    page = view(found, statistics={"old": summarize(one), "new": summarize(other)})
    (feature,) = payload(page)["features"]
    assert feature["d"]["x"] == 1
    assert feature["d"]["b"] == ["old", "new"]
    assert feature["d"]["g"][0][1] > feature["d"]["g"][0][2], "past its limit"


def test_findings_stand_above_the_features() -> None:
    table = Table.from_columns({"x": list(range(60)), "same": [1] * 60, "y": ["a", "b"] * 30})
    page = view(summarize(table), assessment=assess(table, label="y")).html
    assert "CONSTANT_COLUMN" in page
    assert 'data-open="same"' in page


def test_features_of_several_columns_and_slices_are_told_of() -> None:
    table = Table.from_columns({"kind": ["a", "b"] * 50, "x": [1, 2] * 50, "w": [1.0, 2.0] * 50})
    page = view(summarize(table, weighted=[WeightedFeature(name="weighted_x", feature="x", weight="w")])).html
    assert "weighted_x" in page
    assert "fit together" in page
    other = Table.from_columns({"kind": ["a", "b"] * 50, "x": [1, 9] * 50, "w": [1.0, 2.0] * 50})
    sliced = [summarize(one, slices=["kind"]) for one in (table, other)]
    assert "In slice kind=b: x drifted" in view(compare(*sliced)).html
