"""How alerts behave, as the part ``alerts:`` of a monitoring file says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

import msgspec

from mainspring.core.clock import interval
from mainspring.core.errors import InputError
from mainspring.monitoring.alerts.option_parts import Adaptive, Budget, Destination, Quiet, Rule
from mainspring.monitoring.hours import WEEKDAYS, is_time_of_day, zone_of

MATCHED: Final = ("model", "version", "check", "code", "subject", "slice", "severity", "id", "group")
"""What rules and silences may look at."""
MOST_WINDOWS: Final = 50
"""How many windows of an alert are remembered."""

GROUPED: Final = ("model", "check", "code", "subject", "slice", "severity", "cause")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertOptions:
    """How the alerts of a model behave.

    Attributes:
        to: Who is told: addresses, or destinations with their conditions.
        severity: Which alerts matter how much; the first rule that fits counts, then those of the house.
        for_windows: In so many of the last ``of_windows`` windows a figure must be bad before anybody is told.
        of_windows: See there; the same number by default (0).
        resolve_windows: After so many good windows it is over.
        reopen: What begins again within this time after it was over is the same alert.
        flaps: An alert that was reopened so often within ``flap_time`` is flapping: nobody is told of it any more
            until it has been steady for that time; 0 for never.
        flap_time: See there.
        group_by: What alerts have in common that are told in one message. ``cause`` is the change upstream, and,
            where none is known, that they began within ``together``.
        together: See there.
        wait: How long more alerts of a group are waited for before the first message.
        interval: The least time between two messages about one group.
        repeat: How often it is told again that an alert fires which nobody acknowledged; empty for never.
        worse: By what part the figure must be further past its limit to be told as worse, acknowledged or not.
        resolved: Whether it is told that an alert is over.
        budget: How many messages there may be.
        quiet: When nobody is disturbed.
        zone: The time zone of times of day.
        adaptive: Limits that are learned.
        runbook: The address of a page that says what to do; ``{check}``, ``{model}``, ``{code}`` and ``{subject}``
            are filled in.
        runbooks: The same by check.
        examples: How many rows are shown; 0 for none.
        private: Columns whose values are never shown, as patterns, beside those that the schema tags as
            private; see :data:`mainspring.evaluation.reference.PRIVATE`.
        lookback: How long before an alert began changes upstream are looked for.
        page: The address of the page of an alert; ``{id}`` and ``{model}`` are filled in.
    """

    to: tuple[str | Destination, ...] = ()
    severity: tuple[Rule, ...] = ()
    for_windows: int = 1
    of_windows: int = 0
    resolve_windows: int = 2
    reopen: str = "1d"
    flaps: int = 3
    flap_time: str = "1d"
    group_by: tuple[str, ...] = ("model", "cause")
    together: str = "1h"
    wait: str = "0s"
    interval: str = "5m"
    repeat: str = "1d"
    worse: float = 0.25
    resolved: bool = True
    budget: Budget = field(default_factory=Budget)
    quiet: Quiet = field(default_factory=Quiet)
    zone: str = "UTC"
    adaptive: Adaptive = field(default_factory=Adaptive)
    runbook: str = ""
    runbooks: Mapping[str, str] = field(default_factory=dict)
    examples: int = 3
    private: tuple[str, ...] = ()
    lookback: str = "7d"
    page: str = ""

    def __post_init__(self) -> None:
        problems = [*_lengths(self), *_counts(self), *_clocks(self), *_names(self)]
        if problems:
            raise InputError(
                "the options of alerts are wrong: " + "; ".join(problems),
                expected="the fields of AlertOptions",
                where="alerts",
            )

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> AlertOptions:
        """The options from plain values, as YAML gives them.

        Raises:
            InputError: If one has another name, type or form.
        """
        strange = list(_strange(plain, cls, ""))
        if strange:
            raise InputError("; ".join(strange), where="alerts")
        try:
            return msgspec.convert(dict(plain), cls)
        except msgspec.ValidationError as error:
            raise InputError(f"the options of alerts are wrong: {error}", where="alerts") from error

    @property
    def window_count(self) -> int:
        """Among how many windows the bad ones are counted."""
        return max(self.of_windows, self.for_windows)

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Who is told, each with its conditions."""
        return tuple(one if isinstance(one, Destination) else Destination(url=one) for one in self.to)


def span(text: str) -> float:
    """A length of time such as ``30m`` or ``1d`` in seconds; 0 for an empty text and for ``0s``.

    Raises:
        InputError: If it is none.
    """
    return 0.0 if text in ("", "0s") else interval(text)


def check_matcher(given: Mapping[str, str]) -> list[str]:
    """What is wrong with a matcher, as sentences."""
    return [
        f"{name!r} is nothing that alerts have (one of {', '.join(MATCHED)})"
        for name in given
        if name not in MATCHED
    ]


def _strange(plain: object, cls: type[Any], place: str) -> Iterable[str]:
    """Names that there are not, in nested options too."""
    if not isinstance(plain, Mapping):
        return
    known = {one.name for one in fields(cls)}
    for name, value in plain.items():
        where = f"{place}{name}"
        if name not in known:
            yield f"there is no option {where!r} (but {', '.join(sorted(known))})"
        elif cls is AlertOptions and name in _NESTED:
            yield from _strange(value, _NESTED[name], f"{where}.")


def _is_length(text: str) -> bool:
    try:
        span(text)
    except InputError:
        return False
    return True


def _lengths(options: AlertOptions) -> Iterable[str]:
    given = {name: getattr(options, name) for name in ("reopen", "flap_time", "together", "wait", "interval")}
    given |= {"repeat": options.repeat, "lookback": options.lookback, "adaptive.history": options.adaptive.history}
    for name, text in given.items():
        if not _is_length(text):
            yield f"{name} is {text!r}, not a length of time such as 30m or 1d"


def _counts(options: AlertOptions) -> Iterable[str]:
    least = {
        "for_windows": (options.for_windows, 1),
        "resolve_windows": (options.resolve_windows, 1),
        "of_windows": (options.of_windows, 0),
        "flaps": (options.flaps, 0),
        "examples": (options.examples, 0),
        "worse": (options.worse, 0),
        "budget.per_day": (options.budget.per_day, 0),
        "budget.per_week": (options.budget.per_week, 0),
        "adaptive.least_windows": (options.adaptive.least_windows, 3),
        "adaptive.least_per_season": (options.adaptive.least_per_season, 3),
        "adaptive.least_effect": (options.adaptive.least_effect, 0),
    }
    for name in ("for_windows", "of_windows", "resolve_windows"):
        if getattr(options, name) > MOST_WINDOWS:
            yield f"{name} is {getattr(options, name)}, more than {MOST_WINDOWS}"
    yield from (
        f"{name} is {value}, not {bound} or more" for name, (value, bound) in least.items() if value < bound
    )
    if 0 < options.of_windows < options.for_windows:
        yield f"of_windows is {options.of_windows}, fewer than for_windows ({options.for_windows})"
    if options.adaptive.deviations <= 0:
        yield f"adaptive.deviations is {options.adaptive.deviations}, not positive"
    if options.adaptive.season not in ("week", "day", "none"):
        yield f"adaptive.season is {options.adaptive.season!r}, not week, day or none"


def _clocks(options: AlertOptions) -> Iterable[str]:
    given = {"budget.digest": options.budget.digest}
    if options.quiet.since:
        given |= {"quiet.since": options.quiet.since, "quiet.until": options.quiet.until}
        if options.quiet.since == options.quiet.until:
            yield "quiet.since and quiet.until are the same time"
    for name, text in given.items():
        if not is_time_of_day(text):
            yield f"{name} is {text!r}, not a time of day such as 08:00 (in quotes)"
    try:
        zone_of(options.zone)
    except InputError:
        yield f"zone is {options.zone!r}, which is not known here"


def _names(options: AlertOptions) -> Iterable[str]:
    for day in options.quiet.days:
        if day not in WEEKDAYS:
            yield f"quiet.days has {day!r}, not one of {', '.join(WEEKDAYS)}"
    for name in options.group_by:
        if name not in GROUPED:
            yield f"group_by has {name!r}, not one of {', '.join(GROUPED)}"
    for one in options.destinations:
        yield from check_matcher(one.only)
        if "://" not in one.url and not one.url.startswith("${"):
            yield "a destination is no address such as mailto://… or https://…"


_NESTED: Final[Mapping[str, type[Any]]] = {
    "budget": Budget,
    "quiet": Quiet,
    "adaptive": Adaptive,
}
