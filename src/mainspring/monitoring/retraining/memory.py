"""What is remembered from one decision to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self, cast

from mainspring.core.records import Value
from mainspring.core.verdicts import Reason
from mainspring.monitoring.retraining.policy import Condition, RetrainingPolicy
from mainspring.monitoring.retraining.situation import JudgedWindow, Situation

_SAYS_NOTHING: Final = (
    *("TOO_FEW", "TOO_LATE", "NOT_", "NOTHING_", "CANNOT_", "UNKNOWN", "OTHER_TYPE", "SAMPLED", "NOTE", "ASSUMES"),
    *("NO_LABELS", "NO_TRUTH", "NO_REFERENCE", "NO_ANSWERS", "NO_NUMBERS", "NO_PREVIOUS", "NO_FIGURE", "NO_LIMIT"),
)
"""How the codes of reasons begin that say that a check could not say anything."""


_KEPT: Final = 50
"""Outcomes that are kept of a condition, to see where it began to fail."""
_LONGEST: Final = 400
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a condition saw in a window: where it begins and ends, whether all was well, and what was said."""

    since: float
    until: float
    ok: bool
    message: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is remembered.

    Attributes:
        asked: When runs were asked for, as long as the budget looks back, and the last one.
        outcomes: By the key of a condition, the newest outcomes since a run was last asked for, oldest first.
        began: By the key of a condition, where the windows begin that failed in a row up to the newest, whatever
            was asked for meanwhile, and the version in use.
        scheduled: Up to when the schedule is done with.
        labelled: Labelled rows when a run was last asked for.
        version: The version in use then.
        data: What the data looked like then.
        demand: Who asked while a run was under way.
    """

    asked: tuple[float, ...] = ()
    outcomes: Mapping[str, tuple[Outcome, ...]] = field(default_factory=dict)
    began: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    scheduled: float | None = None
    labelled: int = 0
    version: str = ""
    data: str | None = None
    demand: str = ""

    @classmethod
    def from_dict(cls, value: Mapping[str, Value]) -> Self:
        """The inverse of :meth:`as_dict`; an empty mapping is the memory of the first time."""
        given = cast("Mapping[str, Any]", value)
        return cls(
            asked=tuple(given.get("asked", ())),
            outcomes={
                key: tuple(Outcome(*one) for one in many) for key, many in dict(given.get("outcomes", {})).items()
            },
            began={key: (one[0], one[1]) for key, one in dict(given.get("began", {})).items()},
            scheduled=given.get("scheduled"),
            labelled=given.get("labelled", 0),
            version=given.get("version", ""),
            data=given.get("data"),
            demand=given.get("demand", ""),
        )

    def as_dict(self) -> dict[str, Value]:
        """Plain values, for JSON."""
        return {
            "asked": list(self.asked),
            "outcomes": {
                key: [[one.since, one.until, one.ok, one.message, one.version] for one in many]
                for key, many in self.outcomes.items()
            },
            "began": {key: list(one) for key, one in self.began.items()},
            "scheduled": self.scheduled,
            "labelled": self.labelled,
            "version": self.version,
            "data": self.data,
            "demand": self.demand,
        }

    def noting(self, policy: RetrainingPolicy, situation: Situation) -> Memory:
        """With what is seen now."""
        outcomes = {one.key: self._outcomes(one, situation) for one in policy.conditions}
        return replace(
            self,
            outcomes=outcomes,
            began=dict(self._began(outcomes, situation.version)),
            scheduled=situation.time if self.scheduled is None else self.scheduled,
            data=situation.data if self.data is None else self.data,
            demand=situation.demand or self.demand,
        )

    def asking(self, policy: RetrainingPolicy, situation: Situation) -> Memory:
        """With a run that is asked for at this moment."""
        back = situation.time - (policy.limit.seconds if policy.limit else 0.0)
        return Memory(
            asked=(*(one for one in self.asked if one > back), situation.time),
            began=self.began,
            scheduled=situation.time,
            labelled=situation.labelled,
            version=situation.version,
            data=self.data if situation.data is None else situation.data,
        )

    def new_rows(self, situation: Situation) -> int:
        """Labelled rows that no run was asked for with yet."""
        same = situation.version == self.version and situation.labelled >= self.labelled
        return situation.labelled - (self.labelled if same else 0)

    def _began(
        self, outcomes: Mapping[str, tuple[Outcome, ...]], version: str
    ) -> Iterator[tuple[str, tuple[float, str]]]:
        for key, many in outcomes.items():
            bad = failing(many)
            known = self.began.get(key)
            same = known is not None and known[1] == version
            if known is not None and same and len(bad) == len(many):
                yield key, known  # nothing was well since
            elif bad:
                yield key, (bad[0].since, version)

    def _outcomes(self, condition: Condition, situation: Situation) -> tuple[Outcome, ...]:
        """The newest outcomes, one per window: what was judged again takes the place of what was said before."""
        last = max(self.asked, default=float("-inf"))
        kept = {one.since: one for one in self.outcomes.get(condition.key, ())}
        for window in situation.windows:
            found = _outcome(condition, window)
            if found is not None and window.until > last:
                kept[window.since] = found
        current = situation.version
        mine = [kept[since] for since in sorted(kept) if not current or kept[since].version in ("", current)]
        return tuple(mine[-max(condition.for_windows, _KEPT) :])


def failing(outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
    """Those that failed in a row up to the newest, oldest first."""
    good = next((place for place in range(len(outcomes), 0, -1) if outcomes[place - 1].ok), 0)
    return outcomes[good:]


def _outcome(condition: Condition, window: JudgedWindow) -> Outcome | None:
    """What a condition makes of a window; ``None`` if the check does not say anything about it."""
    verdict = window.verdicts.get(condition.check)
    if verdict is None:
        return None
    reasons = [one for one in verdict.reasons if condition.about(one.subject)]
    failed = [one for one in reasons if not one.ok]
    if not failed and not any(map(_says_something, reasons)):
        return None
    return Outcome(window.since, window.until, not failed, _told(failed), window.version)


def _says_something(reason: Reason) -> bool:
    return not reason.code.startswith(_SAYS_NOTHING)


def _told(failed: Sequence[Reason]) -> str:
    if not failed:
        return ""
    more = f"; and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
    return ("; ".join(one.message for one in failed[:_NAMED]) + more)[:_LONGEST]
