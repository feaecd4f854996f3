"""How good a detector of novelty is, where the classes of all rows are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.monitoring.novelty.ports import UNKNOWN, Label


@dataclass(frozen=True, slots=True, kw_only=True)
class NoveltyScore:
    """Shares of rows, from 0 to 1; NaN where there are no such rows.

    Attributes:
        m_new: Rows of new classes that were taken for a known one, among all rows of new classes.
        f_new: Rows of known classes that were taken for a novelty, among all rows of known classes.
        error: Both of these, and rows of known classes that were taken for another one, among all rows.
        unknown_new: Rows of new classes that stayed unknown, among them.
        unknown_known: Rows of known classes that stayed unknown, among them.
    """

    m_new: float
    f_new: float
    error: float
    unknown_new: float
    unknown_known: float


def score_novelty(truth: npt.ArrayLike, codes: npt.ArrayLike, classes: Sequence[Label]) -> NoveltyScore:
    """*M_new*, *F_new* and *ERR* as M. M. Masud et al. define them (see
    :class:`~mainspring.monitoring.novelty.ecsminer.ECSMiner`).

    Rows that stayed unknown are no error and are told apart, as E. R. de Faria et al. propose in "Evaluation of
    multiclass novelty detection algorithms for data streams", IEEE Transactions on Knowledge and Data Engineering
    27 (2015).

    Args:
        truth: ``[rows]``: the classes, known ones and new ones.
        codes: ``[rows]``: what the detector said in the end; see
            :class:`~mainspring.monitoring.novelty.ports.Recognised`.
        classes: The known classes, as the detector has them.

    Raises:
        InputError: If there are not as many codes as classes.

    Example:
        >>> score_novelty(["a", "a", "b", "c", "c"], [0, -2, 0, -2, 0], ["a", "b"])
        NoveltyScore(m_new=0.5, f_new=0.3333333333333333, error=0.6, unknown_new=0.0, unknown_known=0.0)
    """
    place = {one: code for code, one in enumerate(classes)}
    true = np.array([place.get(one, UNKNOWN) for one in np.asarray(truth).tolist()], dtype=np.int64)
    said = np.asarray(codes, dtype=np.int64)
    if true.shape != said.shape:
        raise InputError(f"{said.size} codes for {true.size} rows", expected="one for each row")
    new, known = true == UNKNOWN, true != UNKNOWN
    missed, false = new & (said >= 0), known & (said < UNKNOWN)
    mixed = known & (said >= 0) & (said != true)
    return NoveltyScore(
        m_new=_share(missed, new),
        f_new=_share(false, known),
        error=_share(missed | false | mixed, new | known),
        unknown_new=_share(new & (said == UNKNOWN), new),
        unknown_known=_share(known & (said == UNKNOWN), known),
    )


def _share(some: npt.NDArray[np.bool_], among: npt.NDArray[np.bool_]) -> float:
    return float(some.sum() / among.sum()) if among.any() else float("nan")
