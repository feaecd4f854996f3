"""The fairness gate: are the groups close enough, and is there evidence enough to say so?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from mainspring.core import InputError, Reason, Verdict
from mainspring.evaluation.fairness.fairness import Fairness, Group
from mainspring.evaluation.fairness.figures import Figure
from mainspring.evaluation.fairness.gaps import Gap
from mainspring.evaluation.gates.figures import ROUNDING, nearest, pair_text
from mainspring.evaluation.metrics.facts import Better
from mainspring.evaluation.metrics.measured import Interval

FairnessBounds = Mapping[str, float | Mapping[str, float]]
"""Name to bound; or a protected column or cross to such a mapping."""

On = Literal["figure", "interval"]
Insufficient = Literal["hold", "fail", "pass"]

INSUFFICIENT = "INSUFFICIENT_EVIDENCE"

_SHOWN = 5


def judge_fairness(
    fairness: Fairness,
    *,
    at_most: FairnessBounds | None = None,
    at_least: FairnessBounds | None = None,
    on: On = "figure",
    insufficient: Insufficient = "hold",
    gate: str = "fairness gate",
) -> Verdict:
    """Judge gaps between groups, and figures of groups, by bounds.

    A verdict is ok or not; a gap that cannot be estimated for some group is neither. By default such a gap keeps
    the gate closed, with the code ``INSUFFICIENT_EVIDENCE`` and the groups by name, and never counts as a gap that
    is too large: ``details["outcome"]`` tells ``"passed"``, ``"failed"`` and ``"insufficient evidence"`` apart. A
    gap that is too large among the other groups fails all the same.

    Args:
        fairness: What was measured.
        at_most: Name to the highest figure allowed, itself allowed. A name is that of a gap
            (``"equal_opportunity_difference"``, bounded for every protected column and cross), of a figure
            (``"false_positive_rate"``, bounded in every group), or of one over all rows (``"theil_index"``); with
            ``@0.3`` at a threshold, with ``[cat]`` of one class of many. A protected column or cross may stand
            before: ``{"sex": {"equal_opportunity_difference": 0.1}}``.
        at_least: The same for the lowest.
        on: ``"figure"``, or ``"interval"``: then the whole interval must keep the bound, and a figure without one
            is insufficient evidence.
        insufficient: What a lack of evidence does: ``"hold"`` and ``"fail"`` keep the gate closed, and with
            ``"fail"`` the outcome is ``"failed"``; ``"pass"`` lets it pass and says so.
        gate: Name of the gate in the verdict.

    Returns:
        A verdict with one reason for each bound and gap or group. A name that does not exist fails, and a gate
        without any bound fails: nothing is waved through.

    Raises:
        InputError: If ``on`` or ``insufficient`` is none of these words.

    Example:
        ``judge_fairness(found, at_most={"equal_opportunity_difference": 0.1}, on="interval")``
    """
    if on not in ("figure", "interval"):
        raise InputError(f"a fairness gate on {on!r}", expected="'figure' or 'interval'")
    if insufficient not in ("hold", "fail", "pass"):
        raise InputError(f"insufficient={insufficient!r}", expected="'hold', 'fail' or 'pass'")
    judge = _Judge(fairness, on, insufficient)
    reasons = [*judge.bounds(at_most or {}, Better.LOWER), *judge.bounds(at_least or {}, Better.HIGHER)]
    if not reasons:
        missing = "no threshold was given, so nothing was judged; give at_most or at_least"
        reasons = [Reason(ok=False, code="NO_THRESHOLDS", message=missing)]
    against = [reason for reason in reasons if not reason.ok]
    held = insufficient == "hold" and all(reason.code == INSUFFICIENT for reason in against)
    outcome = "passed" if not against else ("insufficient evidence" if held else "failed")
    details = {"outcome": outcome, "split": fairness.split, "count": fairness.overall.count, "on": on}
    return Verdict.of(gate, reasons, details)


@dataclass(frozen=True, slots=True)
class _Judge:
    """Writes the reasons."""

    fairness: Fairness
    on: On
    insufficient: Insufficient

    def bounds(self, bounds: FairnessBounds, side: Better) -> Iterator[Reason]:
        """All bounds of one side."""
        for name, bound in bounds.items():
            if isinstance(bound, Mapping):
                if name not in self.fairness.protected:
                    message = f"{name!r} is not protected; there are {', '.join(self.fairness.protected)}"
                    yield Reason(ok=False, code="METRIC_MISSING", message=message, subject=name)
                    continue
                for inner, value in bound.items():
                    yield from self._bound(inner, value, side, name)
            else:
                yield from self._bound(name, bound, side, None)

    def _bound(self, name: str, bound: float, side: Better, protected: str | None) -> Iterator[Reason]:
        gaps = [gap for gap in self.fairness.gaps if _is(gap, name) and protected in (None, gap.protected)]
        groups = [
            one for one in self.fairness.groups if name in one.figures and protected in (None, one.protected)
        ]
        whole = self.fairness.overall.figures
        if gaps:
            yield from (self._gap(gap, name, bound, side) for gap in gaps)
        elif groups:
            yield from (self._figure(group, group.figures[name], name, bound, side) for group in groups)
        elif name in whole and protected is None:
            yield self._figure(self.fairness.overall, whole[name], name, bound, side)
        else:
            known = [gap.name if gap.at is None else f"{gap.name}@{gap.at:g}" for gap in self.fairness.gaps]
            known += [*whole]
            message = f"no gap or figure {name!r}{nearest(name, list(dict.fromkeys(known)))}"
            yield Reason(ok=False, code="METRIC_MISSING", message=message, subject=name)

    def _gap(self, gap: Gap, name: str, bound: float, side: Better) -> Reason:
        subject = f"{name} | {gap.protected}"
        about = f"{subject} between {gap.groups[0]} and {gap.groups[1]}" if gap.groups else subject
        told = [f"{key} ({why})" for key, why in gap.left_out.items()]
        more = len(told) - _SHOWN
        lacking = ", ".join(told[:_SHOWN]) + (f" and {more} more groups" if more > 0 else "")
        why = "; nothing is known of ".join(filter(None, [gap.reason, lacking]))
        return self._judged(_Term(subject, about, gap.value, gap.interval, why, lacking), bound, side)

    def _figure(self, group: Group, figure: Figure, name: str, bound: float, side: Better) -> Reason:
        subject = f"{name} | {group.key}"
        term = _Term(subject, subject, figure.value, figure.interval, figure.reason, "")
        smallest = self.fairness.min_group_size
        if figure.rows < smallest and not math.isnan(figure.value):
            rows = f"{figure.rows} row{'s' * (figure.rows != 1)}"
            return self._unknown(term, f"{subject}: {rows} behind it, fewer than {smallest}", bound)
        return self._judged(term, bound, side)

    def _judged(self, term: _Term, bound: float, side: Better) -> Reason:
        if math.isnan(term.value):
            return self._unknown(term, f"{term.about} cannot be estimated: {term.why}", bound)
        lower, value = side is Better.LOWER, term.value
        seen, wanted = pair_text(value, bound)
        if self.on == "interval":
            if term.interval is None:
                return self._unknown(term, f"{term.about}: {seen} has no interval", bound)
            value = max(value, term.interval.high) if lower else min(value, term.interval.low)
            end, wanted = pair_text(value, bound)
            seen = f"{seen}, the {'high' if lower else 'low'} end {end} of its interval,"
        ok = value <= bound + ROUNDING if lower else value >= bound - ROUNDING
        if ok and term.lacking:
            message = f"{term.about}: {seen} keeps to {wanted}, but nothing is known of {term.lacking}"
            return self._unknown(term, message, bound)
        relation = ("at most" if ok else "above") if lower else ("at least" if ok else "below")
        return Reason(
            ok=ok,
            code="METRIC_OK" if ok else "METRIC_ABOVE_THRESHOLD" if lower else "METRIC_BELOW_THRESHOLD",
            message=f"{term.about}: {seen} is {relation} {wanted}",
            subject=term.subject,
            observed=value,
            expected=bound,
        )

    def _unknown(self, term: _Term, message: str, bound: float) -> Reason:
        seen = None if math.isnan(term.value) else term.value
        return Reason(
            ok=self.insufficient == "pass",
            code=INSUFFICIENT,
            message=message,
            subject=term.subject,
            observed=seen,
            expected=bound,
        )


@dataclass(frozen=True, slots=True)
class _Term:
    """A gap or a figure that is judged.

    Attributes:
        subject: Its name in the verdict; ``about`` the same with the groups that make it.
        value: NaN if it cannot be estimated, and ``why``.
        interval: Of the value.
        lacking: The groups that it says nothing about, with the reasons.
    """

    subject: str
    about: str
    value: float
    interval: Interval | None
    why: str
    lacking: str


def _is(gap: Gap, name: str) -> bool:
    return name == (gap.name if gap.at is None else f"{gap.name}@{gap.at:g}")
