"""What to do, from what is wrong and what changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mainspring.monitoring.alerts import Alert, AlertOptions, Cause
from mainspring.monitoring.alerts.grouping import group_of
from mainspring.monitoring.alerts.suggestions import WayBack, suggestion_for, way_back

ALERT = Alert(
    id="1",
    model="census",
    version="1",
    check="drift",
    code="DRIFT",
    subject="age",
    since=0,
    began=0,
    opened=0,
    last_seen=1,
)
MOVED = (Cause(kind="alias", key="alias:census@canary#3", at=0, what="canary was moved", score=1.0),)
DEPLOYED = (Cause(kind="deployment", key="deployment:7", at=0, what="deployment 7 was accepted", score=1.0),)
ROLLED = (Cause(kind="rollout", key="rollout:1", at=0, what="the rollout was promoted", score=1.0),)


@pytest.mark.parametrize(
    ("given", "firing", "said"),
    [
        ({}, (), "label 200 rows to be sure, `mainspring review census`"),
        ({}, ("quality",), "train it on newer rows, `mainspring run`"),
        ({"causes": DEPLOYED}, (), "`mainspring deploy rollback --reason 'alert 1'`"),
        (
            {"code": "FEATURE_UNAVAILABLE"},
            (),
            "column 'age' stopped coming at 1970-01-01T00:00:00.000Z: ask the owner",
        ),
        (
            {"code": "FEATURE_UNAVAILABLE", "causes": ROLLED},
            (),
            "go back: `mainspring rollout rollback census --reason 'alert 1'`",
        ),
        ({"check": "quality", "subject": "auc | sex=F"}, (), "(most of it where sex=F): `mainspring run`"),
        ({"check": "quality", "causes": DEPLOYED}, (), "it fell when deployment 7 was accepted: go back"),
        ({"check": "estimated_quality"}, (), "it is an estimate: label 200 rows"),
        ({"check": "estimated_quality"}, ("quality",), "train it on newer rows"),
        ({"check": "predictions", "causes": ROLLED}, (), "its answers moved when the rollout was promoted"),
        (
            {"check": "quality", "causes": MOVED},
            (),
            "`mainspring rollback census --alias canary --reason 'alert 1'`",
        ),
        ({"check": "skew"}, (), "made differently for answers than for training"),
        ({"code": "DROPPED"}, (), "column 'age' stopped coming"),
        (
            {"code": "MISSING_VALUES", "causes": DEPLOYED},
            (),
            "are lost on their way since 1970-01-01T00:00:00.000Z",
        ),
        ({"code": "STALE_FEATURE"}, (), "see that the job that makes it still runs"),
        ({"code": "FEEDBACK_LOOP"}, (), "answers of census come back as column 'age': cut the loop"),
        ({"code": "TYPE_CHANGED"}, (), "made differently for answers than for training"),
        ({"check": "novelty"}, (), "have them labelled"),
        ({"check": "calibration"}, (), "calibrate it"),
        ({"check": "some_plugin", "code": "ODD"}, (), "watch, and label"),
        ({"code": "UNUSUAL"}, (), "nothing to do at once"),
    ],
)
def test_each_case_has_its_command(given, firing, said):
    assert said in suggestion_for(replace(ALERT, **given), firing)


def test_groups_by_cause_by_time_and_by_name():
    options = AlertOptions()
    first = replace(ALERT, group="abc")
    near, far = (
        replace(ALERT, id="2", since=3000.0, began=3000.0),
        replace(ALERT, id="3", since=9000.0, began=9000.0),
    )
    assert group_of(near, [first], options) == "abc"
    assert group_of(far, [first], options) != "abc"
    assert group_of(replace(near, model="taxi"), [first], options) != "abc"
    # A likely cause brings together what lies apart, and keeps apart what lies together.
    assert group_of(replace(near, causes=DEPLOYED), [], options) == group_of(
        replace(far, causes=DEPLOYED), [], options
    )
    assert group_of(replace(near, causes=DEPLOYED), [first], options) != "abc"
    assert group_of(near, [replace(first, causes=DEPLOYED)], options) != "abc"
    by_subject = AlertOptions(group_by=("model", "subject"))
    assert group_of(near, [], by_subject) == group_of(far, [], by_subject)
    assert group_of(replace(near, subject="fare"), [], by_subject) != group_of(near, [], by_subject)


def test_nobody_is_told_to_undo_what_has_little_to_do_with_it() -> None:
    weak = (replace(DEPLOYED[0], score=0.2),)
    assert "rollback" not in suggestion_for(replace(ALERT, check="quality", causes=weak))


@pytest.mark.parametrize("subject", ["errors", "blocked", "latency_p95", "rate"])
def test_what_to_do_about_traffic(subject: str) -> None:
    alert = replace(ALERT, check="traffic", code="X", subject=subject)
    assert "`mainspring " in suggestion_for(alert)
    assert "MODEL" not in suggestion_for(alert)
    assert "rollback" in suggestion_for(replace(alert, causes=DEPLOYED))


@pytest.mark.parametrize(
    ("causes", "back"),
    [
        (DEPLOYED, WayBack("deployment")),
        (ROLLED, WayBack("rollout")),
        (MOVED, WayBack("alias", "canary")),
        ((), None),
    ],
)
def test_the_way_back_is_the_one_that_is_suggested(causes, back):
    alert = replace(ALERT, check="predictions", causes=causes)
    assert way_back(replace(alert, suggestion=suggestion_for(alert, ()))) == back
