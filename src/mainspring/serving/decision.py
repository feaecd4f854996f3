"""Which of several ways a request was sent, and how likely that was."""

from __future__ import annotations

import msgspec


class Decision(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What a router decided about one request. It is logged with the request: without the propensity nobody could
    tell later what another policy would have been worth (Horvitz and Thompson, 1952).

    Attributes:
        router: Who decided: the name of the model whose rollout it is, or ``graph/node`` for a node of a graph.
        arm: What was chosen, by its name.
        propensity: How likely that was, for this request, from 0 to 1.
        policy: How it was chosen: ``canary``, ``split``, ``thompson`` …; ``forced`` if the caller named the arm.
        place: The number of the arm among its like.
        key: Stands for the caller, where an experiment deals arms by caller: a hash of the caller's key.
    """

    router: str
    arm: str
    propensity: float = 1.0
    policy: str = ""
    place: int = 0
    key: str = ""
