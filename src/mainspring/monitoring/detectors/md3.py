"""MD3: has the share of rows of which a model is unsure changed, and with it how often it is right?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import Self

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError, StateError
from mainspring.monitoring.detectors.blocks import Floats, Ints, first, mistakes, numbers, require, walk
from mainspring.monitoring.detectors.blockwise import Kept
from mainspring.monitoring.detectors.matrices import matrix
from mainspring.monitoring.ports import DetectorState


@dataclass(slots=True, kw_only=True)
class MD3(Kept):
    """Watches without labels, and asks for a few only when the density of rows in the margin has changed.

    It says ``WARNING`` from then on until :meth:`confirm` is told how often the model is right now: if that is
    less than it was, beyond chance, it is drift, otherwise a false alarm and the watch goes on.

    References:
        T. S. Sethi, M. Kantardzic, "On the reliable detection of concept drift from streaming unlabeled data",
        Expert Systems with Applications 82 (2017).

    Args:
        margin: Rows whose margin is at most so large lie in it: 0.5 for the difference of the two largest
            probabilities, as in the paper for ensembles; 1 for the distance of a support vector machine.
        chunk: Rows over which the density is followed: of the density before, 1 - 1 / chunk is kept with each row;
            500.
        deviations: How far the density may be from that of the reference, in deviations of the mean of a chunk; 3.
            With the 2 of the paper there are forty times as many warnings without a reason.
        confirming: The same for the share of right answers; 2.

    Example:
        >>> import numpy as np
        >>> random = np.random.default_rng(0)
        >>> detector = MD3().fit(random.random(5000), random.random(5000) < 0.9)
        >>> [place] = detector.update_many(np.concatenate([random.random(2000), 0.5 * random.random(2000)]))
        >>> bool(2000 < place < 2200), str(detector.state)
        (True, 'WARNING')
        >>> str(detector.confirm(random.random(200) < 0.6))
        'DRIFT'
    """

    margin: float = 0.5
    chunk: int = 500
    deviations: float = 3.0
    confirming: float = 2.0

    rows: int = 0
    density: float | None = None
    deviation: float = 0.0
    right: float | None = None
    right_deviation: float = 0.0
    current: float = 0.0
    warned: bool = False
    """Of the reference: the density of rows in the margin and a chunk's deviation; the share of right answers
    and the deviation of one. Now: the density, and whether labels are wanted."""

    def __post_init__(self) -> None:
        """Check the settings."""
        require(self.margin >= 0, "margin", self.margin, "0 or more")
        require(self.chunk >= 2, "chunk", self.chunk, "at least 2")
        require(self.deviations > 0, "deviations", self.deviations, "above 0")
        require(self.confirming > 0, "confirming", self.confirming, "above 0")

    @property
    def state(self) -> DetectorState:
        """``WARNING`` while labels are wanted."""
        return DetectorState.WARNING if self.warned else DetectorState.STABLE

    def fit(self, margins: npt.ArrayLike, right: npt.ArrayLike) -> Self:
        """Learn what is usual of rows that the model was not trained on, such as those held out in each fold.

        Args:
            margins: Of each row, ``[rows]``, two chunks or more.
            right: Whether the answer was right, 1 or 0, ``[rows]``.

        Raises:
            InputError: If there are too few, or not as many of one as of the other.
        """
        inside, answers = self._inside(margins), mistakes(right)
        if len(inside) < 2 * self.chunk:
            raise InputError(f"{len(inside)} margins", expected=f"at least two chunks ({2 * self.chunk})")
        if len(answers) != len(inside):
            raise InputError(
                f"{len(inside)} margins and {len(answers)} answers", expected="one of each for every row"
            )
        self.density, self.deviation = self._usual(inside)
        self.right, self.right_deviation = float(answers.mean()), float(answers.std())
        self.rows, self.current, self.warned = 0, self.density, False
        return self

    def update(self, value: float) -> DetectorState:
        """Take the margin of one row: how far it is from where the model would answer otherwise, without its sign.

        Raises:
            InputError: If it is no finite number, or there is no reference.
        """
        self.update_many([value])
        return self.state

    def update_many(self, values: npt.ArrayLike) -> Ints:
        """Take margins, ``[rows]``, and give the place of the row at which a warning begins, if one does.

        Raises:
            InputError: If one is no finite number, or there is no reference.
        """
        self._density()
        return walk(self._inside(values), self._scan)

    def confirm(self, right: npt.ArrayLike) -> DetectorState:
        """Decide about a warning by labels of rows that came since.

        After ``DRIFT`` the reference is forgotten: fit the detector again, with the model that is trained anew.
        Otherwise the density is taken for that of the reference again.

        Args:
            right: Whether the model's answer was right, 1 or 0, ``[rows]``; the paper takes a chunk.

        Raises:
            StateError: If there is no warning.
            InputError: If there are no labels.
        """
        if not self.warned or self.right is None:
            raise StateError("there is no warning to confirm", expected="the state WARNING")
        answers = mistakes(right)
        if answers.size == 0:
            raise InputError("there are no labels", expected="at least one")
        error = self.right_deviation / math.sqrt(answers.size)
        self.warned = False
        if self.right - float(answers.mean()) > self.confirming * error:
            self.density = self.right = None
            return DetectorState.DRIFT
        self.current = self._density()
        return DetectorState.STABLE

    def _inside(self, values: npt.ArrayLike) -> Floats:
        return (np.abs(numbers(values)) <= self.margin).astype(np.float64)

    def _density(self) -> float:
        if self.density is None:
            raise InputError(
                "the detector has no reference", expected="a call of fit", fix="detector.fit(margins, right)"
            )
        return self.density

    def _usual(self, inside: Floats) -> tuple[float, float]:
        """The density, and how much it varies from chunk to chunk: at least as much as by chance alone."""
        density = float(inside.mean())
        chunks = [chunk.mean() for chunk in np.array_split(inside, len(inside) // self.chunk)]
        chance = math.sqrt(density * (1 - density) / self.chunk)
        return density, max(chance, float(np.std(chunks, ddof=1)), 0.5 / self.chunk)

    def _scan(self, block: Floats) -> int | None:
        kept = 1.0 - 1.0 / self.chunk
        follow = accumulate(
            block.tolist(), lambda old, item: kept * old + (1.0 - kept) * item, initial=self.current
        )
        densities = np.array(list(follow)[1:])
        far = np.abs(densities - self._density()) > self.deviations * self.deviation
        found = None if self.warned else first(far)
        # Rows after a warning are followed too, until it is decided.
        self.warned = self.warned or found is not None
        taken = len(block) if found is None else found + 1
        self.rows, self.current = self.rows + taken, float(densities[taken - 1])
        return found


def margins(probabilities: npt.ArrayLike) -> Floats:
    """The difference of the two largest probabilities of each row: 0 where a model cannot decide, 1 where it can.

    Args:
        probabilities: ``[rows, classes]``, or ``[rows]`` of the positive one of two classes.

    Raises:
        InputError: If they are not that.

    Example:
        >>> margins([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]])
        array([0.25, 1.  ])
    """
    shares = matrix(probabilities, what="table of probabilities")
    shares = np.concatenate([shares, 1.0 - shares], axis=1) if shares.shape[1] == 1 else shares
    ranked = np.partition(shares, -2, axis=1)
    return np.asarray(ranked[:, -1] - ranked[:, -2])
