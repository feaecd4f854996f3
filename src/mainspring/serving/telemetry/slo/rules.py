"""Objectives as recording and alerting rules of Prometheus, so that it judges by its own memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.exposition import label_text
from mainspring.serving.telemetry.families import Family
from mainspring.serving.telemetry.slo.burning import SHOWN, Alert, alerts_of
from mainspring.serving.telemetry.slo.counting import codes_pattern, labels_of
from mainspring.serving.telemetry.slo.objective import Objective

RECORD: Final = "slo:mainspring_bad:ratio_rate"
"""The name of a recorded share of what was bad, without the time."""


def rules(objectives: Iterable[Objective]) -> dict[str, Any]:
    """A file of rules, as plain values for YAML: one group per objective.

    ``promtool check rules`` accepts it.
    """
    return {"groups": [_group(objective) for objective in objectives]}


def bad_ratio(objective: Objective, window: str) -> str:
    """The share of what was bad over a time, in PromQL; nothing if there was nothing."""
    bad, total = _expressions(objective, "rate", window)
    return f"{bad} / {total}"


def _group(objective: Objective) -> dict[str, Any]:
    windows = [*SHOWN, objective.window] if objective.window not in SHOWN else [*SHOWN]
    return {
        "name": f"mainspring-slo-{objective.name}",
        "rules": [
            *(_recording(objective, window) for window in windows),
            *(_alerting(objective, alert) for alert in alerts_of(objective)),
        ],
    }


def _recording(objective: Objective, window: str) -> dict[str, Any]:
    return {
        "record": f"{RECORD}{window}",
        "expr": bad_ratio(objective, window),
        "labels": {"slo": objective.name, "model": objective.model},
    }


def _alerting(objective: Objective, alert: Alert) -> dict[str, Any]:
    limit = f"{alert.rate:g} * {objective.budget:.10g}"
    enough = _expressions(objective, "increase", alert.long)[1]
    conditions = [
        f'{RECORD}{alert.long}{{slo="{objective.name}"}} >= {limit}',
        f'{RECORD}{alert.short}{{slo="{objective.name}"}} >= {limit}',
        f"on() ({enough} >= {objective.least})",
    ]
    return {
        "alert": f"MainspringBudgetBurns{alert.severity.title()}",
        "expr": "\nand ".join(conditions),
        "labels": {
            "severity": alert.severity,
            "slo": objective.name,
            "model": objective.model,
            "over": alert.long,
        },
        "annotations": {
            "summary": f"The error budget of {objective.name} burns {alert.rate:g} times too fast or more.",
            "description": f"{objective.sentence}. Over {alert.long} and {alert.short} "
            f"the share that was not is {{{{ $value | humanizePercentage }}}}.",
        },
    }


def _expressions(objective: Objective, function: str, window: str) -> tuple[str, str]:
    """What was bad, and what there was, in PromQL."""

    def of(family: Family, suffix: str = "", /, **labels: str) -> str:
        return _sum(function, family.name + suffix, {**labels_of(objective), **labels}, window)

    if objective.kind == "latency":
        return _slow(objective, function, window)
    if objective.kind == "errors":
        bad = of(schema.REQUESTS, "", **{"code~": codes_pattern(objective), **_served(objective)})
        return f"({bad} or vector(0))", of(schema.REQUESTS, "", **_served(objective))
    if objective.measure == "assertions":
        return of(schema.ROWS_VIOLATING), of(schema.ROWS_ANSWERED)
    if objective.measure == "events":
        return f"({of(schema.ROWS_ODD)} or vector(0))", of(schema.ROWS_EXAMINED)
    if objective.measure == "accuracy":
        wrong = of(schema.FEEDBACK, "", outcome="wrong")
        return f"({wrong} or vector(0))", of(schema.FEEDBACK, "", **{"outcome~": "right|wrong"})
    judged = schema.SLO_JUDGED.name
    bad = _sum(function, judged, {"slo": objective.name, "result": "bad"}, window)
    return f"({bad} or vector(0))", _sum(function, judged, {"slo": objective.name}, window)


def _slow(objective: Objective, function: str, window: str) -> tuple[str, str]:
    labels = {**labels_of(objective), **_served(objective)}
    within = {**labels, "le": repr(float(objective.threshold or 0.0))}

    def answered(suffix: str, wanted: Mapping[str, str]) -> str:
        everything = _sum(function, schema.REQUEST_SECONDS.name + suffix, wanted, window)
        failed = _sum(function, schema.ERROR_SECONDS.name + suffix, wanted, window)
        return f"({everything} - ({failed} or vector(0)))"

    total = answered("_count", labels)
    return f"({total} - {answered('_bucket', within)})", total


def _served(objective: Objective) -> dict[str, str]:
    """Leaves out requests for models that are not served."""
    return {} if objective.model else {"model!": ""}


def _sum(function: str, name: str, labels: Mapping[str, str], window: str) -> str:
    return f"sum({function}({name}{{{','.join(_matchers(labels))}}}[{window}]))"


def _matchers(labels: Mapping[str, str]) -> Iterator[str]:
    for name, value in labels.items():
        operator = {"~": "=~", "!": "!="}.get(name[-1], "=")
        quoted = label_text((name.rstrip("~!"),), (value,)).partition("=")[2]
        yield f"{name.rstrip('~!')}{operator}{quoted}"
