"""What was good and what there was, of the figures that a server has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from mainspring.serving.telemetry import schema
from mainspring.serving.telemetry.families import Family
from mainspring.serving.telemetry.slo.objective import Objective
from mainspring.serving.telemetry.snapshot import Snapshot


class Counted(NamedTuple):
    """How much was good of how much, since the server started."""

    good: float
    total: float


def count(objective: Objective, snapshot: Snapshot) -> Counted:
    """What a snapshot says of an objective."""
    wanted = labels_of(objective)
    if objective.kind == "latency":
        return _in_time(snapshot, objective.threshold or 0.0, wanted)
    if objective.kind == "errors":
        return _answered(snapshot, re.compile(codes_pattern(objective)), wanted)
    if objective.measure == "assertions":
        rows = snapshot.total(schema.ROWS_ANSWERED.name, **wanted)
        return Counted(rows - snapshot.total(schema.ROWS_VIOLATING.name, **wanted), rows)
    if objective.measure == "events":
        rows = snapshot.total(schema.ROWS_EXAMINED.name, **wanted)
        return Counted(rows - snapshot.total(schema.ROWS_ODD.name, **wanted), rows)
    if objective.measure == "accuracy":
        right = snapshot.total(schema.FEEDBACK.name, **wanted, outcome="right")
        return Counted(right, right + snapshot.total(schema.FEEDBACK.name, **wanted, outcome="wrong"))
    good = snapshot.total(schema.SLO_JUDGED.name, slo=objective.name, result="good")
    return Counted(good, good + snapshot.total(schema.SLO_JUDGED.name, slo=objective.name, result="bad"))


def labels_of(objective: Objective) -> dict[str, str]:
    """The labels that the figures of an objective have."""
    given = {"model": objective.model, "version": objective.version}
    return {name: value for name, value in given.items() if value}


def codes_pattern(objective: Objective) -> str:
    """A regular expression of the statuses that are bad."""
    return "|".join(code.replace("x", ".") for code in objective.codes)


def _in_time(snapshot: Snapshot, threshold: float, wanted: Mapping[str, str]) -> Counted:
    all_, slow_too = _below(snapshot, schema.REQUEST_SECONDS, threshold, wanted)
    failed, failed_in_time = _below(snapshot, schema.ERROR_SECONDS, threshold, wanted)
    return Counted(slow_too - failed_in_time, all_ - failed)


def _below(snapshot: Snapshot, family: Family, threshold: float, wanted: Mapping[str, str]) -> tuple[float, float]:
    total = below = 0.0
    for table in snapshot.named(family.name):
        for labels, series in table.select(**wanted):
            if labels["model"]:
                total += series.value
                below += series.below(table.family.bounds, threshold)
    return total, below


def _answered(snapshot: Snapshot, bad: re.Pattern[str], wanted: Mapping[str, str]) -> Counted:
    total = failed = 0.0
    for labels, series in snapshot.select(schema.REQUESTS.name, **wanted):
        if labels["model"]:
            total += series.value
            failed += series.value if bad.fullmatch(labels["code"]) else 0.0
    return Counted(total - failed, total)
