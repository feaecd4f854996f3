"""Rules that a model's answers must keep, whatever the model says."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

from mainspring.core.errors import InputError
from mainspring.evaluation.assertions.conditions import Condition

Action = Literal["flag", "override", "block"]

ACTIONS: tuple[Action, ...] = ("flag", "override", "block")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What happens to answers that meet a condition.

    Attributes:
        name: Unique among a model's assertions, without commas; metrics, logs and answers know it by this.
        when: The condition that should not be met, on raw columns, ``answer`` and ``score``; see
            :class:`~mainspring.evaluation.assertions.Condition`.
        action: ``"flag"`` lets the answer through and says so, ``"override"`` answers otherwise, ``"block"`` gives
            no answer.
        answer: What is answered instead: a class, or a value.
        message: For whoever gets the answer: why.

    Raises:
        InputError: If the condition cannot be read, the action is unknown, or an answer is given or lacks where
            the action is another one.

    Example:
        >>> minor = Assertion(name="minor", when="age < 18 and answer == 'approved'", action="block")
        >>> minor.condition.names
        ('age', 'answer')
    """

    name: str
    when: str
    action: Action = "flag"
    answer: str | float | None = None
    message: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            raise InputError("an assertion without a name", expected="a short name, such as minors")
        if "," in self.name or not self.name.isprintable():
            raise InputError(
                f"an assertion with the name {self.name!r}", expected="a name on one line without commas"
            )
        if self.action not in ACTIONS:
            raise InputError(
                f"the action {self.action!r} of {self.name!r}", expected="one of " + ", ".join(ACTIONS)
            )
        if (self.action == "override") is (self.answer is None):
            wanted = "an answer to override with" if self.answer is None else "no answer unless it overrides"
            raise InputError(f"the assertion {self.name!r} with action {self.action!r}", expected=wanted)
        if isinstance(self.answer, float) and not math.isfinite(self.answer):
            raise InputError(f"{self.name!r} answers {self.answer}", expected="a finite number")
        Condition.read(self.when)

    def __str__(self) -> str:
        told = f": {self.message}" if self.message else ""
        return f"{self.name} ({self.does} where {self.when}){told}"

    @property
    def does(self) -> str:
        """The action in words: ``"flag"``, ``"override with 'no'"``, ``"block"``."""
        return self.action if self.answer is None else f"{self.action} with {self.answer!r}"

    @property
    def condition(self) -> Condition:
        """The condition, read."""
        return Condition.read(self.when)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON and YAML."""
        told = {"name": self.name, "when": self.when, "action": self.action, "message": self.message}
        return told if self.answer is None else {**told, "answer": self.answer}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`as_dict`.

        Raises:
            InputError: If a key is missing or unknown, or the assertion makes no sense.
        """
        unknown = sorted(value.keys() - {"name", "when", "action", "answer", "message"})
        lacking = sorted({"name", "when"} - value.keys())
        if unknown or lacking:
            found = [f"{name!r} is unknown" for name in unknown] + [f"{name!r} is missing" for name in lacking]
            raise InputError(
                f"an assertion cannot be read: {'; '.join(found)}",
                expected="name, when, and if need be action, answer, message",
            )
        return cls(
            name=str(value["name"]),
            when=str(value["when"]),
            action=cast("Action", value.get("action", "flag")),
            answer=value.get("answer"),
            message=str(value.get("message", "")),
        )
