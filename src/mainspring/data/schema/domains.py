"""What the values of a feature stand for, beyond their type: flags, points in time, text, images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mainspring.data.schema.constraints import Range

TIME_UNITS: Final = (
    "UNIX_DAYS",
    "UNIX_SECONDS",
    "UNIX_MILLISECONDS",
    "UNIX_MICROSECONDS",
    "UNIX_NANOSECONDS",
)
"""What a whole number may count since 1970-01-01 UTC; the names are those of ``schema.proto``."""


@dataclass(frozen=True, slots=True)
class BoolDomain:
    """A feature of two values, whatever its type.

    Attributes:
        true_value: The text of the value that is true; ``None`` for ``1`` (numbers) or ``true`` (text).
        false_value: The text of the value that is false; ``None`` for ``0`` or ``false``.
    """

    true_value: str | None = None
    false_value: str | None = None

    def values(self, *, numeric: bool) -> tuple[str, str]:
        """The texts of true and false, those left out filled in."""
        usual = ("1", "0") if numeric else ("true", "false")
        return (
            usual[0] if self.true_value is None else self.true_value,
            usual[1] if self.false_value is None else self.false_value,
        )


@dataclass(frozen=True, slots=True)
class TimeDomain:
    """A feature of points in time: text in a format, or numbers that count a unit since 1970.

    Attributes:
        format: How text is written, as in ``strptime``, such as ``%d/%m/%Y``.
        unit: What numbers count: one of :data:`TIME_UNITS`.
        of_day: Whether it is a time of the day, without a date.
    """

    format: str | None = None
    unit: str | None = None
    of_day: bool = False


@dataclass(frozen=True, slots=True)
class TokenConstraint:
    """How often a token may occur.

    Attributes:
        token: The token; a whole number is written as its text.
        min_per_sequence: The least number in every sequence.
        max_per_sequence: The largest number in any sequence.
        min_fraction: The least fraction of the sequences that hold it.
        max_fraction: The largest fraction of the sequences that hold it.
    """

    token: str
    min_per_sequence: float | None = None
    max_per_sequence: float | None = None
    min_fraction: float | None = None
    max_fraction: float | None = None


@dataclass(frozen=True, slots=True)
class LanguageDomain:
    """A feature of natural language.

    Attributes:
        vocabulary: The name of the list of known tokens.
        min_coverage: The least fraction of the tokens that the vocabulary knows.
        min_avg_token_length: The least mean number of characters of a token.
        excluded_tokens: Tokens that coverage and mean length leave out, such as ``[PAD]``.
        oov_tokens: Tokens that stand for unknown ones, such as ``[UNK]``.
        token_constraints: How often single tokens may occur.
        sequence_length: How many tokens a value may have.
    """

    vocabulary: str | None = None
    min_coverage: float | None = None
    min_avg_token_length: float | None = None
    excluded_tokens: tuple[str, ...] = ()
    oov_tokens: tuple[str, ...] = ()
    token_constraints: tuple[TokenConstraint, ...] = ()
    sequence_length: Range | None = None


@dataclass(frozen=True, slots=True)
class ImageDomain:
    """A feature of images, encoded as bytes.

    Attributes:
        min_supported_fraction: The least fraction of the values that are images of a known format.
        max_bytes: The largest number of bytes of an image.
    """

    min_supported_fraction: float | None = None
    max_bytes: int | None = None
