"""Encoders of categories as ops: what each category becomes is asked of the fitted encoder itself."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mainspring.data.transforms.kinds import as_words
from mainspring.data.transforms.ops import Bucketize, FillWord, Kind, OneOf, Replace, ToWord
from mainspring.models.adapters.sklearn_graph import Part, Sheet, numbers_of, singles
from mainspring.models.ports import NotExportableError

UNSEEN = "\u2047 never seen in training"


def one_hot(sheet: Sheet, encoder: Any, parts: Sequence[Part]) -> list[Part]:
    """``OneHotEncoder``: infrequent, dropped, unknown and missing categories as it has them."""
    widths = [int(width) for width in encoder._n_features_outs]
    ends = np.cumsum(widths).tolist()
    found = []
    for column, (part, width, end) in enumerate(zip(parts, widths, ends, strict=True)):
        place = functools.partial(_place_among, start=end - width, stop=end)
        places = _replaced(sheet, encoder, part, column, place)
        names = tuple(f"{part.name}={number}" for number in range(width))
        found.append(sheet.add(OneOf, [places], "one_hot", width=width, names=names))
    return found


def ordinal(sheet: Sheet, encoder: Any, parts: Sequence[Part]) -> list[Part]:
    """``OrdinalEncoder``."""
    return [
        _replaced(sheet, encoder, part, column, functools.partial(_number_at, column=column))
        for column, part in enumerate(parts)
    ]


def buckets(sheet: Sheet, binner: Any, parts: Sequence[Part]) -> list[Part]:
    """``KBinsDiscretizer``, as places or one column per bucket."""
    found = []
    for part, edges in zip(singles(parts, binner), binner.bin_edges_, strict=True):
        inner = tuple(dict.fromkeys(numbers_of(edges[1:-1])))
        place = sheet.add(Bucketize, [part], "bucket", edges=inner)
        if binner.encode == "ordinal":
            found.append(place)
            continue
        names = tuple(f"{part.name}={number}" for number in range(len(edges) - 1))
        found.append(sheet.add(OneOf, [place], "one_hot", width=len(names), names=names))
    return found


def fill_words(sheet: Sheet, part: Part, value: object) -> Part:
    """A constant for missing words.

    Raises:
        NotExportableError: If it is no text.
    """
    if not isinstance(value, str):
        raise NotExportableError(f"missing words of {part.name!r} become {value!r}")
    return sheet.add(FillWord, [part], "filled", value=value)


def _replaced(
    sheet: Sheet, encoder: Any, part: Part, column: int, read: Callable[[npt.NDArray[np.float64]], float]
) -> Part:
    """A number for every category of one column.

    Raises:
        NotExportableError: If the column is neither a word nor a single number.
    """
    if part.kind is Kind.NUMBER:
        (part,) = singles([part], encoder)
    categories = list(encoder.categories_[column])
    asked = _ask(encoder, column, categories, read)
    known: Mapping[str, float] = {
        _word(category): number
        for category, number in zip(categories, asked, strict=True)
        if not _is_missing(category)
    }
    missing = [number for category, number in zip(categories, asked, strict=True) if _is_missing(category)]
    (unseen,) = _ask(encoder, column, [_unseen(categories)], read)
    word = part if part.kind is Kind.WORD else sheet.add(ToWord, [part], "word")
    return sheet.add(
        Replace,
        [word],
        "place",
        words=tuple(known),
        numbers=tuple(known.values()),
        unseen=_or_none(unseen),
        missing=_or_none(missing[0] if missing else unseen),
    )


def _place_among(row: npt.NDArray[np.float64], start: int, stop: int) -> float:
    marks = row[start:stop]
    return float(marks.argmax()) if marks.any() else -1.0


def _number_at(row: npt.NDArray[np.float64], column: int) -> float:
    return float(row[column])


def _ask(
    encoder: Any, column: int, values: Sequence[Any], read: Callable[[npt.NDArray[np.float64]], float]
) -> list[float]:
    """What values of one column become, one after the other, beside the first category of all others.

    What the encoder refuses is -1.
    """
    found = []
    for value in values:
        row = np.array([[categories[0] for categories in encoder.categories_]], dtype=object)
        row[0, column] = value
        try:
            with warnings.catch_warnings():
                # It was fitted on a data frame, perhaps, and says so when it takes unknown values for others.
                warnings.simplefilter("ignore")
                made = encoder.transform(row)
        except ValueError:
            found.append(-1.0)
            continue
        dense = made.toarray() if hasattr(made, "toarray") else made
        found.append(read(np.asarray(dense, dtype=np.float64)[0]))
    return found


def _unseen(categories: Sequence[Any]) -> Any:
    if all(isinstance(category, str) or _is_missing(category) for category in categories):
        return UNSEEN
    return float(max(float(category) for category in categories if not _is_missing(category))) + 1.0


def _word(category: Any) -> str:
    return category if isinstance(category, str) else str(as_words(np.array([float(category)]))[0])


def _is_missing(category: Any) -> bool:
    return category is None or (isinstance(category, float) and bool(np.isnan(category)))


def _or_none(number: float) -> float | None:
    return None if np.isnan(number) else number
