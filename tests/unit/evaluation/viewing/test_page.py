"""The page: complete, well-formed, safe whatever the data holds, small, the same for the same figures."""

import base64
import dataclasses
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mainspring.core import Slice
from mainspring.data import Table
from mainspring.evaluation import Evaluation, Measured, Predictions, compare, evaluate
from mainspring.evaluation.evaluation import ALL_ROWS, measure_rows
from mainspring.evaluation.metrics.facts import Better, Fact
from mainspring.evaluation.metrics.text import TextRows
from mainspring.evaluation.viewing import view

HOSTILE = "</script><img src=x onerror=\"alert('1')\"><!--\u2028&amp;"


def payload(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    told: dict[str, Any] = json.loads(found[1])
    return told


@pytest.fixture
def hostile() -> Evaluation:
    """Classes, columns and values that try to become part of the page."""
    names = [HOSTILE, "x" * 500, "مرحبا", "a\u202eb", ""]
    table = Table.from_columns({HOSTILE: [HOSTILE, "b"] * 20, "w": [names[place % 5] for place in range(40)]})
    scores = np.tile([[0.9, 0.1], [0.2, 0.8]], (20, 1))
    return evaluate(
        Predictions((HOSTILE, "b"), scores), table, label=HOSTILE, positive=HOSTILE, slices=["w"], min_slice_size=1
    )


def test_nothing_of_the_data_becomes_part_of_the_page(hostile: Evaluation, checked) -> None:
    verdict = compare(hostile, slices_at_least={"accuracy": 2.0})
    page = view(hostile, baseline=hostile, verdict=verdict, title=HOSTILE).html
    elements = checked(page)
    assert "img" not in {tag for tag, _ in elements.found}
    assert not [name for _, attributes in elements.found for name in attributes if name.startswith("on")]
    assert [tag for tag, _ in elements.found].count("script") == 2
    assert HOSTILE.replace("\u2028", " ") in elements.text.replace("\u2028", " ")


def test_only_the_script_of_the_page_may_run(hostile: Evaluation, checked) -> None:
    page = view(hostile).html
    script = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)[-1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(
        attributes["content"] or ""
        for _, attributes in checked(page).found
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_nothing_is_fetched(judged) -> None:
    assert not re.search(r"https?:|url\(|@import|src=(?!\"data:)", view(judged([0.1, 0.9, 0.8, 0.9])).html)


def test_equal_figures_give_an_equal_page(judged) -> None:
    assert view(judged([0.1, 0.9, 0.8, 0.9])) == view(judged([0.1, 0.9, 0.8, 0.9]))


def test_the_headline_says_how_good_it_is_and_what_the_gate_said(judged, checked) -> None:
    evaluation, baseline = judged([0.1, 0.9, 0.8, 0.9]), judged([0.1, 0.9, 0.1, 0.9])
    verdict = compare(evaluation, at_least={"accuracy": 0.9}, baseline=baseline)
    text = checked(view(evaluation, baseline=baseline, verdict=verdict, title="Cities").html).text
    assert "Cities accuracy is 0.75 on 40 rows, 0.25 worse than the baseline; model gate says no (" in text
    assert "Worst slice" not in text, "twenty rows say little"
    assert "Classification of label, class yes, judged on 40 rows of split eval." in text


def test_the_page_is_right_before_any_script_runs(judged, checked) -> None:
    page = view(judged([0.1, 0.9, 0.8, 0.9])).html
    text = checked(page).text
    assert "Rows with a score of 0.5 or more are answered yes" in text
    assert re.search(r'data-figure="precision">0\.6667<', page)
    assert re.search(r'data-count="20.0" title="20 rows of yes answered yes"', page)
    assert re.findall(r'<th scope="row"><bdi>(city=.)', page) == ["city=a", "city=b"]


def test_classes_and_regressions_have_their_own_parts(three: Evaluation, fares: Evaluation, checked) -> None:
    text = checked(view(three).html).text
    assert "The most frequent mistakes" in text
    assert "ROC of each class" in text
    assert "Threshold" not in text
    text = checked(view(fares).html).text
    assert "Mean label against mean prediction" in text
    assert "Error against prediction" in text
    assert "Confusion" not in text


def test_what_there_is_not_says_what_to_do(three: Evaluation, nothing: Evaluation, checked) -> None:
    assert "No slice was judged. Name columns" in checked(view(three).html).text
    text = checked(view(nothing).html).text
    assert "No row could be judged: 2 of 2 rows have no label and were left out." in text
    assert "No figure could be worked out" in text


def test_a_page_is_saved_and_shows_itself_in_a_notebook(judged, tmp_path: Path) -> None:
    page = view(judged([0.1, 0.9, 0.8, 0.9]))
    assert page.save(tmp_path / "new" / "page.html").read_text(encoding="utf-8") == page.html
    frame = page._repr_html_()
    assert frame.startswith('<iframe title="Mainspring evaluation" sandbox="allow-scripts allow-popups"')
    assert html.escape(page.html, quote=True) in frame


def test_five_hundred_slices_stay_below_two_megabytes(judged) -> None:
    evaluation = judged([0.1, 0.9, 0.8, 0.9])
    one = evaluation.measured[Slice.of(city="a")]
    many = {Slice.of(city=f"a city with quite a long name, number {place:03d}"): one for place in range(500)}
    page = view(dataclasses.replace(evaluation, measured={**evaluation.measured, **many}), baseline=evaluation)
    assert len(payload(page.html)["slices"]["figures"]) == 502
    assert len(page.html.encode()) < 2_000_000


def test_a_hundred_classes_stay_below_a_megabyte(checked) -> None:
    names = tuple(f"class {place:02d}" for place in range(100))
    random = np.random.default_rng(0)
    labels = random.integers(0, 100, 4000)
    scores = random.dirichlet(np.ones(100), 4000)
    table = Table.from_columns({"label": [names[place] for place in labels]})
    page = view(evaluate(Predictions(names, scores), table, label="label")).html
    checked(page)
    assert len(page.encode()) < 1_000_000


def test_an_evaluation_shows_itself_in_a_notebook(judged) -> None:
    evaluation = judged([0.1, 0.9, 0.8, 0.9])
    assert evaluation._repr_html_() == view(evaluation)._repr_html_()


def test_other_families_and_several_labels_have_a_page_too(checked) -> None:
    rows = TextRows.of(["a cat", "a dog"], ["a cat", "a cow"])
    text = checked(view(measure_rows(rows, task="text")).html).text
    assert "How good it is at text" in text
    assert "Text, judged on 2 rows of split eval." in text
    table = Table.from_columns({"red": [True, False] * 20, "blue": [True, True, False, False] * 10})
    scores = np.tile([[0.8, 0.9], [0.3, 0.6], [0.7, 0.2], [0.4, 0.1]], (10, 1))
    several = evaluate(Predictions(("red", "blue"), scores), table, label=["red", "blue"])
    text = checked(view(several).html).text
    assert "Multilabel of red, blue, judged on 40 rows of split eval." in text


def test_a_model_that_could_not_read_the_rows_says_so(judged, checked) -> None:
    lost = dataclasses.replace(
        judged([0.1, 0.9, 0.8, 0.9]), measured={ALL_ROWS: Measured(0, {})}, unreadable="age is text", confusion=()
    )
    text = checked(view(dataclasses.replace(lost, curves={})).html).text
    assert "The model could not read the rows: age is text." in text


def test_a_metric_of_ones_own_has_its_own_words_and_direction(judged, checked) -> None:
    fact = Fact(better=Better.LOWER, title="regret", says="what we wish we had not done")

    def with_regret(value: float) -> Evaluation:
        found = judged([0.1, 0.9, 0.8, 0.9])
        more = {key: one.joined(Measured(one.count, {"my_regret": value})) for key, one in found.measured.items()}
        return dataclasses.replace(found, measured=more, facts={"my_regret": fact})

    verdict = compare(with_regret(2.0), at_most={"my_regret": 3.0})
    text = checked(view(with_regret(2.0), baseline=with_regret(2.5), verdict=verdict).html).text
    assert "regret is 2 on 40 rows, 0.5 better than the baseline" in text
    assert "what we wish we had not done" in text
