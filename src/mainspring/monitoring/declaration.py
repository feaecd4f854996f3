"""The monitoring file: what is watched, how, who is told, and when a model is trained again. One file, for people.

.. code-block:: yaml

    census:                          # the name under which the model is served
      window: 1h                     # or rows: 5000
      wait: 10m                      # late requests are waited for before a window is judged
      labels: 24h                    # the truth may come so late
      slices: [sex]
      checks:                        # instead of the usual ones; `false` leaves one out
        drift: {exclude: [fnlwgt]}
        quality: {at_least: {accuracy: 0.8}}
        multivariate: {}
      alerts: {to: ["mailto://oncall@example.org"]}
      retraining: {when: [quality, drift], cool_down: 12h, budget: 3 per 7d}
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from mainspring.core import plugins
from mainspring.core.clock import seconds_of
from mainspring.core.errors import InputError, NotFoundError
from mainspring.monitoring.alerts import AlertOptions
from mainspring.monitoring.ports import Check
from mainspring.monitoring.retraining import RetrainingPolicy
from mainspring.serving.deploying.document import Document, examine
from mainspring.serving.deploying.document import Path as Way
from mainspring.serving.deploying.fields import Reader
from mainspring.serving.deploying.problems import DeclarationError, Problem

FILE: Final = "monitoring.yaml"

USUAL: Final = (
    "skew",
    "drift",
    "predictions",
    "outliers",
    "quality",
    "estimated_quality",
    "calibration",
    "concept",
    "traffic",
)
"""The checks that look at every model unless its section leaves them out, in this order."""

_HOOK = "window_checks"
_CALLED = "monitoring files"


@dataclass(frozen=True, kw_only=True)
class Watched:
    """How a model is watched; all times in seconds.

    Attributes:
        window: Length of a window: a text such as ``"1h"``, or seconds. One of ``window`` and ``rows`` is set.
        rows: Rows in a window.
        wait: How long late requests are waited for before a window is judged.
        labels: How late the truth may come: as long as that, a window is judged again when some has come.
        event_time: A column that says when something happened; by default the request's arrival counts.
        slices: Columns by whose values figures are told apart.
        alerts: Who is told of what, and how often.
        retraining: When it is trained again; never by itself if it is not said.

    Raises:
        InputError: If both a length and a number of rows are given, or one is not positive.
    """

    window: str | float | None = None
    rows: int | None = None
    wait: str | float = 60.0
    labels: str | float = 7 * 86_400.0
    event_time: str = ""
    slices: tuple[str, ...] = ()
    alerts: AlertOptions = field(default_factory=AlertOptions)
    retraining: RetrainingPolicy | None = None

    def __post_init__(self) -> None:
        """Check what is said of windows."""
        if self.window is not None and self.rows is not None:
            raise InputError("both window and rows are said", expected="one of them: window: 1h, or rows: 5000")
        if self.rows is not None and self.rows < 1:
            raise InputError(f"rows is {self.rows}", expected="a positive number")
        for name in ("window", "wait", "labels"):
            value = getattr(self, name)
            if value is not None:
                none = name != "window" and value in (0, "0", "0s")
                object.__setattr__(self, name, 0.0 if none else seconds_of(value))

    @property
    def seconds(self) -> float | None:
        """Length of a window by time; an hour if nothing is said, ``None`` for windows by count."""
        if self.rows is not None:
            return None
        return 3600.0 if self.window is None else float(self.window)


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A model of a monitoring file.

    Attributes:
        model: The name under which it is served.
        how: How it is watched.
        checks: What looks at its windows, by name, in order.
        where: The place in the file.
    """

    model: str
    how: Watched
    checks: Mapping[str, Check]
    where: str = ""


def usual() -> dict[str, Check]:
    """The usual checks, as they are where nothing is said."""
    return {name: plugins.load(_HOOK, name)() for name in USUAL}


def read_declarations(file: Path, environment: Mapping[str, str] | None = None) -> dict[str, Declared]:
    """Read a monitoring file.

    Args:
        file: It.
        environment: Where ``${NAME}`` is looked up; that of the process by default.

    Returns:
        The models, by name.

    Raises:
        NotFoundError: If there is no such file.
        DeclarationError: With everything that is wrong, and the lines.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFoundError(
            f"there is no {file.name}", where=str(file.parent), fix="write one: mainspring monitor init"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"it is no text: {error}", where=str(file), expected="YAML in UTF-8") from error
    return read_text(text, file.name, environment)


def read_text(text: str, name: str = FILE, environment: Mapping[str, str] | None = None) -> dict[str, Declared]:
    """Read what a monitoring file says.

    Args:
        text: Its content.
        name: The file, as it is told to people.
        environment: Where ``${NAME}`` is looked up; that of the process by default.

    Raises:
        DeclarationError: With everything that is wrong, and the lines.
    """
    try:
        document, problems = examine(text, name)
    except DeclarationError as error:
        raise DeclarationError(error.problems, _CALLED) from error
    reader = _Reader(document, os.environ if environment is None else environment)
    found = reader.models()
    problems += reader.problems
    if problems:
        raise DeclarationError(problems, _CALLED)
    return found


class _Reader(Reader):
    def __init__(self, document: Document, environment: Mapping[str, str]) -> None:
        super().__init__(document, environment)

    def models(self) -> dict[str, Declared]:
        found = {}
        for name, given in self.document.plain.items():
            values = {} if given is None else given
            if not isinstance(values, dict):
                self.note((name,), f"{name} is {values!r}", expected="how it is watched, such as {window: 1h}")
                continue
            declared = self._model(str(name), self.filled(values, (name,)))
            if declared is not None:
                found[str(name)] = declared
        return found

    def _model(self, name: str, values: dict[str, Any]) -> Declared | None:
        before = len(self.problems)
        checks = self._checks(values.pop("checks", None) or {}, (name, "checks"))
        how = self.made(Watched, self.fields(Watched, values, (name,)), (name,))
        if how is None or len(self.problems) > before:
            return None
        self._cross(how, checks, name)
        return Declared(model=name, how=how, checks=checks, where=self.document.where((name,)))

    def _checks(self, values: Any, path: Way) -> dict[str, Check]:
        if not isinstance(values, dict):
            self.note(path, f"checks is {values!r}", expected="checks: {drift: {…}}")
            return {}
        offered = plugins.offers(_HOOK)
        for name in values:
            if name not in offered:
                self.note((*path, name), f"there is no check {name!r}", expected="one of " + ", ".join(offered))
        names = [*USUAL, *(name for name in values if name in offered and name not in USUAL)]
        wanted = [name for name in names if values.get(name) is not False]
        made = {name: self._check(name, values.get(name), (*path, name)) for name in wanted}
        return {name: one for name, one in made.items() if one is not None}

    def _check(self, name: str, values: Any, path: Way) -> Check | None:
        kind = plugins.load(_HOOK, name)
        if values is None or values is True:
            values = {}
        if not isinstance(values, dict):
            self.note(path, f"{name} is {values!r}", expected="its options: {…}, or false to leave it out")
            return None
        before = len(self.problems)
        fields = self.fields(kind, values, path)
        made: Check | None = self.made(kind, fields, path) if len(self.problems) == before else None
        return made

    def _cross(self, how: Watched, checks: Mapping[str, Check], name: str) -> None:
        """What only shows when sections are seen together."""
        conditions: Sequence[Any] = () if how.retraining is None else how.retraining.conditions
        for place, condition in enumerate(conditions):
            if condition.check not in checks:
                self.note(
                    (name, "retraining", "when", place),
                    f"retraining waits for the check {condition.check!r}, which does not look at {name}",
                    expected="one of " + ", ".join(checks),
                )


__all__ = [
    "DeclarationError",
    "Declared",
    "FILE",
    "Problem",
    "USUAL",
    "Watched",
    "read_declarations",
    "read_text",
]
