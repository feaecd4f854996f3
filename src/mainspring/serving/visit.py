"""One node of a graph on the way of a request."""

from __future__ import annotations

import msgspec


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
