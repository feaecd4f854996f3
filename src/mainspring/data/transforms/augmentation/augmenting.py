"""Augmenting examples: further rows for the training split, and for no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from mainspring.core.errors import InputError
from mainspring.data.examples import TRAIN, Examples
from mainspring.data.transforms.augmentation import numbers, oversampling, text
from mainspring.data.transforms.augmentation.rows import Made, Rows, with_made

if TYPE_CHECKING:
    import numpy as np

METHODS: Final[Mapping[str, tuple[str, ...]]] = {
    "copies": ("ratio",),
    "smote": ("ratio", "neighbours"),
    "adasyn": ("ratio", "neighbours"),
    "fewer": ("ratio",),
    "noise": ("share", "size"),
    "mixup": ("share", "alpha"),
    "drop_words": ("columns", "share", "rate"),
    "swap_words": ("columns", "share", "rate"),
    "synonyms": ("columns", "share", "rate", "synonyms"),
}
"""Method to its options."""


def augment(
    examples: Examples,
    method: str,
    *,
    label: str | None = None,
    seed: int = 0,
    split: str = TRAIN,
    **options: Any,
) -> Examples:
    """Make further rows of one split, or leave some out; every other split stays as it is.

    ============== ============================ ========================================================
    method         options                      rows
    ============== ============================ ========================================================
    ``copies``     ratio=1.0                    of rare classes, drawn again
    ``smote``      ratio=1.0, neighbours=5      of rare classes, between neighbours (words: SMOTE-NC)
    ``adasyn``     ratio=1.0, neighbours=5      the same, more where other classes are near
    ``fewer``      ratio=1.0                    of frequent classes, left out
    ``noise``      share=1.0, size=0.05         drawn again with noise
    ``mixup``      share=1.0, alpha=0.2         mixtures of two rows
    ``drop_words`` columns, share=1.0, rate=0.1 drawn again, words left out
    ``swap_words`` columns, share=1.0, rate=0.1 drawn again, neighbouring words swapped
    ``synonyms``   the same, synonyms={…}       drawn again, words replaced
    ============== ============================ ========================================================

    New rows come behind the others. In ``origins`` a made row has the number of the row that it was made from,
    with a minus before it; where origins were not known, rows are numbered within the split.

    Args:
        examples: The rows.
        method: What to do.
        label: The column of classes; for ``mixup`` it may hold numbers.
        seed: Of every random choice.
        split: The split to augment. Rows that a model is judged by must stay as they were.
        options: As above. ``ratio`` is the rows of each class as a share of the most frequent class, or a mapping
            from classes to rows; for ``fewer`` it is times the rarest class.

    Raises:
        InputError: If the method or an option does not exist, or does not fit the rows.
        NotFoundError: If there is no such split.
    """
    import numpy as np

    _check(method, options)
    table = examples.split(split)
    rows, random = Rows.of(table, label), np.random.default_rng(seed)
    known = examples.origins.get(split)
    origins = np.arange(1, len(table) + 1) if known is None else np.asarray(known)
    if method == "fewer":
        kept = oversampling.fewer(rows, random, float(options.get("ratio", 1.0)))
        columns = {name: [values[row] for row in kept.tolist()] for name, values in rows.values.items()}
        plain = {name: type_ for name, type_ in rows.types.items() if not type_.is_nested}
        smaller = type(table).from_columns(columns, plain)
        return _with(examples, split, smaller, origins[kept])
    made = _make(rows, random, method, options)
    return _with(
        examples, split, with_made(table, rows, made), np.concatenate([origins, -np.abs(origins[made.parents])])
    )


def _make(rows: Rows, random: np.random.Generator, method: str, options: Mapping[str, Any]) -> Made:
    match method:
        case "copies":
            return oversampling.copies(rows, random, options.get("ratio", 1.0))
        case "smote" | "adasyn":
            given = {"ratio": 1.0, **options}
            return oversampling.smote(rows, random, adaptive=method == "adasyn", **given)
        case "noise":
            return numbers.noise(rows, random, **options)
        case "mixup":
            return numbers.mixup(rows, random, **options)
        case _:
            return text.texts(rows, random, method, **{"columns": (), **options})


def _with(examples: Examples, split: str, table: Any, origins: np.ndarray) -> Examples:
    return replace(
        examples,
        splits={**examples.splits, split: table},
        origins={**{name: examples.origins[name] for name in examples.origins}, split: origins},
    )


def _check(method: str, options: Mapping[str, Any]) -> None:
    if method not in METHODS:
        raise InputError(
            f"there is no method {method!r}", where="augment", expected="one of " + ", ".join(METHODS)
        )
    unknown = [name for name in options if name not in METHODS[method]]
    if unknown:
        raise InputError(
            f"{method} has no option " + ", ".join(map(repr, unknown)),
            where="augment",
            expected="only " + ", ".join(METHODS[method]),
        )
