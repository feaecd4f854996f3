"""All checks of a window, and what comes of them together."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from mainspring.core.attempts import attempted
from mainspring.core.records import Value
from mainspring.core.verdicts import Reason, Verdict
from mainspring.data import TableStatistics
from mainspring.monitoring.ports import Check
from mainspring.monitoring.seen import Figure, Judged, Seen
from mainspring.monitoring.windows import Window

GATE: Final = "watch"
_NOTES: Final = 3
"""So many sentences about a check as a whole are recorded, of those that speak for nothing and against nothing."""
BROKEN: Final = "checks"
"""Under this name it is told that a check broke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What all checks say of a window.

    Attributes:
        window: The window.
        version: The version that answered most of its rows.
        statistics: Of its rows.
        judged: By check.
    """

    window: Window
    version: str
    statistics: TableStatistics
    judged: Mapping[str, Judged]

    @property
    def ok(self) -> bool:
        """Whether every check says so."""
        return all(one.verdict.ok for one in self.judged.values())

    @property
    def figures(self) -> dict[str, Figure]:
        """All figures, by check and name: ``drift/age``."""
        return {
            f"{check}/{name}": figure for check, one in self.judged.items() for name, figure in one.figures.items()
        }

    def verdict(self, before: Verdict | None = None) -> Verdict:
        """All verdicts as one for the record: every reason that speaks against, what is to be known of a check as
        a whole, such as what an estimate takes for granted, and how much else was looked at.

        Args:
            before: What was said of the window when it was judged before. What checks said that were not asked
                again still holds.
        """
        said = _by_check(before)
        for check, one in self.judged.items():
            if check == BROKEN:
                held = [reason for reason in said.get(BROKEN, ()) if reason.subject not in self.judged]
                said[BROKEN] = [*held, *one.verdict.failures]
            else:
                said[check] = _short(check, one.verdict)
        details: dict[str, Any] = {
            "version": self.version,
            "versions": dict(self.window.versions),
            "rows": self.window.table.num_rows,
            "requests": self.window.requests,
            "errors": self.window.errors,
            "late": self.window.late,
            "labelled": self.window.labelled,
            "checks": [[check, len(reasons)] for check, reasons in said.items()],
        }
        return Verdict.of(GATE, itertools.chain.from_iterable(said.values()), details)


def judge(seen: Seen, checks: Mapping[str, Check], memory: Mapping[str, Mapping[str, Value]]) -> Judgement:
    """Ask every check about a window.

    A check that breaks does not keep the others from being asked: it is told as the failure of a check called
    :data:`BROKEN`, and remembers what it did before. That nothing can be said of it is no reason for a new model.

    Args:
        seen: The window, and what it is held against.
        checks: Those that are asked, by name.
        memory: What each of them remembers.
    """
    found: dict[str, Judged] = {}
    ran: list[Reason] = []
    for name, check in checks.items():
        said = attempted(partial(check.judge, seen, memory.get(name, {})))
        error = said.exception()
        if error is None:
            found[name] = said.result()
            ran.append(_looked(name))
        else:
            ran.append(_broken(name, error))
    # Also where all is well: an alert that a check broke is over when it does not any more.
    found[BROKEN] = Judged(verdict=Verdict.of(BROKEN, ran))
    return Judgement(window=seen.window, version=seen.version, statistics=seen.statistics, judged=found)


def _by_check(verdict: Verdict | None) -> dict[str, list[Reason]]:
    """What each check said, from a verdict in the record."""
    if verdict is None:
        return {}
    reasons = iter(verdict.reasons)
    return {check: list(itertools.islice(reasons, count)) for check, count in verdict.details.get("checks", ())}


def _short(check: str, verdict: Verdict) -> list[Reason]:
    """What is recorded of what a check said."""
    passed = [reason for reason in verdict.reasons if reason.ok]
    notes = [reason for reason in passed if reason.subject is None][:_NOTES]
    rest = [reason for reason in passed if reason not in notes]
    counted = [_passed(check, rest, len(verdict.reasons))] if rest else []
    return [*verdict.failures, *counted, *(replace(one, message=f"{check}: {one.message}") for one in notes)]


def _passed(check: str, passed: list[Reason], total: int) -> Reason:
    if len(passed) == 1:
        return passed[0]
    codes = ", ".join(sorted({reason.code for reason in passed}))
    return Reason(
        ok=True,
        code="LOOKED_AT",
        message=f"{check}: {len(passed)} of {total} things that were looked at are in order ({codes})",
        subject=check,
        observed=float(len(passed)),
    )


def _looked(name: str) -> Reason:
    message = f"the check {name!r} looked at the window"
    return Reason(ok=True, code="CHECKED", message=message, subject=name, observed=0.0)


def _broken(name: str, error: BaseException) -> Reason:
    return Reason(
        ok=False,
        code="CHECK_FAILED",
        message=f"the check {name!r} broke: {type(error).__name__}: {error}",
        subject=name,
    )
