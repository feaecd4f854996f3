"""What answers are written as, and which columns they have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from mainspring.core.errors import InputError
from mainspring.models.signature import Signature
from mainspring.serving.asserting import ASSERTIONS, ERROR
from mainspring.serving.bulk.options import Options

Kind: TypeAlias = Literal["parquet", "csv", "jsonl"]

ROW: Final = "row"
"""The name of the column of row numbers."""

_KINDS: Final[dict[str, Kind]] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_EXPECTED: Final = "a name that ends in .parquet, .csv, .tsv, .jsonl (also with .gz), or a folder"


@dataclass(frozen=True, slots=True)
class Format:
    """A form of files.

    Attributes:
        kind: ``parquet``, ``csv`` or ``jsonl``.
        packed: Whether text is compressed by gzip.
        folder: Whether the parts stay files of their own in a folder.
        delimiter: What separates the cells of a CSV file.
    """

    kind: Kind
    packed: bool = False
    folder: bool = False
    delimiter: str = ","

    @property
    def suffix(self) -> str:
        """What the names of its files end with."""
        return f".{self.kind}" + (".gz" if self.packed else "")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def format_of(out: Path, given: str | None = None) -> Format:
    """The form that a path asks for by how it ends; a folder holds parts.

    Args:
        out: Where answers go.
        given: The form of a file or folder whose name says nothing.

    Raises:
        InputError: If there is no such form.

    Example:
        >>> format_of(Path("answers.csv.gz"))
        Format(kind='csv', packed=True, folder=False, delimiter=',')
    """
    suffixes = [suffix.lower() for suffix in out.suffixes]
    packed = bool(suffixes) and suffixes[-1] == ".gz"
    suffix = suffixes[-2] if packed and len(suffixes) > 1 else suffixes[-1] if suffixes else ""
    if given is not None and given not in set(_KINDS.values()):
        raise InputError(f"answers in the form {given!r}", expected="parquet, csv or jsonl")
    chosen = next((kind for kind in _KINDS.values() if kind == given), None)
    if out.is_dir() or not suffix:
        return Format(chosen or "parquet", folder=True)
    kind = chosen or _KINDS.get(suffix)
    if kind is None or (packed and kind == "parquet"):
        raise InputError(f"answers as {''.join(out.suffixes)}", where=str(out), expected=_EXPECTED)
    return Format(kind, packed=packed, delimiter="\t" if suffix == ".tsv" else ",")


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """A column of answers.

    Attributes:
        name: As it is written.
        source: The output that it comes from: ``label``, ``probabilities``, ``prediction``, ``assertions``,
            ``error``, ``row``; with ``own.`` before it, what the model said before an assertion changed it.
        place: Which class, for probabilities.
        is_text: Whether it holds texts rather than numbers.
    """

    name: str
    source: str
    place: int | None = None
    is_text: bool = False


def answer_columns(
    signature: Signature, options: Options, *, asserting: bool, changing: bool
) -> tuple[AnswerColumn, ...]:
    """The columns that are written for a model, in order.

    Args:
        signature: What the model answers.
        options: What is wanted of it.
        asserting: Whether it has assertions.
        changing: Whether one of them may change or block an answer: then what the model said is written too.
    """
    found = [AnswerColumn(ROW, ROW)] if options.row_numbers else []
    main = "prediction" if signature.classes is None else "label"
    found.append(AnswerColumn(main, main, is_text=main == "label"))
    if asserting:
        found.append(AnswerColumn(ASSERTIONS, ASSERTIONS, is_text=True))
    if asserting or options.errors == "null":
        found.append(AnswerColumn(ERROR, ERROR, is_text=True))
    found += _probabilities(signature, options, "")
    if changing:
        found.append(AnswerColumn(f"own_{main}", f"own.{main}", is_text=main == "label"))
        found += _probabilities(signature, options, "own")
    return _named(found, options.prefix)


def check_names(kept: Sequence[str], answers: Sequence[AnswerColumn]) -> None:
    """See that kept columns and answers have different names; upper and lower case are one.

    Raises:
        InputError: If they do not.
    """
    taken = {name.lower() for name in kept}
    both = [one.name for one in answers if one.name.lower() in taken]
    if both:
        raise InputError(
            f"columns to keep are named as answers are: {', '.join(both)}",
            expected="different names",
            fix="put something before the names of answers: --prefix model_",
        )


def _named(columns: Sequence[AnswerColumn], prefix: str) -> tuple[AnswerColumn, ...]:
    """The columns under the names they get: classes that differ in upper and lower case alone are numbered."""
    named: list[AnswerColumn] = []
    taken: set[str] = set()
    for one in columns:
        name = one.name if one.source == ROW else prefix + one.name
        while name.lower() in taken:
            name += f"_{one.place}"
        taken.add(name.lower())
        named.append(replace(one, name=name))
    return tuple(named)


def _probabilities(signature: Signature, options: Options, own: str) -> list[AnswerColumn]:
    if signature.classes is None or not options.probabilities:
        return []
    name, source = (f"{own}_", f"{own}.") if own else ("", "")
    return [
        AnswerColumn(f"{name}p_{word}", f"{source}probabilities", place)
        for place, word in enumerate(signature.classes)
    ]
