"""Figures of one's own: generators that measure features and merge what they found.

.. code-block:: python

    from mainspring.data import Table, summarize

    class Longest:
        name = "longest"

        def measure(self, table, features):
            return {"note": max(map(len, table.to_columns()["note"]))} if "note" in features else {}

        def merge(self, one, other):
            return max(one, other)

    statistics = summarize(Table.from_columns({"note": ["a", "bcd"]}), generators=[Longest()])
    assert statistics.split("train").feature("note").custom["longest"] == 3

A plugin offers one under a name with the hook ``mainspring_statistics``; ``generators=["longest"]`` finds it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from mainspring.core import plugins
from mainspring.core.errors import InputError
from mainspring.data.celltypes import ColumnType
from mainspring.data.profiling.paths import paths
from mainspring.data.profiling.recognition import measure_formats
from mainspring.data.statistics.custom import remember
from mainspring.data.statistics.recognition import GENERATOR, formats_of
from mainspring.data.tables import Table


@runtime_checkable
class Generator(Protocol):
    """Measures what nobody else does. Must be safe to call from many threads at once.

    A figure is a plain value: a finite number, text, bool, ``None``, or a list or mapping (by text) of these. What
    :meth:`measure` finds for a part and what was read from a file are merged alike. Merging must not depend on the
    order of the parts, and must give what one pass over all rows gives.
    """

    @property
    def name(self) -> str:
        """Under which the figures are found in ``FeatureStatistics.custom``."""
        ...

    def measure(self, table: Table, features: Sequence[str]) -> Mapping[str, Any]:
        """Feature to its figure, for those of the features that it has something to say about."""
        ...

    def merge(self, one: Any, other: Any) -> Any:
        """The figure of the rows of both."""
        ...


class RecognitionGenerator:
    """Counts how many values of each feature match known patterns: times, addresses, images, sentences.

    Its figure is that of :func:`mainspring.data.profiling.recognition.measure_formats` in plain values;
    :func:`mainspring.data.statistics.recognition.recognitions` tells what follows from it.
    """

    name = GENERATOR
    _KINDS = frozenset({ColumnType.STRING, ColumnType.INT, ColumnType.BYTES})

    def measure(self, table: Table, features: Sequence[str]) -> Mapping[str, Any]:
        """Of the features of text, bytes and whole numbers."""
        kinds = {path.name: path.type for path in paths(table)}
        return {name: _plain(measure_formats(table, name)) for name in features if kinds.get(name) in self._KINDS}

    def merge(self, one: Any, other: Any) -> Any:
        """Of the values of both."""
        return _plain(formats_of(one).merge(formats_of(other)))


def register(generator: Generator) -> None:
    """Let figures of this generator be merged in this process, for example after reading them from a file.

    Raises:
        InputError: If it is no generator.
    """
    name: Any = getattr(generator, "name", None)
    complete = isinstance(generator, Generator)
    if not (complete and isinstance(name, str) and name):
        raise InputError(
            f"{generator!r} is no generator", expected="an object with a name, and the methods measure and merge"
        )
    remember(name, generator)


def generators_of(wanted: Iterable[Generator | str]) -> tuple[Generator, ...]:
    """The generators that are meant, by object or by the name under which a plugin offers them.

    Raises:
        NotFoundError: If no plugin offers a name.
        InputError: If something is no generator, or two have the same name.
    """
    found: list[Generator] = []
    for one in wanted:
        loaded = plugins.load("statistics", one) if isinstance(one, str) else one
        generator = loaded() if isinstance(loaded, type) else loaded
        register(generator)
        found.append(generator)
    names = [generator.name for generator in found]
    repeated = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if repeated:
        raise InputError(f"two generators with the name {', '.join(repeated)}", expected="each name once")
    return tuple(found)


def measure_custom(
    table: Table, generators: Sequence[Generator], features: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Feature to the figures of all generators, by the name of each.

    Raises:
        InputError: If a generator tells of a feature that it was not asked about, or its figure is no plain value.
    """
    found: dict[str, dict[str, Any]] = {}
    for generator in generators:
        figures = generator.measure(table, features)
        unasked = [name for name in figures if name not in features]
        if unasked:
            raise InputError(
                f"generator {generator.name!r} tells of {', '.join(unasked)}",
                expected="only features it was asked about: " + ", ".join(features),
            )
        for name, figure in figures.items():
            found.setdefault(name, {})[generator.name] = _checked(figure, generator.name, name)
    return found


def _checked(figure: Any, generator: str, feature: str) -> Any:
    import msgspec

    try:
        plain = msgspec.to_builtins(figure)
    except TypeError:
        plain = math.nan
    if not _is_plain(plain):
        raise InputError(
            f"generator {generator!r} found {figure!r} for {feature!r}",
            expected="a finite number, text, bool, None, or lists and mappings (by text) of these",
        )
    return _plain(figure)


def _is_plain(figure: Any) -> bool:
    if isinstance(figure, Mapping):
        return all(isinstance(name, str) and _is_plain(value) for name, value in figure.items())
    if isinstance(figure, list | tuple):
        return all(map(_is_plain, figure))
    return figure is None or isinstance(figure, str | int) or (isinstance(figure, float) and math.isfinite(figure))


def _plain(figure: Any) -> Any:
    """As it will be read from a file."""
    import msgspec

    return msgspec.json.decode(msgspec.json.encode(figure))
