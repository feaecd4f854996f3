from __future__ import annotations

import re

import numpy as np
import pytest

from mainspring.core import InputError
from mainspring.evaluation.metrics.custom import metric
from mainspring.evaluation.metrics.directions import better, fact_of
from mainspring.evaluation.metrics.facts import Better
from mainspring.evaluation.metrics.wishes import FACTS, sort_out

TWO = ("no", "yes")
MANY = ("cat", "dog", "fox")


@pytest.mark.parametrize(
    ("kind", "classes", "wishes"),
    [
        ("binary", TWO, ["recall@0.3", "fbeta@2", "lift@0.1", "precision_at_recall@0.9", "true_positives@1"]),
        ("binary", TWO, ["recall[no]", "f1[yes]@0.7"]),
        ("several", MANY, ["recall[cat]@0.3", "auc[dog]", "top_k_accuracy@2", "precision_micro", "mcc"]),
        ("multilabel", MANY, ["recall[fox]", "specificity_micro", "fbeta[cat]@0.5", "auc_micro"]),
        ("regression", (), ["quantile_loss@0.9", "error_quantile@0.5", "rmse"]),
        ("ranking", (), ["ndcg@20", "map"]),
    ],
)
def test_what_a_task_has_is_let_through(kind, classes, wishes) -> None:
    found = sort_out(wishes, kind, classes)
    assert found.names == tuple(wishes)
    assert not found.own


def test_a_star_stands_for_every_class_and_classes_are_meant_by_value() -> None:
    assert sort_out(["recall[*]@0.5"], "several", MANY).names == tuple(f"recall[{one}]@0.5" for one in MANY)
    assert sort_out(["recall[1.0]"], "several", ("0", "1", "2")).names == ("recall[1]",)


@pytest.mark.parametrize(
    ("kind", "classes", "wish", "told"),
    [
        ("binary", TWO, "recal", "there is no metric 'recal' (did you mean recall?)"),
        ("binary", TWO, "recall@2", "'recall@2': '2' is not a threshold between 0 and 1"),
        ("binary", TWO, "recall@high", "'high' is not a threshold"),
        ("binary", TWO, "auc@0.1", "'auc@0.1': auc takes no parameter"),
        ("binary", TWO, "lift", "'lift' needs a share above 0 and up to 1: lift@0.1"),
        ("binary", TWO, "fbeta@0", "'0' is not a number above 0"),
        ("binary", TWO, "recall[maybe]", "the model has no class 'maybe'; there are 'no', 'yes'"),
        ("binary", TWO, "top_k_accuracy@2", "'top_k_accuracy@2' needs more than two classes"),
        ("binary", TWO, "recall_micro", "recall has no average 'micro' here"),
        ("several", MANY, "recall@0.3", "'recall@0.3' is about one class: say which, such as recall[cat]@0.3"),
        ("several", MANY, "lift@0.1", "say which, such as lift[cat]@0.1"),
        ("several", MANY, "top_k_accuracy@1.5", "'1.5' is not a whole number from 1"),
        ("several", MANY, "log_loss[cat]", "log_loss is no metric of one class"),
        ("regression", (), "quantile_loss@1", "'1' is not a share between 0 and 1"),
        ("regression", (), "auc", "there is no metric 'auc'"),
        ("ranking", (), "ndcg@0", "'0' is not a number of places"),
    ],
)
def test_what_a_task_lacks_is_refused_with_what_was_meant(kind, classes, wish, told) -> None:
    with pytest.raises(InputError) as error:
        sort_out([wish], kind, classes)
    assert told in error.value.found


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(InputError, match=r"recal.*fbeta"):
        sort_out(["recal", "fbeta"], "binary", TWO)


def test_metrics_of_ones_own_come_through() -> None:
    @metric(better="lower")
    def overshoot(truth, predicted):
        return np.maximum(predicted - truth, 0.0)

    found = sort_out([overshoot, "rmse"], "regression")
    assert found.own == (overshoot,)
    assert found.facts["overshoot"].better is Better.LOWER


def test_every_metric_that_can_be_asked_for_has_a_fact_and_a_direction() -> None:
    for facts in FACTS.values():
        for stem, fact in facts.items():
            assert fact.title
            assert fact.says
            assert not fact.says.endswith(".")
            assert fact_of(stem) is not None
    assert fact_of("recall_weighted[cat]@0.3").title == "recall"
    assert fact_of("nothing of ours") is None
    assert better("quantile_loss@0.9") is Better.LOWER
    assert better("exact_match") is Better.HIGHER
    assert better("ndcg@10") is Better.HIGHER


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ("map@3", "map takes no number of places"),
        ("precision", "needs a number of places: precision@10"),
        ("ndcg@0", "'0' is not a number of places"),
        ("ndcg[a]", "a ranking has no classes"),
        ("recall@", "nothing stands behind the @"),
    ],
)
def test_figures_that_a_ranking_does_not_have_are_refused(wish: str, told: str) -> None:
    with pytest.raises(InputError, match=re.escape(told)):
        sort_out([wish], "ranking")
