"""The content of the page as JSON."""

import json
from typing import Any

from mainspring.evaluation import compare
from mainspring.evaluation.viewing import evaluation_form


def plain(form: dict[str, Any]) -> dict[str, Any]:
    """The form after a round trip; NaN is refused."""
    found: dict[str, Any] = json.loads(json.dumps(form, allow_nan=False))
    assert found == form
    return found


def test_figures_stand_with_their_intervals_and_changes(judged) -> None:
    evaluation, baseline = judged([0.1, 0.9, 0.8, 0.9]), judged([0.1, 0.9, 0.1, 0.9])
    verdict = compare(evaluation, at_least={"accuracy": 0.9})
    form = plain(evaluation_form(evaluation, baseline=baseline, verdict=verdict, title="Cities"))
    assert (form["form"], form["title"], form["rows"]) == ("mainspring.evaluation/1", "Cities", 40)
    assert form["main_metric"] == "accuracy", "the gate asked for it"
    assert form["verdict"]["ok"] is False
    accuracy = next(one for one in form["metrics"] if one["metric"] == "accuracy")
    assert (accuracy["value"], accuracy["baseline"], accuracy["change"], accuracy["tone"]) == (
        0.75, 1.0, -0.25, "worse",
    )  # fmt: skip
    assert accuracy["interval"][0] < 0.75 < accuracy["interval"][1]
    assert [(one["name"], one["slice"], one["rows"]) for one in form["slices"]] == [
        ("city=b", {"city": "b"}, 20),
        ("city=a", {"city": "a"}, 20),
    ]
    assert form["confusion"] == [[10, 10], [0, 20]]
    half = next(one for one in form["thresholds"]["stops"] if one["threshold"] == 0.5)
    assert half == {"threshold": 0.5, "true_positives": 20, "false_positives": 10}


def test_what_does_not_exist_is_none_with_its_reason(nothing) -> None:
    form = plain(evaluation_form(nothing))
    accuracy = next(one for one in form["metrics"] if one["metric"] == "accuracy")
    assert accuracy["value"] is None
    assert accuracy["reason"] == "there are no rows with a label"
    assert form["thresholds"] is None
    assert form["notes"]


def test_further_parts_stand_under_their_names(three) -> None:
    class Part:
        def as_dict(self) -> dict[str, int]:
            return {"x": 1}

    assert plain(evaluation_form(three, parts={"audit": Part(), "flips": None}))["audit"] == {"x": 1}
    assert "flips" not in evaluation_form(three, parts={"flips": None})


def test_a_regression_has_a_form_too(fares) -> None:
    form = plain(evaluation_form(fares))
    assert (form["task"], form["classes"], form["confusion"], form["thresholds"]) == ("regression", None, [], None)
