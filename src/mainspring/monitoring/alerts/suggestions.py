"""What to do about an alert: one sentence with the command to run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from mainspring.core.clock import iso
from mainspring.monitoring.alerts.alert import Alert, Cause
from mainspring.monitoring.alerts.causes import LIKELY

_GO_BACK: Final = "go back:"
_ASKED: Final = {
    "errors": "see which requests fail and who sends them: `mainspring payloads tail --model MODEL --errors`",
    "blocked": "see which answers are forbidden: `mainspring payloads tail --model MODEL --errors`",
    "latency_p95": "see where the time goes, and whether the server has too much to do: `mainspring slo`",
    "rate": "see whether callers still reach it, and who does: `mainspring payloads tail --model MODEL`",
}
"""What to do about the traffic of a model, by subject."""

_Rule = tuple[str, str, Callable[[Alert, Collection[str]], str]]

_QUALITY: Final = frozenset({"quality", "estimated_quality", "calibration", "concept"})
_LABELLED: Final = 200
_SERVED: Final = frozenset({"deployment", "rollout", "alias"})


def suggestion_for(alert: Alert, firing: Collection[str] = ()) -> str:
    """What to do.

    Args:
        alert: It, with its causes.
        firing: The checks of the model that fire beside it: inputs that moved matter more where the quality fell.
    """
    told = next(
        make for check, code, make in _RULES if fnmatchcase(alert.check, check) and fnmatchcase(alert.code, code)
    )
    return told(alert, firing)


def _absent(alert: Alert, _: Collection[str]) -> str:
    harm = "requests without it are refused" if alert.check == "traffic" else "answers lack it"
    first = (
        f"{_column(alert)} stopped coming at {iso(alert.since)}: ask the owner of its source; until then {harm}"
    )
    return (
        f"{first}; {_back(alert)}"
        if _deployed(alert)
        else f"{first}, see which: `mainspring lineage {alert.model}`"
    )


def _sparse(alert: Alert, _: Collection[str]) -> str:
    told = (
        f"values of {_column(alert)} are lost on their way since {iso(alert.since)}: ask the owner of its source"
    )
    return f"{told}; {_back(alert)}" if _deployed(alert) else told


def _stale(alert: Alert, _: Collection[str]) -> str:
    return f"{_column(alert)} does not move on since {iso(alert.since)}: see that the job that makes it still runs"


def _looped(alert: Alert, _: Collection[str]) -> str:
    return (
        f"answers of {alert.model} come back as {_column(alert)}: cut the loop, and train on no rows since "
        f"{iso(alert.since)}"
    )


def _quality(alert: Alert, _: Collection[str]) -> str:
    if _deployed(alert):
        return f"it fell when {_deployed(alert)}: {_back(alert)}"
    where = f" (most of it where {alert.slice})" if alert.slice else ""
    return f"train it on newer rows{where}: `mainspring run`, and compare before promoting"


def _estimated(alert: Alert, firing: Collection[str]) -> str:
    if "quality" in firing:
        return _quality(alert, firing)
    return f"it is an estimate: label {_LABELLED} rows and see, `mainspring review {alert.model}`"


def _calibration(alert: Alert, _: Collection[str]) -> str:
    return (
        "its probabilities do not say what happens: calibrate it on newer rows and move thresholds, "
        "`mainspring run`"
    )


def _skew(alert: Alert, _: Collection[str]) -> str:
    return (
        f"{_column(alert)} is made differently for answers than for training: compare the two, "
        f"`mainspring data compare TRAINING SERVED`, and mend the code that makes it"
    )


def _inputs(alert: Alert, firing: Collection[str]) -> str:
    fallen = sorted(_QUALITY & set(firing))
    if fallen:
        return f"inputs moved and {', '.join(fallen)} with them: train it on newer rows, `mainspring run`"
    if _deployed(alert):
        return f"it began when {_deployed(alert)}: see whether that was meant; if not, {_back(alert)}"
    return (
        f"the quality is not known to be worse: watch, and label {_LABELLED} rows to be sure, "
        f"`mainspring review {alert.model}`"
    )


def _answers(alert: Alert, firing: Collection[str]) -> str:
    if _deployed(alert):
        return f"its answers moved when {_deployed(alert)}: {_back(alert)}, if that was not meant"
    return _inputs(alert, firing)


def _rows(alert: Alert, _: Collection[str]) -> str:
    return (
        "look at the rows: data that was never seen, or values that are wrong; "
        f"have them labelled, `mainspring review {alert.model}`"
    )


def _requests(alert: Alert, _: Collection[str]) -> str:
    told = _ASKED.get(alert.subject, "see what is asked").replace("MODEL", alert.model)
    return f"it began when {_deployed(alert)}: {_back(alert)}" if _deployed(alert) else told


def _unusual(alert: Alert, _: Collection[str]) -> str:
    return (
        "it is within its limit and unlike its own past: nothing to do at once; "
        f"see what changed, `mainspring lineage {alert.model}`"
    )


_RULES: Final[tuple[_Rule, ...]] = (
    ("*", "UNUSUAL", _unusual),
    ("*", "*UNAVAILABLE*", _absent),
    ("*", "DROPPED", _absent),
    ("*", "MISSING_VALUES", _sparse),
    ("*", "DENSE_TO_SPARSE", _sparse),
    ("*", "DEFAULT_FILLED", _sparse),
    ("*", "STALE_FEATURE", _stale),
    ("*", "LAGGING_FEATURE", _stale),
    ("*", "FEEDBACK_LOOP", _looped),
    ("*", "TRUTH_IS_THE_ANSWER", _looped),
    ("*", "CONSTANT_PREDICTION", _answers),
    ("*", "TYPE_CHANGED", _skew),
    ("quality", "*", _quality),
    ("concept", "*", _quality),
    ("estimated_quality", "*", _estimated),
    ("calibration", "*", _calibration),
    ("skew", "*", _skew),
    ("predictions", "*", _answers),
    ("traffic", "*", _requests),
    ("outliers", "*", _rows),
    ("novelty", "*", _rows),
    ("*", "*", _inputs),
)
"""Check and code, as patterns, to what is said; the first that fits."""


def _column(alert: Alert) -> str:
    return f"column {alert.subject!r}" if alert.subject else "a column"


def _deployed(alert: Alert) -> str:
    """What was put into service at that time, as the likeliest cause; empty if nothing was."""
    first: Cause | None = alert.causes[0] if alert.causes else None
    return first.what if first is not None and first.kind in _SERVED and first.score >= LIKELY else ""


@dataclass(frozen=True, slots=True)
class WayBack:
    """How to have again what was served before.

    Attributes:
        kind: By what it was changed: a ``rollout``, a ``deployment`` or an ``alias``.
        alias: Which alias it was.
    """

    kind: str
    alias: str = ""


def way_back(alert: Alert) -> WayBack | None:
    """The way back by which an alert suggests to go, if it does."""
    if _GO_BACK not in alert.suggestion:
        return None
    first: Cause | None = alert.causes[0] if alert.causes else None
    if first is None or first.kind not in ("deployment", "rollout"):
        return WayBack("alias", _alias(first) or "production")
    return WayBack(first.kind)


def _back(alert: Alert) -> str:
    """How to have again what was served before, by the way in which it was changed."""
    first: Cause | None = alert.causes[0] if alert.causes else None
    kind, reason = first.kind if first is not None else "", f"--reason 'alert {alert.id}'"
    if kind == "deployment":
        return f"{_GO_BACK} `mainspring deploy rollback {reason}`"
    if kind == "rollout":
        return f"{_GO_BACK} `mainspring rollout rollback {alert.model} {reason}`"
    alias = _alias(first)
    told = f"--alias {alias} " if alias not in ("", "production") else ""
    return f"{_GO_BACK} `mainspring rollback {alert.model} {told}{reason}`"


def _alias(first: Cause | None) -> str:
    """The alias that was moved, if that is the likeliest cause."""
    return first.key.partition("@")[2].partition("#")[0] if first is not None and first.kind == "alias" else ""
