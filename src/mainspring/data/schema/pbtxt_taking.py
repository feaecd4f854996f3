"""Taking fields out of a message of the text format, and telling which ones nobody took."""

from __future__ import annotations

import math

from mainspring.data.schema.textproto import Message, Scalar


class Taker:
    """Takes fields out of a message, and tells in the end which ones nobody took.

    Args:
        what: What the message describes, for the telling.
        left: Where to tell.
    """

    def __init__(self, message: Message, what: str, left: list[str]) -> None:
        self.found: dict[str, list[Scalar | Message]] = {}
        for name, value in message.fields:
            self.found.setdefault(name, []).append(value)
        self.what = what
        self.left = left
        self.parts: list[Taker] = []

    def texts(self, name: str) -> tuple[str, ...]:
        """All values of a field of strings, numbers or words."""
        values = self.found.pop(name, [])
        if any(isinstance(value, Message) for value in values):
            self.left.append(f"{self.what}: {name} holds a message where a value was to come")
        return tuple(value.text for value in values if isinstance(value, Scalar))

    def text(self, name: str) -> str | None:
        """The last value of a field: of a field that cannot repeat, it is the one that counts."""
        values = self.texts(name)
        return values[-1] if values else None

    def number(self, name: str) -> float | None:
        """A finite number."""
        word = self.text(name)
        if word is None:
            return None
        try:
            value = (
                float(word.rstrip("fF")) if not word.lower().startswith(("0x", "-0x")) else float(int(word, 16))
            )
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            return value
        self.left.append(f"{self.what}: {name} is {word!r}, not a finite number")
        return None

    def whole(self, name: str) -> int | None:
        """A whole number, with all its digits."""
        word = self.text(name)
        if word is None:
            return None
        try:
            return int(word, 16 if "x" in word.lower() else 10)
        except ValueError:
            self.left.append(f"{self.what}: {name} is {word!r}, not a whole number")
            return None

    def flag(self, name: str) -> bool:
        """Whether a field is true."""
        return self.text(name) in {"true", "True", "t", "1"}

    def message(self, name: str) -> Taker | None:
        """The message in a field; several count as one."""
        found = self.messages(name)
        for other in found[1:]:
            for key, values in other.found.items():
                found[0].found.setdefault(key, []).extend(values)
            other.found.clear()
        return found[0] if found else None

    def messages(self, name: str) -> list[Taker]:
        """The messages in a field."""
        values = self.found.pop(name, [])
        parts = [Taker(value, f"{self.what}: {name}", self.left) for value in values if isinstance(value, Message)]
        if len(parts) < len(values):
            self.left.append(f"{self.what}: {name} holds a value where a message was to come")
        self.parts += parts
        return parts

    def done(self) -> None:
        """Tell what was not taken, here and inside."""
        for name, values in self.found.items():
            line = values[0].line
            told = f" (line {line})" if line else ""
            self.left.append(f"{self.what}: {name}{told} has no meaning here")
        self.found = {}
        for part in self.parts:
            part.done()
