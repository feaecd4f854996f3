"""From verdicts to what is bad, subject by subject."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.verdicts import Reason, Verdict
from mainspring.monitoring.alerts.findings import effect_of, findings, says
from mainspring.monitoring.seen import Figure, Judged


def reason(code, subject=None, ok=False, **more):
    return Reason(ok=ok, code=code, message=f"{code} of {subject}", subject=subject, **more)


def test_several_reasons_about_a_subject_are_one_finding():
    verdict = Verdict.of(
        "quality",
        [reason("BELOW", "auc", observed=0.6, expected=0.8), reason("FELL", "auc"), reason("BELOW", "f1")],
    )
    [auc, f1] = findings("quality", Judged(verdict=verdict, rows=(4, 2)))
    assert (auc.subject, auc.code, auc.message) == ("auc", "BELOW", "BELOW of auc; FELL of auc")
    assert (auc.value, auc.limit, auc.rows) == (0.6, 0.8, (4, 2))
    assert auc.effect == pytest.approx(0.8 / 0.6)
    assert (f1.value, f1.limit, f1.effect) == (None, None, 1.0)


def test_figures_fill_in_what_a_reason_does_not_say():
    judged = Judged(
        verdict=Verdict.of("quality", [reason("BELOW", "auc | sex=F")]),
        figures={"auc|sex=F": Figure(value=0.4, least=0.8)},
    )
    [found] = findings("quality", judged)
    assert (found.value, found.limit, found.effect, found.figure) == (0.4, 0.8, 2.0, "quality/auc|sex=F")


def test_features_are_the_column_or_those_that_the_check_blames():
    verdict = Verdict.of("multivariate", [reason("DRIFT")], {"features": {"age": 0.1, "fare": -0.9}})
    [found] = findings("multivariate", Judged(verdict=verdict))
    assert (found.subject, found.features) == ("", ("fare", "age"))
    [found] = findings("outliers", Judged(verdict=Verdict.of("outliers", [reason("OUT", "age")])), columns=["age"])
    assert found.features == ("age",)


@pytest.mark.parametrize(
    ("reasons", "wanted"),
    [
        ([reason("DRIFT", "age")], True),
        ([reason("NO_DRIFT", "age", ok=True, observed=0.1)], False),
        ([reason("NO_LABELS", "age", ok=True)], None),
        ([reason("NO_DRIFT", "fare", ok=True, observed=0.1)], False),
        ([reason("TOO_FEW_ROWS", ok=True, observed=7.0)], None),
        ([reason("NOT_SERVED", "age", ok=True), reason("NO_DRIFT", "fare", ok=True, observed=0.1)], None),
        ([reason("DRIFT", "fare")], False),
        ([], False),
        ([reason("SAMPLED", ok=True)], None),
        ([reason("QUALITY_LOW", "age | sex=F", observed=0.1)], False),
    ],
)
def test_what_a_verdict_says_of_a_subject(reasons, wanted):
    assert says(Judged(verdict=Verdict.of("drift", reasons)), "age") is wanted


def test_a_figure_says_that_the_check_has_looked():
    aside = Verdict.of("skew", [reason("NO_REFERENCE_ROWS", ok=True), reason("EXPLAINED", "age", ok=True)])
    assert says(Judged(verdict=aside), "age") is None
    assert says(Judged(verdict=aside), "fare") is None
    looked = Judged(verdict=aside, figures={"age": Figure(value=0.1), "presence": Figure(value=1.0)})
    assert says(looked, "age") is False
    assert says(looked, "fare") is False
    assert says(Judged(verdict=aside, figures={"age": Figure(value=math.nan)}), "fare") is None


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6))
def test_the_effect_is_how_many_times_past_the_limit(value, limit):
    assert effect_of(value, limit) >= 1
    assert effect_of(value, limit) == pytest.approx(min(1e9, max(value / limit, limit / value)))


def test_effects_without_a_ratio():
    assert effect_of(0.5, 0.0) == 1.5
    assert effect_of(-2.0, 1.0) == 4.0
    assert effect_of(None, 1.0) == effect_of(math.nan, 1.0) == effect_of(1.0, None) == 1.0
