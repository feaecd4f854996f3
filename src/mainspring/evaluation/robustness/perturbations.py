"""What happens to data on its way to a model: noise, gaps, typing errors, wrong units, values never seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mainspring.core.plugins import load as load_plugin

Values = npt.NDArray[Any]
"""A raw column in the form of ``Table.column``."""

Change = Callable[[Values, np.random.Generator, float], Values]
"""From a column, a generator and a severity between 0 and 1: the column as it might have come; nothing at 0."""

NEVER_SEEN: Final = "\N{REPLACEMENT CHARACTER}never seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Perturbation:
    """One way for a column to go wrong.

    Attributes:
        name: ``"noise"``.
        says: What it does, with what the severity means: ``"normal noise of severity standard deviations"``.
        change: What it does to a column.
        numbers: Whether it applies to columns of numbers.
        words: Whether it applies to columns of text.
    """

    name: str
    says: str
    change: Change
    numbers: bool = False
    words: bool = False

    def applies(self, values: Values) -> bool:
        """Whether it does anything to such a column."""
        return self.words if values.dtype == object else self.numbers


def noise(values: Values, random: np.random.Generator, severity: float) -> Values:
    """Normal noise of ``severity`` standard deviations of the column."""
    known = values[~np.isnan(values)]
    size = float(known.std()) if len(known) else 0.0
    return values + severity * size * random.normal(size=len(values))


def missing(values: Values, random: np.random.Generator, severity: float) -> Values:
    """Nothing in a share of ``severity`` of the cells."""
    gone = random.random(len(values)) < severity
    changed = values.copy()
    changed[gone] = None if values.dtype == object else np.nan
    return changed


def unit(values: Values, random: np.random.Generator, severity: float) -> Values:
    """A thousand times as much in a share of ``severity`` of the cells: metres for kilometres."""
    return np.where(random.random(len(values)) < severity, values * 1000.0, values)


def out_of_range(values: Values, random: np.random.Generator, severity: float) -> Values:
    """In a tenth of the cells, numbers beyond the largest by ``severity`` times the whole range."""
    known = values[~np.isnan(values)]
    if not len(known):
        return values
    far = known.max() + severity * (float(known.max() - known.min()) or 1.0)
    changed = np.where(random.random(len(values)) < 0.1, far, values)
    return changed if severity > 0 else values


def sign(values: Values, random: np.random.Generator, severity: float) -> Values:
    """The opposite sign in a share of ``severity`` of the cells."""
    return np.where(random.random(len(values)) < severity, -values, values)


def rounding(values: Values, random: np.random.Generator, severity: float) -> Values:
    """Rounded to steps of ``severity`` standard deviations of the column."""
    known = values[~np.isnan(values)]
    step = severity * float(known.std()) if len(known) else 0.0
    return np.round(values / step) * step if step > 0 else values


def swapped(values: Values, random: np.random.Generator, severity: float) -> Values:
    """In a share of ``severity`` of the cells, the value of another row."""
    mixed = values[random.permutation(len(values))]
    return np.where(random.random(len(values)) < severity, mixed, values)


def typos(values: Values, random: np.random.Generator, severity: float) -> Values:
    """One typing error in a share of ``severity`` of the texts: a letter left out, doubled or swapped."""
    return _retyped(values, random, severity, _mistyped)


def letter_case(values: Values, random: np.random.Generator, severity: float) -> Values:
    """The other case in a share of ``severity`` of the texts."""
    return _retyped(values, random, severity, lambda text, _: text.swapcase())


def blanks(values: Values, random: np.random.Generator, severity: float) -> Values:
    """A blank before or behind a share of ``severity`` of the texts."""
    return _retyped(values, random, severity, lambda text, draw: f" {text}" if draw.random() < 0.5 else f"{text} ")


def unseen(values: Values, random: np.random.Generator, severity: float) -> Values:
    """A word that nobody has seen in a share of ``severity`` of the texts."""
    return _retyped(values, random, severity, lambda _text, _draw: NEVER_SEEN)


BUILT_IN: Final = {
    one.name: one
    for one in (
        Perturbation(name="noise", says="normal noise, in standard deviations", change=noise, numbers=True),
        Perturbation(name="missing", says="cells without a value", change=missing, numbers=True, words=True),
        Perturbation(name="unit", says="cells a thousand times as large", change=unit, numbers=True),
        Perturbation(
            name="out_of_range", says="a tenth of cells beyond the range", change=out_of_range, numbers=True
        ),
        Perturbation(name="sign", says="cells of the opposite sign", change=sign, numbers=True),
        Perturbation(
            name="rounding", says="rounded, to steps of standard deviations", change=rounding, numbers=True
        ),
        Perturbation(name="swapped", says="cells of another row", change=swapped, numbers=True, words=True),
        Perturbation(name="typos", says="texts with one typing error", change=typos, words=True),
        Perturbation(name="letter_case", says="texts in the other case", change=letter_case, words=True),
        Perturbation(name="blanks", says="texts with a blank too much", change=blanks, words=True),
        Perturbation(name="unseen", says="texts never seen", change=unseen, words=True),
    )
}
"""Name to perturbation, as the plugin hook ``mainspring_perturbations`` offers them."""


def perturbation(name: str | Perturbation) -> Perturbation:
    """A perturbation by its name, of our own or of a plugin.

    Raises:
        NotFoundError: If nobody offers it.
    """
    if isinstance(name, Perturbation):
        return name
    found = BUILT_IN.get(name) or load_plugin("perturbations", name)
    made: Perturbation = found
    return made


def _retyped(
    values: Values, random: np.random.Generator, severity: float, change: Callable[[str, np.random.Generator], str]
) -> Values:
    changed = values.copy()
    for place in np.flatnonzero(random.random(len(values)) < severity):
        if values[place] is not None:
            changed[place] = change(str(values[place]), random)
    return changed


def _mistyped(text: str, random: np.random.Generator) -> str:
    if not text:
        return "x"
    place, kind = int(random.integers(len(text))), int(random.integers(3))
    if kind == 0 and len(text) > 1:
        return text[:place] + text[place + 1 :]
    if kind == 1 and place + 1 < len(text) and text[place] != text[place + 1]:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + text[place] + text[place:]
