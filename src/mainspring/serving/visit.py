"""One node of a graph on the way of a request."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


def path_of(visits: Sequence[Visit]) -> tuple[tuple[str, str, str], ...]:
    """The models among visits, each once: node, model and version."""
    return tuple(dict.fromkeys([(one.node, one.model, one.version) for one in visits if one.model]))


class Visit(msgspec.Struct, gc=False, omit_defaults=True):
    """That a request was at a node, and how it fared there.

    Attributes:
        node: The node, as ``node`` or, within a graph in a graph, ``outer/node``.
        model: The model that was asked there; empty for what is no model.
        version: Its version.
        began: When, by ``time.perf_counter``.
        seconds: How long it took.
        error: Why it failed; empty if it did not.
    """

    node: str
    model: str = ""
    version: str = ""
    began: float = 0.0
    seconds: float = 0.0
    error: str = ""
