"""The text format of protocol buffers, read and written without their library.

Follows https://protobuf.dev/reference/protobuf/textformat-spec: nested messages in ``{}`` or ``<>``, repeated
fields, lists, strings with escapes that may go on in several pieces, enums, numbers, comments. What a field means
is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from mainspring.core.errors import InputError


@dataclass(slots=True)
class Scalar:
    """A string, number or word.

    Attributes:
        text: Of a string, what it says; of the others, how they are written.
        quoted: Whether it is a string.
        line: Where it stands, from 1; 0 if it was not read.
    """

    text: str
    quoted: bool = False
    line: int = 0


@dataclass(slots=True)
class Message:
    """Fields in the order they are written, a name for each time it occurs.

    Attributes:
        fields: Names with what they hold.
        line: Where it begins, from 1; 0 if it was not read.
    """

    fields: list[tuple[str, Value]] = field(default_factory=list)
    line: int = 0

    def add(self, name: str, value: Message | str | float | None, *, word: bool = False) -> None:
        """Write a field; nothing for ``None``.

        Args:
            word: Whether a text is the name of an enum's value, not a string.
        """
        if value is None:
            return
        if isinstance(value, Message):
            self.fields.append((name, value))
        elif isinstance(value, str):
            self.fields.append((name, Scalar(value, quoted=not word)))
        else:
            plain = str(value).lower() if isinstance(value, bool) else repr(value)
            self.fields.append((name, Scalar(plain)))


Value: TypeAlias = Scalar | Message

_TOKEN: Final = re.compile(
    r"""(?P<space>(?:\s+|\#[^\n]*)+)
      | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<word>[-+]?[A-Za-z0-9_.][A-Za-z0-9_.+-]*)
      | (?P<mark>[][{}<>:;,/-])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(
    r"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))|([^\\]+)", re.DOTALL
)
_SHORT: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_CLOSING: Final = {"{": "}", "<": ">"}


def parse(text: str, *, where: str = "text proto") -> Message:
    """The message that a text describes.

    Raises:
        InputError: If it is not in the text format, naming the line.

    Example:
        >>> message = parse('feature { name: "age" type: INT }  # one column')
        >>> name, feature = message.fields[0]
        >>> feature.fields[0][1].text
        'age'
    """
    return _Parser(text, where).message(until="")


def render(message: Message, indent: str = "") -> str:
    """The text of a message, two spaces deeper for each level."""
    lines = []
    for name, value in message.fields:
        if isinstance(value, Scalar):
            lines.append(f"{indent}{name}: {_quoted(value.text) if value.quoted else value.text}\n")
        else:
            lines.append(f"{indent}{name} {{\n{render(value, indent + '  ')}{indent}}}\n")
    return "".join(lines)


def _quoted(text: str) -> str:
    plain = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(plain.get(one) or (one if one.isprintable() else _octal(one)) for one in text) + '"'


def _octal(character: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in character.encode())


def unquoted(literal: str) -> str:
    """What a string in quotes says; escapes stand for bytes of UTF-8."""
    found = bytearray()
    for octal, short, four, eight, letter, plain in _ESCAPE.findall(literal[1:-1]):
        if octal or short:
            found.append(int(octal, 8) & 0xFF if octal else int(short, 16))
        elif four or eight:
            code = int(four or eight, 16)
            found += chr(code if code < 0x110000 else 0xFFFD).encode("utf-8", "replace")
        else:
            found += (plain or _SHORT.get(letter, letter)).encode("utf-8", "replace")
    return found.decode("utf-8", "replace")


class _Parser:
    def __init__(self, text: str, where: str) -> None:
        self.where = where
        self.tokens = list(self._cut(text))
        self.place = 0

    def _cut(self, text: str) -> Iterator[tuple[str, str, int]]:
        at, line = 0, 1
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise self._error(f"{text[at]!r} cannot stand here", line)
            if found.lastgroup != "space":
                yield str(found.lastgroup), found.group(), line
            line += found.group().count("\n")
            at = found.end()
        yield "end", "", line

    def _error(self, found: str, line: int) -> InputError:
        return InputError(
            f"line {line}: {found}", where=self.where, expected="the text format of protocol buffers"
        )

    def _next(self) -> tuple[str, str, int]:
        token = self.tokens[self.place]
        self.place += token[0] != "end"
        return token

    def _accept(self, *marks: str) -> str:
        kind, text, _ = self.tokens[self.place]
        if kind == "mark" and text in marks:
            self.place += 1
            return text
        return ""

    def message(self, *, until: str) -> Message:
        found = Message(line=self.tokens[self.place][2])
        while not (self.tokens[self.place][0] == "end" and not until) and not (until and self._accept(until)):
            name = self._name()
            colon = self._accept(":")
            found.fields += [(name, value) for value in self._values(name, colon)]
            self._accept(",", ";")
        return found

    def _name(self) -> str:
        kind, text, line = self._next()
        if kind == "word":
            return text
        if text != "[":
            raise self._error(f"the end of the text, or {text!r}, where a field was to come", line)
        parts = []
        while not self._accept("]"):
            kind, text, line = self._next()
            if kind not in {"word", "mark"}:
                raise self._error("the name of an extension does not end", line)
            parts.append(text)
        return f"[{''.join(parts)}]"

    def _values(self, name: str, colon: str) -> Iterator[Value]:
        if not self._accept("["):
            yield self._value(name, colon)
            return
        while not self._accept("]"):
            yield self._value(name, colon)
            self._accept(",")

    def _value(self, name: str, colon: str) -> Value:
        opening = self._accept("{", "<")
        if opening:
            return self.message(until=_CLOSING[opening])
        kind, text, line = self._next()
        if kind == "string" and colon:
            pieces = [unquoted(text)]
            while self.tokens[self.place][0] == "string":
                pieces.append(unquoted(self._next()[1]))
            return Scalar("".join(pieces), quoted=True, line=line)
        if text == "-":
            kind, text, line = self._next()
            text = f"-{text}"
        if kind != "word" or not colon:
            raise self._error(f"the field {name!r} has no value", line)
        return Scalar(text, line=line)
