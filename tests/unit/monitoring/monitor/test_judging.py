"""All checks of a window together, those that break among them."""

from __future__ import annotations

from dataclasses import replace

from tests.unit.monitoring.monitor.worlds import BrokenCheck, MeanCheck

from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import Table, summarize
from mainspring.evaluation.reference import Reference
from mainspring.monitoring.monitor.judging import BROKEN, judge
from mainspring.monitoring.ports import Check
from mainspring.monitoring.seen import Judged, Seen
from mainspring.monitoring.simulation.figures import Figures
from mainspring.monitoring.windows import Window

ROWS = Table.from_columns({"fare": [20.0, 30.0]})
STATISTICS = summarize({"rows": ROWS}).split("rows")
SEEN = Seen(
    model="taxi",
    version="1",
    window=Window(since=0.0, until=10.0, table=ROWS, requests=2, errors=0, complete=True, versions={"1": 2}),
    statistics=STATISTICS,
    reference=Reference(statistics=STATISTICS),
    history=Figures(),
)


def test_what_all_checks_say_is_one_verdict() -> None:
    found = judge(SEEN, {"mean": MeanCheck(), "other": MeanCheck(most=100.0)}, {"mean": {"windows": [1.0]}})
    assert not found.ok
    assert found.judged["mean"].memory == {"windows": [1.0, 0.0]}
    assert set(found.figures) == {"mean/fare", "other/fare"}
    verdict = found.verdict()
    assert [(one.ok, one.code) for one in verdict.reasons] == [(False, "HIGH"), (True, "USUAL")]
    assert verdict.details["rows"] == 2
    assert verdict.details["versions"] == {"1": 2}


def test_a_check_that_breaks_does_not_keep_others_from_looking() -> None:
    found = judge(SEEN, {"broken": BrokenCheck(), "mean": MeanCheck(most=100.0)}, {})
    assert list(found.judged) == ["mean", BROKEN]
    assert not found.ok
    (failure,) = found.verdict().failures
    assert (failure.code, failure.subject) == ("CHECK_FAILED", "broken")
    assert "ZeroDivisionError: no rows" in failure.message


def test_that_checks_did_not_break_is_known_and_not_told() -> None:
    found = judge(SEEN, {"mean": MeanCheck(most=100.0)}, {})
    assert found.ok
    assert [one.subject for one in found.judged[BROKEN].verdict.reasons] == ["mean"]
    assert [one.code for one in found.verdict().reasons] == ["USUAL"]


def test_what_was_said_before_holds_where_nobody_was_asked_again() -> None:
    checks: dict[str, Check] = {"mean": MeanCheck(), "late": MeanCheck(on_truth=True), "broken": BrokenCheck()}
    before = judge(SEEN, checks, {}).verdict()
    assert [one.code for one in before.failures] == ["HIGH", "HIGH", "CHECK_FAILED"]
    found = judge(SEEN, {"late": MeanCheck(most=100.0, on_truth=True)}, {})
    assert found.verdict().ok
    again = found.verdict(Verdict.from_dict(before.as_dict()))
    assert [one.code for one in again.reasons] == ["HIGH", "USUAL", "CHECK_FAILED"]
    assert again.details["checks"] == [["mean", 1], ["late", 1], ["checks", 1]]
    mended = judge(SEEN, {"broken": MeanCheck(most=100.0)}, {}).verdict(again)
    assert [one.code for one in mended.failures] == ["HIGH"]


def test_sentences_about_a_check_as_a_whole_are_kept() -> None:
    said = [
        *(Reason(ok=True, code="QUALITY_OK", message="good", subject=name, observed=0.9) for name in "abc"),
        Reason(ok=True, code="ASSUMES", message="as long as nothing changes"),
    ]
    judged = {"estimate": Judged(verdict=Verdict.of("estimate", said))}
    found = replace(judge(SEEN, {}, {}), judged=judged).verdict()
    assert [one.code for one in found.reasons] == ["LOOKED_AT", "ASSUMES"]
    assert "3 of 4 things" in found.reasons[0].message
    assert found.reasons[1].message == "estimate: as long as nothing changes"
