"""The right to be forgotten: rows that were erased from the log are erased from what was kept of windows, too."""

from __future__ import annotations

from pathlib import Path

from mainspring.monitoring.alerts import AlertBook
from mainspring.monitoring.monitor.learned import LearnedReferences
from mainspring.serving.payloads.erasing import AUDIT
from mainspring.serving.payloads.glancing import GLANCES
from mainspring.serving.payloads.journal_reading import read_as


def erasures(log: Path) -> int:
    """How much was erased from a log: a number that grows with every time."""
    try:
        return (log / AUDIT).stat().st_size
    except FileNotFoundError:
        return 0


def forget_erased(log: Path, model: str, book: AlertBook, references: LearnedReferences) -> None:
    """Erase the values of rows that the log does not have any more.

    Rows are kept in two places beside the log: the examples of alerts, and the references that were learned.
    Requests of which any row was erased go as a whole, and so do those that the log has let go by age.

    Args:
        log: The prediction log.
        model: The model.
        book: The alerts.
        references: What was learned of the model's versions.
    """
    book.forget(model, lambda ids: _gone(log, ids))
    references.forget(lambda ids: _gone(log, ids))


def _gone(log: Path, ids: set[str]) -> set[str]:
    """The requests that the log does not have whole."""
    lost = set(ids)
    for one in read_as(log, GLANCES) if ids else ():
        if one.id in lost and not one.erased:
            lost.discard(one.id)
    return lost
