"""Telling feedback to the classes that a request was at: ``send_feedback`` of Seldon's contract."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from mainspring.core.errors import MainspringError
from mainspring.serving.components.answers import array_of
from mainspring.serving.components.node import Node
from mainspring.serving.feedback.answers import Answered
from mainspring.serving.feedback.record import REWARD, TRUTH, Feedback
from mainspring.serving.ports import Answering

_LOG = logging.getLogger(__name__)

METHOD: Final = "send_feedback"


class ClassTeller:
    """Tells feedback to every class on the way of a request, in this process. Safe for threads.

    A class is told once for each row that something became known of, with the row as it was asked, the reward, the
    truth, and the number of the branch that it chose, if it routes. A class that fails harms nobody; it is logged.

    Args:
        find: Gives the model of a name and a version; ``None`` if it is not served any more.
        models: Gives all models that are served.
    """

    def __init__(
        self,
        find: Callable[[str, str], Answering | None],
        models: Callable[[], Iterable[Answering]] = tuple,
    ) -> None:
        self._find, self._models = find, models

    @property
    def wanted(self) -> bool:
        """Whether any class that is served wants to be told."""
        return any(_wants(one) for one in self._models())

    def wants(self, answered: Answered) -> bool:
        """Whether any class on the way of a request wants to be told."""
        return any(self._class(model, version) is not None for _, model, version in _stops(answered))

    def tell(self, feedback: Sequence[Feedback], answered: Answered) -> int:
        """Tell feedback about one request; gives how often a class was told.

        Args:
            feedback: What became known of it.
            answered: What was answered, with the nodes that it was at.
        """
        told = 0
        for name, model, version in _stops(answered):
            node = self._class(model, version)
            if node is None:
                continue
            branch = next(
                (one.place for one in answered.decisions if one.router == f"{answered.model}/{name}"), None
            )
            for row, values in _by_row(feedback):
                told += _tell(node, row, values, answered.columns or {}, branch)
        return told

    def _class(self, model: str, version: str) -> Node | None:
        return _wants(self._find(model, version))


def _stops(answered: Answered) -> tuple[tuple[str, str, str], ...]:
    return answered.path or ((answered.model, answered.model, answered.version),)


def _wants(model: Answering | None) -> Node | None:
    node = getattr(model, "node", None)
    return node if isinstance(node, Node) and METHOD in node.described.methods else None


def _by_row(feedback: Sequence[Feedback]) -> Iterator[tuple[int | None, dict[str, Any]]]:
    """What became known of each row; of all rows (``None``) first."""
    found: dict[int | None, dict[str, Any]] = {}
    for one in feedback:
        found.setdefault(one.row, {})[one.key] = one.value
    return iter(sorted(found.items(), key=lambda pair: -1 if pair[0] is None else pair[0]))


def _tell(
    node: Node, row: int | None, values: Mapping[str, Any], columns: Mapping[str, Any], branch: int | None
) -> bool:
    rows = slice(None) if row is None else slice(row, row + 1)
    features = _matrix({name: array_of(one)[rows] for name, one in columns.items()})
    reward = values.get(REWARD)
    try:
        node.send_feedback(
            features,
            list(columns) or None,
            reward=None if reward is None else float(reward),
            truth=values.get(TRUTH),
            routing=branch,
        )
    except MainspringError as error:
        _LOG.warning("a class could not be told feedback: %s", error)
        return False
    return True


def _matrix(columns: Mapping[str, Any]) -> Any:
    """The rows as a class is given them: columns side by side, or the only tensor."""
    arrays = list(columns.values())
    if len(arrays) <= 1:
        return arrays[0] if arrays else None
    if any(one.ndim != 1 for one in arrays):
        return {name: one.tolist() for name, one in columns.items()}
    if all(one.dtype.kind in "biuf" for one in arrays):
        return np.column_stack(arrays)
    mixed = np.empty((len(arrays[0]), len(arrays)), dtype=object)
    for place, one in enumerate(arrays):
        mixed[:, place] = one
    return mixed
