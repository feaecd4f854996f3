"""New texts: words dropped, swapped, or replaced by synonyms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from mainspring.core.errors import InputError
from mainspring.data.transforms.augmentation.rows import Made, Rows

if TYPE_CHECKING:
    import numpy as np


def drop_words(text: str, random: np.random.Generator, rate: float) -> str:
    """A text without some of its words; one stays at least."""
    words = text.split()
    kept = [word for word, chance in zip(words, random.random(len(words)).tolist(), strict=True) if chance >= rate]
    return " ".join(kept or words[:1])


def swap_words(text: str, random: np.random.Generator, rate: float) -> str:
    """A text in which neighbouring words have changed places: that share of the words, at least one pair."""
    words = text.split()
    for _ in range(max(1, round(rate * len(words) / 2)) if len(words) > 1 else 0):
        place = int(random.integers(0, len(words) - 1))
        words[place], words[place + 1] = words[place + 1], words[place]
    return " ".join(words)


def replace_words(
    text: str, random: np.random.Generator, rate: float, synonyms: Mapping[str, Sequence[str]]
) -> str:
    """A text in which that share of the words with synonyms is replaced by one of them; small letters decide."""
    found = []
    for word in text.split():
        others = synonyms.get(word) or synonyms.get(word.lower()) or ()
        if others and random.random() < rate:
            found.append(others[int(random.integers(0, len(others)))])
        else:
            found.append(word)
    return " ".join(found)


_CHANGES: Final[Mapping[str, Callable[[str, np.random.Generator, float], str]]] = {
    "drop_words": drop_words,
    "swap_words": swap_words,
}


def texts(
    rows: Rows,
    random: np.random.Generator,
    method: str,
    *,
    columns: Sequence[str],
    share: float = 1.0,
    rate: float = 0.1,
    synonyms: Mapping[str, Sequence[str]] | None = None,
) -> Made:
    """Rows drawn at random, with changed texts (Wei and Zou, *EDA*, 2019). Other columns are as in the row.

    Args:
        rows: What there is.
        random: Where chance comes from.
        method: ``"drop_words"``, ``"swap_words"`` or ``"synonyms"``.
        columns: The columns of text.
        share: How many rows to make, as a share of those there are.
        rate: The share of the words that are changed.
        synonyms: Word to words that may stand for it.

    Raises:
        InputError: If a column is not there or holds no text, or synonyms are lacking.
    """
    wrong = [name for name in columns if name not in rows.words]
    if wrong or not columns:
        raise InputError(
            "no columns of text are named" if not columns else "no columns of text: " + ", ".join(wrong),
            expected="some of " + ", ".join(rows.words),
        )
    if method == "synonyms" and not synonyms:
        raise InputError("synonyms are lacking", expected="synonyms={'quick': ['fast', 'swift'], …}")
    if not 0 <= rate <= 1:
        raise InputError(f"a rate of {rate}", expected="from 0 to 1")
    size = len(rows.classes)
    drawn = random.integers(0, size, round(share * size))
    changed = {}
    for name in columns:
        column = rows.values[name]
        changed[name] = [
            None if column[row] is None else _changed(str(column[row]), random, method, rate, synonyms or {})
            for row in drawn.tolist()
        ]
    return Made(drawn, dict(changed))


def _changed(
    text: str, random: np.random.Generator, method: str, rate: float, synonyms: Mapping[str, Sequence[str]]
) -> str:
    if method == "synonyms":
        return replace_words(text, random, rate, synonyms)
    return _CHANGES[method](text, random, rate)
