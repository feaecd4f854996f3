"""The policy: when a model is trained again, on what, how, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime, tzinfo
from fnmatch import fnmatchcase
from typing import Any, Final, TypeVar

from mainspring.core.clock import seconds_of
from mainspring.core.errors import InputError
from mainspring.core.records import Value
from mainspring.monitoring.hours import QuietHours, zone_of
from mainspring.monitoring.retraining.periods import Budget
from mainspring.pipelines.cron import Cron

HOW: Final = ("start_over", "fine_tune", "compare")
PROMOTE: Final = ("none", "canary", "production")
CHALLENGER: Final = ("surely_better", "better", "not_worse")
CHOOSE: Final = ("all", "newest", "drift", "test")
FILLED: Final = (
    *("$model", "$because", "$since", "$until", "$window", "$candidates", "$least_rows", "$how", "$warm_start"),
    *("$version", "$metric", "$challenger", "$margin", "$sign_off", "$promote", "$cost"),
)
"""What parameters of the run may ask to be filled in with. Times are texts (RFC 3339), empty for no bound."""

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A check whose failing calls for a new model.

    Attributes:
        check: Its name.
        subject: Only this feature, metric or slice (``accuracy | sex=Female``); ``*`` stands for any text.
        for_windows: How many windows in a row it has to fail.
    """

    check: str
    subject: str = ""
    for_windows: int = 1

    @property
    def key(self) -> str:
        """What it is remembered by."""
        return f"{self.check}/{self.subject}" if self.subject else self.check

    def about(self, subject: str | None) -> bool:
        """Whether a reason about this subject counts."""
        return not self.subject or (subject is not None and fnmatchcase(subject, self.subject))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewData:
    """New data that calls for a new model.

    Attributes:
        rows: So many rows whose truth became known since the model was trained, or since it was last asked for.
        data: A path, a glob or a pattern of spans: its content is not what it was.
    """

    rows: int | None = None
    data: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingWindow:
    """Which part of the old data is trained on.

    Attributes:
        choose: ``all``; ``newest``, the first of the candidates; ``drift``, what came since the checks began to
            fail; or ``test``: models are trained on each candidate, and the newest labelled rows decide.
        candidates: Lengths of time back from now, such as ``30d``, and ``all``.
        least_rows: Windows with fewer rows are not tried.
    """

    choose: str = "all"
    candidates: tuple[str, ...] = ("7d", "30d", "all")
    least_rows: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainingPolicy:
    """When a model is trained again, on what, how, at what cost, and what becomes of the new one.

    It is written as the section ``retraining`` of a monitoring file, field by field; what is read from the fields
    stands beside them (``conditions``, ``limit`` and so on).

    Attributes:
        when: Names of checks, or objects with ``check``, ``subject`` and ``for_windows``.
        schedule: A cron expression.
        new_data: A number of newly labelled rows, a path or pattern, or an object with ``rows`` and ``data``.
        freshness: How old the model may become, such as ``30d``.
        budget: How many runs in any stretch of time, such as ``3 per 7d``.
        cost_per_run: What a run costs, in a unit of your own.
        cool_down: How long after a run nothing is asked for, such as ``12h``.
        quiet: Hours in which no run is asked for.
        zone: The time zone of the schedule and of the quiet hours, such as ``Europe/Paris``.
        least_labelled: The fewest rows whose truth became known since the model was trained.
        how: ``start_over``, ``fine_tune``, or ``compare`` both.
        window: What is trained on: ``all``, a length such as ``30d``, or the fields of :class:`TrainingWindow`.
        metric: By which challenger and champion are compared.
        challenger: What it must be on the newest labelled rows: ``surely_better`` than the champion, beyond
            chance; ``better``; or ``not_worse``.
        margin: By how much it must be better, or may be worse.
        sign_off: Whether a person must agree before the new model answers, or the roles that must.
        promote: Where a new model that won goes by itself: ``none``, ``canary`` or ``production``.
        parameters: Of the run. A value such as ``$since`` is filled in: :data:`FILLED`; ``$$`` begins a value
            that begins with a dollar sign.

    Raises:
        InputError: Telling everything that is wrong with it.

    Example:
        >>> policy = RetrainingPolicy(when=["drift", {"check": "quality", "for_windows": 2}], budget="3 per 7d")
        >>> policy.conditions[1].for_windows, policy.limit.runs
        (2, 3)
    """

    when: str | Sequence[str | Mapping[str, Any]] = ()
    schedule: str = ""
    new_data: int | str | Mapping[str, Any] | None = None
    freshness: str | float | None = None
    budget: str | None = None
    cost_per_run: float = 0.0
    cool_down: str | float | None = None
    quiet: QuietHours = field(default_factory=QuietHours)
    zone: str = "UTC"
    least_labelled: int = 0
    how: str = "start_over"
    window: str | Mapping[str, Any] = "all"
    metric: str = ""
    challenger: str = "surely_better"
    margin: float = 0.0
    sign_off: bool | str | Sequence[str] = False
    promote: str = "none"
    parameters: Mapping[str, Any] = field(default_factory=dict)

    conditions: tuple[Condition, ...] = field(init=False, repr=False, compare=False)
    cron: Cron | None = field(init=False, repr=False, compare=False)
    fresh_data: NewData = field(init=False, repr=False, compare=False)
    most_age: float | None = field(init=False, repr=False, compare=False)
    limit: Budget | None = field(init=False, repr=False, compare=False)
    pause: float = field(init=False, repr=False, compare=False)
    place: tzinfo = field(init=False, repr=False, compare=False)
    training: TrainingWindow = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Read the fields, and tell all that is wrong with them at once."""
        found = _Reading()
        read = found.read
        when = [self.when] if isinstance(self.when, str) else list(self.when)
        kept: dict[str, Any] = {
            "conditions": tuple(read(f"when[{place}]", _condition, one, None) for place, one in enumerate(when)),
            "place": read("zone", zone_of, self.zone, None),
            "cron": read("schedule", _cron, self.schedule, None) if self.schedule else None,
            "fresh_data": read("new_data", _new_data, self.new_data, None),
            "most_age": None if self.freshness is None else read("freshness", seconds_of, self.freshness, 0.0),
            "limit": None if self.budget is None else read("budget", Budget.parse, self.budget, None),
            "pause": 0.0 if self.cool_down is None else read("cool_down", seconds_of, self.cool_down, 0.0),
            "training": read("window", _window, self.window, None),
        }
        found.one_of("how", self.how, HOW)
        found.one_of("challenger", self.challenger, CHALLENGER)
        found.at_least_zero("margin", self.margin)
        found.one_of("promote", self.promote, PROMOTE)
        found.at_least_zero("cost_per_run", self.cost_per_run)
        found.at_least_zero("least_labelled", self.least_labelled)
        found.filled(self.parameters)
        found.tell()
        for name, value in kept.items():
            object.__setattr__(self, name, value)

    @property
    def signers(self) -> tuple[str, ...]:
        """The roles that must sign; ``("anybody",)`` where no role is named, empty where nobody must."""
        if isinstance(self.sign_off, bool):
            return ("anybody",) if self.sign_off else ()
        return (self.sign_off,) if isinstance(self.sign_off, str) else tuple(self.sign_off)

    def as_dict(self) -> dict[str, Value]:
        """The fields as plain values, without those that say nothing else than the default."""
        told: dict[str, Value] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            default = one.default_factory() if one.default_factory is not MISSING else one.default
            if one.init and value != default and value not in ((), []):
                told[one.name] = _plain(value)
        return told


class _Reading:
    """Reads one thing after the other, and keeps what was wrong."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def read(self, name: str, how: Callable[[Any], _Read], value: Any, otherwise: Any) -> _Read:
        try:
            return how(value)
        except InputError as error:
            self.problems.append(
                f"{name}: {error.found}" + (f" (expected {error.expected})" if error.expected else "")
            )
        except (TypeError, AttributeError):
            self.problems.append(f"{name}: {value!r} cannot be read")
        result: _Read = otherwise
        return result

    def one_of(self, name: str, value: Any, words: Sequence[str]) -> None:
        if value not in words:
            self.problems.append(f"{name}: {value!r} (expected one of {', '.join(words)})")

    def at_least_zero(self, name: str, value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0:
            self.problems.append(f"{name}: {value!r} (expected a number of at least 0)")

    def filled(self, parameters: Any) -> None:
        if not isinstance(parameters, Mapping):
            self.problems.append(f"parameters: {parameters!r} (expected name to value)")
            return
        for name, value in parameters.items():
            unknown = isinstance(value, str) and value.startswith("$") and not value.startswith("$$")
            if unknown and value not in FILLED:
                self.problems.append(f"parameters: {name}: {value!r} (expected one of {', '.join(FILLED)})")

    def tell(self) -> None:
        if self.problems:
            raise InputError("the retraining policy is wrong: " + "; ".join(self.problems))


def _condition(value: str | Mapping[str, Any]) -> Condition:
    made = Condition(check=value) if isinstance(value, str) else _object(Condition, value)
    if not made.check or not isinstance(made.check, str):
        raise InputError("it names no check", expected="{check: drift}")
    if not _counts(made.for_windows, 1):
        raise InputError(f"for_windows is {made.for_windows!r}", expected="a number of at least 1")
    return made


def _new_data(value: int | str | Mapping[str, Any] | None) -> NewData:
    if value is None:
        return NewData()
    if isinstance(value, str):
        return NewData(data=value)
    made = NewData(rows=value) if isinstance(value, int) else _object(NewData, value)
    if made.rows is not None and not _counts(made.rows, 1):
        raise InputError(f"rows is {made.rows!r}", expected="a number of at least 1")
    return made


def _window(value: str | Mapping[str, Any]) -> TrainingWindow:
    if isinstance(value, str) and value not in CHOOSE:
        value = {"choose": "newest", "candidates": [value]}
    made: TrainingWindow = (
        TrainingWindow(choose=value) if isinstance(value, str) else _object(TrainingWindow, value)
    )
    lengths: Any = made.candidates
    if made.choose not in CHOOSE:
        raise InputError(f"choose is {made.choose!r}", expected="one of " + ", ".join(CHOOSE))
    if isinstance(lengths, str) or not lengths:
        raise InputError(f"candidates are {lengths!r}", expected="a list such as [7d, 30d, all]")
    for one in lengths:
        if one != "all":
            seconds_of(one)
    if not _counts(made.least_rows, 0):
        raise InputError(f"least_rows is {made.least_rows!r}", expected="a number of at least 0")
    return TrainingWindow(choose=made.choose, candidates=tuple(lengths), least_rows=made.least_rows)


def _object(cls: type[Any], value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise InputError(f"it is {value!r}", expected="an object")
    known = [one.name for one in fields(cls)]
    unknown = [name for name in value if name not in known]
    if unknown:
        raise InputError(f"there is no {unknown[0]!r}", expected="one of " + ", ".join(known))
    return cls(**value)


def _counts(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _cron(text: str) -> Cron:
    read = Cron.parse(text)
    read.after(datetime(2000, 1, 1))  # one that never comes true is told of now
    return read


def _plain(value: Any) -> Value:
    if isinstance(value, QuietHours):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    plain: Value = value
    return plain
