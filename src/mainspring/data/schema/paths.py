"""Names of features as paths: the fields of a structure stand after a point, a point in a name is escaped."""

from __future__ import annotations

from collections.abc import Mapping

from mainspring.data.celltypes import ColumnType
from mainspring.data.schema.feature import Feature


def escaped(name: str) -> str:
    r"""A name as one step of a path, in which a point parts the steps.

    Example:
        >>> print(escaped("home.town"))
        home\.town
    """
    return name.replace("\\", "\\\\").replace(".", "\\.")


def split(path: str, features: Mapping[str, Feature]) -> tuple[str, str]:
    """The structure that a feature is in (empty if in none), and its name there."""
    for place in range(len(path) - 1, 0, -1):
        if path[place] == "." and path[place - 1] != "\\":
            parent = features.get(path[:place])
            if parent is not None and parent.type is ColumnType.STRUCT:
                return path[:place], _plain(path[place + 1 :])
    return "", _plain(path)


def _plain(step: str) -> str:
    return step.replace("\\.", ".").replace("\\\\", "\\")
