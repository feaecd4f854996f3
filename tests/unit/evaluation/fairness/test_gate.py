from __future__ import annotations

import numpy as np
import pytest

from mainspring.core import InputError, Verdict
from mainspring.data import Table
from mainspring.evaluation.fairness.assessment import assess_fairness
from mainspring.evaluation.fairness.fairness import Fairness
from mainspring.evaluation.fairness.gate import judge_fairness
from mainspring.evaluation.metrics.intervals import Intervals
from mainspring.evaluation.predictions import Predictions


def measured(rows: dict[str, tuple[int, int, int, int]], *, smallest: int = 1) -> Fairness:
    """From true positives, positives, false positives and negatives of each group."""
    groups, truth, chosen = [], [], []
    for name, (hits, positives, alarms, negatives) in rows.items():
        groups += [name] * (positives + negatives)
        truth += [1] * positives + [0] * negatives
        chosen += [1] * hits + [0] * (positives - hits) + [1] * alarms + [0] * (negatives - alarms)
    scores = np.where(np.array(chosen) == 1, 0.9, 0.1)
    return assess_fairness(
        Predictions(("0", "1"), np.column_stack([1 - scores, scores])),
        Table.from_columns({"y": truth, "sex": groups}),
        label="y",
        protected=["sex"],
        min_group_size=smallest,
        privileged={"sex": "m"},
        intervals=Intervals(),
    )


# TPR 0.8 and 0.75, FPR 0.1 and 0.1; selection rates 0.38 and 0.36.
CLOSE = measured({"m": (80, 100, 15, 150), "f": (75, 100, 15, 150)})
# The same, and a group of ten without a positive.
WITHOUT = measured({"m": (80, 100, 15, 150), "f": (75, 100, 15, 150), "x": (0, 0, 5, 10)})
# The same, and women with a TPR of 0.5.
APART = measured({"m": (80, 100, 15, 150), "f": (50, 100, 15, 150), "x": (0, 0, 5, 10)})

OPPORTUNITY = {"equal_opportunity_difference": 0.1}


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_groups_that_are_close_pass() -> None:
    verdict = judge_fairness(CLOSE, at_most=OPPORTUNITY, at_least={"demographic_parity_ratio": 0.8})
    assert verdict.ok
    assert codes(verdict) == ["METRIC_OK", "METRIC_OK"]
    assert verdict.reasons[0].message == (
        "equal_opportunity_difference | sex between sex=m and sex=f: 0.05 is at most 0.1"
    )
    assert verdict.details["outcome"] == "passed"


def test_groups_that_are_apart_fail_by_name_whatever_else_is_unknown() -> None:
    verdict = judge_fairness(APART, at_most=OPPORTUNITY)
    assert not verdict.ok
    assert codes(verdict) == ["METRIC_ABOVE_THRESHOLD"]
    assert "between sex=m and sex=f: 0.3 is above 0.1" in verdict.reasons[0].message
    assert verdict.details["outcome"] == "failed"


@pytest.mark.parametrize(
    ("insufficient", "ok", "outcome"),
    [("hold", False, "insufficient evidence"), ("fail", False, "failed"), ("pass", True, "passed")],
)
def test_a_group_without_positives_is_insufficient_evidence(insufficient: str, ok: bool, outcome: str) -> None:
    verdict = judge_fairness(WITHOUT, at_most=OPPORTUNITY, insufficient=insufficient)  # type: ignore[arg-type]  # from the list
    assert verdict.ok is ok
    assert bool(verdict) is ok
    assert codes(verdict) == ["INSUFFICIENT_EVIDENCE"]
    assert verdict.details["outcome"] == outcome
    assert "nothing is known of sex=x (no row has the label '1')" in verdict.reasons[0].message
    assert verdict.reasons[0].observed == pytest.approx(0.05)


def test_what_has_its_evidence_still_decides() -> None:
    assert judge_fairness(WITHOUT, at_most={"demographic_parity_difference": 0.2}).ok
    mixed = judge_fairness(APART, at_most={**OPPORTUNITY, "predictive_parity_difference": 0.9})
    assert mixed.details["outcome"] == "failed"


def test_small_groups_are_insufficient_evidence() -> None:
    verdict = judge_fairness(
        measured({"m": (80, 100, 15, 150), "f": (3, 4, 0, 40)}, smallest=30), at_most=OPPORTUNITY
    )
    assert codes(verdict) == ["INSUFFICIENT_EVIDENCE"]
    assert "only one group can be compared: sex=m" in verdict.reasons[0].message
    assert "sex=f (4 rows behind its true_positive_rate, fewer than 30)" in verdict.reasons[0].message


def test_a_figure_with_few_rows_behind_it_neither_fails_nor_passes() -> None:
    few = measured({"m": (80, 100, 15, 150), "f": (1, 4, 0, 40)}, smallest=30)
    verdict = judge_fairness(few, at_least={"true_positive_rate": 0.5})
    assert {reason.subject: reason.code for reason in verdict.reasons} == {
        "true_positive_rate | sex=m": "METRIC_OK",
        "true_positive_rate | sex=f": "INSUFFICIENT_EVIDENCE",
    }
    assert "4 rows behind it, fewer than 30" in verdict.failures[0].message


def test_the_same_model_is_refused_on_the_interval() -> None:
    assert judge_fairness(CLOSE, at_most=OPPORTUNITY).ok
    verdict = judge_fairness(CLOSE, at_most=OPPORTUNITY, on="interval")
    assert codes(verdict) == ["METRIC_ABOVE_THRESHOLD"]
    # Newcombe's interval of 80/100 - 75/100 ends at 0.164.
    assert verdict.reasons[0].message == (
        "equal_opportunity_difference | sex between sex=m and sex=f: "
        "0.05, the high end 0.164 of its interval, is above 0.1"
    )
    assert verdict.reasons[0].observed == pytest.approx(0.1644, abs=1e-4)
    assert judge_fairness(CLOSE, at_most={"equal_opportunity_difference": 0.2}, on="interval").ok


def test_signed_gaps_figures_of_groups_and_of_all_rows_can_be_bounded() -> None:
    verdict = judge_fairness(
        CLOSE,
        at_least={"disparate_impact": 0.8, "true_positive_rate": 0.78, "sex": {"true_positive_rate@0.5": 0.7}},
        at_most={"disparate_impact": 1.25, "theil_index": 0.5},
    )
    assert [(reason.subject, reason.ok) for reason in verdict.reasons] == [
        ("disparate_impact | sex", True),
        ("theil_index | all rows", True),
        ("disparate_impact | sex", True),
        ("true_positive_rate | sex=f", False),
        ("true_positive_rate | sex=m", True),
        ("true_positive_rate@0.5 | sex=f", True),
        ("true_positive_rate@0.5 | sex=m", True),
    ]


def test_nothing_is_waved_through() -> None:
    assert codes(judge_fairness(CLOSE)) == ["NO_THRESHOLDS"]
    unknown = judge_fairness(CLOSE, at_most={"equal_oportunity_difference": 0.1, "race": {"brier": 1.0}})
    assert codes(unknown) == ["METRIC_MISSING", "METRIC_MISSING"]
    assert "equal_opportunity_difference" in unknown.reasons[0].message
    assert not unknown.ok
    assert not judge_fairness(CLOSE, insufficient="pass").ok


def test_words_that_are_not_known_are_refused() -> None:
    with pytest.raises(InputError, match="'mean'"):
        judge_fairness(CLOSE, on="mean")  # type: ignore[arg-type]  # on purpose
    with pytest.raises(InputError, match="'skip'"):
        judge_fairness(CLOSE, insufficient="skip")  # type: ignore[arg-type]  # on purpose
