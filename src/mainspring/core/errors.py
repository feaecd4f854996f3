"""The errors of Mainspring: each says what was found, what was expected, where, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class MainspringError(Exception):
    """An error that a user can act on.

    Args:
        found: What was found, as a sentence without a full stop (``"column 'fare' holds text"``).
        expected: What was expected instead.
        where: The place: a file and line, a column, a step, an address.
        fix: What to do next, preferably a command that can be pasted.
        fields: Where several things were filled in, the name of each that is wrong, and what is wrong with it.

    The parts are kept as attributes, so that a page or a JSON answer can show them one by one.
    """

    code: ClassVar[str] = "ERROR"

    def __init__(
        self,
        found: str,
        *,
        expected: str | None = None,
        where: str | None = None,
        fix: str | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(found)
        self.found = found
        self.expected = expected
        self.where = where
        self.fix = fix
        self.fields = dict(fields or {})

    def __str__(self) -> str:
        parts = [self.found]
        if self.where:
            parts[0] = f"{self.where}: {self.found}"
        if self.expected:
            parts.append(f"expected: {self.expected}")
        if self.fix:
            parts.append(f"do: {self.fix}")
        return "\n  ".join(parts)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.found, self.expected, self.where, self.fix), {"fields": self.fields}

    def as_dict(self) -> Mapping[str, Any]:
        """The parts by name, for ``--json`` and for error bodies; ``fields`` only where there are some."""
        told: dict[str, Any] = {
            "code": self.code,
            "found": self.found,
            "expected": self.expected,
            "where": self.where,
            "fix": self.fix,
        }
        return {**told, "fields": self.fields} if self.fields else told


def _rebuild(
    cls: type[MainspringError], found: str, expected: str | None, where: str | None, fix: str | None
) -> MainspringError:
    return cls(found, expected=expected, where=where, fix=fix)


class InputError(MainspringError):
    """Something given by the user is wrong: an argument, a file, a row, a setting."""

    code = "INVALID_INPUT"


class NotFoundError(MainspringError):
    """Something asked for does not exist."""

    code = "NOT_FOUND"


class ConflictError(MainspringError):
    """Something exists already, or was changed by somebody else in the meantime."""

    code = "CONFLICT"


class StateError(MainspringError):
    """A thing is not in a state from which the wanted change is allowed."""

    code = "ILLEGAL_STATE"


class IntegrityError(MainspringError):
    """Stored bytes are not what was stored: their digest differs."""

    code = "CORRUPT"


class UnavailableError(MainspringError):
    """A service or an optional library that is needed does not answer or is not installed."""

    code = "UNAVAILABLE"


class StepError(MainspringError):
    """A step of a pipeline failed while it ran."""

    code = "STEP_FAILED"
