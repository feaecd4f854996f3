"""The parts of the options of alerts: rules, destinations, the budget, quiet hours, limits that are learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from mainspring.monitoring.alerts.alert import Severity


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which severity alerts of a kind are. Patterns are those of file names: ``*`` stands for anything.

    Attributes:
        severity: It.
        check: Which checks.
        subject: Which subjects, slices included: ``accuracy | sex=*``.
        code: Which codes of reasons.
        effect: Only if the figure is so many times past its limit.
    """

    severity: Severity
    check: str = "*"
    subject: str = "*"
    code: str = "*"
    effect: float = 0.0


class Destination(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who is told.

    Attributes:
        url: An address of Apprise (``mailto://…``, ``slack://…``), or one that JSON is sent to (``https://…``, or
            ``json+https://…``). ``${NAME}`` is filled in from the environment when something is sent.
        least: Only alerts so severe or more.
        only: Only alerts that match, as silences do.
        secret: Where the secret is that JSON is signed with: ``env:NAME``; not signed if empty.
    """

    url: str
    least: Severity = Severity.INFO
    only: Mapping[str, str] = {}
    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many messages a destination gets; what is left waits for the digest.

    Attributes:
        per_day: In any 24 hours; 0 for no bound.
        per_week: In any 7 days; 0 for no bound.
        spare: Alerts so severe are told whatever the budget.
        digest: The time of day at which the rest is told in one message.
    """

    per_day: int = 20
    per_week: int = 60
    spare: Severity = Severity.CRITICAL
    digest: str = "08:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours in which nobody is disturbed.

    Attributes:
        since: From this time of day on, ``22:00``; without it there are no such hours.
        until: Up to this time of day, the next day if it is the earlier one.
        days: The days on which they begin, ``mon`` to ``sun``; all by default.
        spare: Alerts so severe are told all the same.
    """

    since: str = ""
    until: str = "07:00"
    days: tuple[str, ...] = ()
    spare: Severity = Severity.CRITICAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaptive:
    """Limits that are learned from the history of figures, beside the hard ones.

    Attributes:
        on: Whether there are any.
        checks: Which checks have them; all, if none is named.
        deviations: How many robust deviations from the usual value are unusual.
        least_windows: With fewer good windows before, nothing is called unusual.
        season: ``week`` (hours of the week are told apart), ``day`` (hours of the day), or ``none``. One with too
            few windows of its own is taken from the next wider one.
        least_per_season: So many good windows an hour must have.
        history: How far back is looked.
        least_effect: Part of the way from the usual value to the hard limit that the figure must have gone.
        severity: Of what is only unusual.
    """

    on: bool = True
    checks: tuple[str, ...] = ()
    deviations: float = 6.0
    least_windows: int = 48
    season: str = "week"
    least_per_season: int = 4
    history: str = "56d"
    least_effect: float = 0.5
    severity: Severity = Severity.INFO
