"""The threshold, against rows counted by hand."""

import dataclasses

import pytest

from mainspring.evaluation import Evaluation
from mainspring.evaluation.viewing.gathering import pairs_of
from mainspring.evaluation.viewing.thresholds import Stop, gains, ground_of, thresholds_of


def test_every_stop_counts_the_rows_at_it_and_above(judged) -> None:
    # Of each four rows one negative has 0.1, one 0.8, and both positives 0.9; all is ten times there.
    ground = ground_of(judged([0.1, 0.9, 0.8, 0.9]))
    assert ground is not None
    by_threshold = {round(stop.threshold, 2): (stop.hits, stop.alarms) for stop in ground.stops}
    assert by_threshold[0.0] == (20, 20)
    assert by_threshold[0.5] == (20, 10)
    assert by_threshold[0.81] == (20, 0), "just above the false alarms: thresholds lie 1/200 apart"
    assert min(by_threshold.values()) == (0, 0)
    assert (ground.positives, ground.negatives) == (20, 20)
    assert ground.stops[ground.own] == Stop(0.5, 20, 10)


def test_the_figures_stand_where_the_model_stands(judged) -> None:
    evaluation = judged([0.1, 0.9, 0.8, 0.3])
    found = thresholds_of(evaluation, pairs_of(evaluation, None, "yes"))
    assert found is not None
    figures = {key: told.value for key, told in found.figures}
    # Ten hits, ten misses, ten false alarms, ten rows rightly passed over.
    assert figures == {
        "precision": "0.5",
        "recall": "0.5",
        "false_positive_rate": "0.5",
        "positive_rate": "0.5",
        "accuracy": "0.5",
        "f1": "0.5",
        "cost": "500",
    }
    assert [[cell.text for cell in row] for row in found.confusion.rows] == [["10", "10"], ["10", "10"]]
    assert float(figures["precision"]) == evaluation.overall["precision"]


def test_answers_that_follow_no_threshold_get_the_nearest(judged) -> None:
    evaluation = judged([0.1, 0.9, 0.8, 0.9])
    strange = dataclasses.replace(evaluation, confusion=((0.0, 20.0), (20.0, 0.0)))
    ground = ground_of(strange)
    assert ground is not None
    assert Stop(0.5, 0, 20) not in ground.stops
    assert ground.stops[ground.own].hits + ground.stops[ground.own].alarms == 20


def test_gain_runs_from_none_to_all(judged) -> None:
    ground = ground_of(judged([0.1, 0.9, 0.8, 0.9]))
    assert ground is not None
    points = gains(ground)
    assert points[0] == (0.0, 0.0)
    assert points[-1] == (1.0, 1.0)
    assert (0.5, 1.0) in points, "both positives are among the first half"


@pytest.mark.parametrize("name", ["three", "fares", "nothing"])
def test_only_two_classes_have_a_threshold(name: str, request: pytest.FixtureRequest) -> None:
    evaluation: Evaluation = request.getfixturevalue(name)
    assert ground_of(evaluation) is None


def test_an_evaluation_from_before_counts_were_kept_has_the_edges_of_its_histogram(judged) -> None:
    evaluation = judged([0.1, 0.9, 0.8, 0.9])
    curves = {"yes": dataclasses.replace(evaluation.curves["yes"], counts=())}
    ground = ground_of(dataclasses.replace(evaluation, curves=curves))
    assert ground is not None
    assert len(ground.stops) == 21
    assert Stop(0.85, 20, 0) in ground.stops


def test_a_cutoff_that_was_asked_for_is_where_the_model_stands(judged) -> None:
    evaluation = dataclasses.replace(
        judged([0.1, 0.9, 0.8, 0.9]), cutoff=0.85, confusion=((20.0, 0.0), (0.0, 20.0))
    )
    ground = ground_of(evaluation)
    assert ground is not None
    assert ground.stops[ground.own] == Stop(0.85, 20, 0)
