"""What is told."""

from __future__ import annotations

import json
from dataclasses import replace

from mainspring.monitoring.alerts import Alert, Cause, Example, Severity, State
from mainspring.monitoring.alerts.messages import Told, message_of

ALERT = Alert(
    id="1a2b3c4d",
    model="census",
    version="3",
    check="quality",
    code="BELOW",
    subject="accuracy | sex=Female",
    features=("sex",),
    severity=Severity.CRITICAL,
    state=State.FIRING,
    since=0.0,
    began=3600.0,
    opened=3700.0,
    last_seen=7200.0,
    windows=2,
    value=0.7,
    limit=0.8,
    usual=0.86,
    message="accuracy of sex=Female is 0.7, at least 0.8 is asked for",
    suggestion="go back: `mainspring deploy rollback`",
    runbook="https://wiki.example/census",
    causes=(Cause(kind="deployment", key="deployment:7", at=1.0, what="deployment 7 was accepted", score=0.9),),
    examples=(Example(row=3, request="r9", values={"age": 31.0, "ssn": "***"}, contributions={"age": -0.4}),),
)


def one(alert=ALERT, *happened, **more):
    return message_of(
        [Told(alert=alert, happened=happened or ("fired",))], name="n1", model="census", at=9.0, **more
    )


def test_one_alert_is_told_with_all_that_is_known():
    assert one(page="https://ui/{model}/{id}").plain.strip() == "\n".join(
        [
            "[critical] census: quality of accuracy | sex=Female fires",
            "",
            "quality of census: accuracy | sex=Female fires",
            "accuracy of sex=Female is 0.7, at least 0.8 is asked for",
            "- since 1970-01-01T00:00:00.000Z, 2 bad windows, version 3",
            "- now 0.7, limit 0.8, usually 0.86",
            "- features: sex",
            "- perhaps because: deployment 7 was accepted",
            "- request r9: age=31, ssn=***; its answer came from age -0.4",
            "- to do: go back: mainspring deploy rollback",
            "- runbook: https://wiki.example/census",
            "- page: https://ui/census/1a2b3c4d",
            "- alert 1a2b3c4d, critical, firing",
            "take care of it: mainspring alerts ack 1a2b3c4d",
        ]
    )


def test_html_is_escaped_and_closed():
    odd = replace(ALERT, message="<script>alert(1)</script> & `x`")
    html = one(odd).html
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; <code>x</code>" in html
    assert html.count("<ul>") == html.count("</ul>") == 1


def test_a_group_is_told_severest_first_and_its_cause_once():
    others = [
        replace(ALERT, id=f"{n:08x}", subject=f"f{n}", severity=Severity.WARNING, since=n) for n in range(12)
    ]
    told = [Told(alert=one, happened=("fired",)) for one in [*others, ALERT]]
    made = message_of(told, name="n1", model="census", at=9.0)
    assert made.subject == "[critical] census: 13 alerts, first quality of accuracy | sex=Female fires"
    assert made.plain.count("deployment 7 was accepted") == 1
    assert "and 3 more: quality of census: f9, quality of census: f10, quality of census: f11" in made.plain
    assert len(json.loads(json.dumps(made.as_dict()))["alerts"]) == 13


def test_what_is_over_needs_nobody():
    over = one(replace(ALERT, state=State.RESOLVED), "resolved")
    assert over.subject == "[resolved] census: quality of accuracy | sex=Female is over"
    assert "ack" not in over.plain
    assert "to do" not in over.plain
    assert (over.as_dict()["status"], over.severity) == ("resolved", Severity.INFO)


def test_what_is_no_number_is_null_in_json():
    odd = replace(ALERT, value=float("nan"), examples=(Example(row=1, values={"x": float("inf")}),))
    told = json.loads(json.dumps(one(odd).as_dict(), allow_nan=False))
    assert told["alerts"][0]["value"] is None
    assert told["alerts"][0]["examples"][0]["values"] == {"x": None}
