"""Exact Shapley values of sums of trees, in one pass over their leaves."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Bits = npt.NDArray[np.uint64]

MOST_PLAYERS = 64
"""Of one path from a root to a leaf: each is one bit."""

_AT_ONCE = 1 << 21


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Paths:
    """What leads to every leaf of every tree.

    Attributes:
        nodes: The nodes on the way, from the root on; -1 behind the last, shape ``[leaves, depth]``.
        yes: Whether the way goes on where a node's question is answered with yes, of the same shape.
        slots: Which of the leaf's players each node asks about, of the same shape.
        players: For each leaf the players that it depends on; -1 behind the last, shape ``[leaves, slots]``.
        values: What each leaf adds to each output, shape ``[leaves, outputs]``.
    """

    nodes: Ints
    yes: Bools
    slots: Ints
    players: Ints
    values: Floats

    @classmethod
    def of(cls, *, roots: Ints, left: Ints, right: Ints, player: Ints, values: Floats) -> Paths:
        """Walk trees that lie in flat arrays.

        Args:
            roots: The root of each tree, shape ``[trees]``.
            left: The child for yes, shape ``[nodes]``.
            right: The child for no.
            player: Who decides what a node asks, that is the raw column behind its feature; -1 for a leaf, shape
                ``[nodes]``. Features of one player are known together or not at all.
            values: What a leaf adds to each output, shape ``[nodes, outputs]``.

        Raises:
            InputError: If a path depends on more than :data:`MOST_PLAYERS` players.
        """
        found: list[tuple[int, list[tuple[int, bool]]]] = []
        waiting: list[tuple[int, list[tuple[int, bool]]]] = [(int(root), []) for root in roots[::-1]]
        while waiting:
            node, way = waiting.pop()
            if player[node] < 0:
                found.append((node, way))
            else:
                waiting.append((int(right[node]), [*way, (node, False)]))
                waiting.append((int(left[node]), [*way, (node, True)]))
        depth = max((len(way) for _, way in found), default=0)
        nodes, yes = np.full((len(found), depth), -1), np.zeros((len(found), depth), dtype=np.bool_)
        slots = np.zeros((len(found), depth), dtype=np.int64)
        named: list[list[int]] = []
        for place, (_, way) in enumerate(found):
            who = [int(player[node]) for node, _ in way]
            order = list(dict.fromkeys(who))
            nodes[place, : len(way)] = [node for node, _ in way]
            yes[place, : len(way)] = [answer for _, answer in way]
            slots[place, : len(way)] = [order.index(one) for one in who]
            named.append(order)
        width = max(map(len, named), default=0)
        if width > MOST_PLAYERS:
            raise InputError(f"a path of a tree asks about {width} features", expected=f"{MOST_PLAYERS} at most")
        players = np.full((len(found), width), -1)
        for place, order in enumerate(named):
            players[place, : len(order)] = order
        return cls(nodes=nodes, yes=yes, slots=slots, players=players, values=values[[leaf for leaf, _ in found]])

    def met(self, answers: Bools) -> Bits:
        """Which players of each leaf go its way, as bits.

        Args:
            answers: Whether each row answers each node with yes, shape ``[n, nodes]``.

        Returns:
            Shape ``[n, leaves]``; bit ``s`` stands for the player in slot ``s``.
        """
        astray = np.zeros((len(answers), len(self.nodes)), dtype=np.uint64)
        for step in range(self.nodes.shape[1]):
            there = self.nodes[:, step] >= 0
            wrong = (answers[:, self.nodes[:, step]] != self.yes[:, step]) & there
            astray |= wrong.astype(np.uint64) << self.slots[:, step].astype(np.uint64)
        return self.everyone & ~astray

    @property
    def everyone(self) -> Bits:
        """The bits of all players of each leaf, shape ``[leaves]``."""
        counts = (self.players >= 0).sum(axis=1)
        return np.array([(1 << int(count)) - 1 for count in counts], dtype=np.uint64)


def interventional_tree_shap(paths: Paths, answers: Bools, background: Bools, players: int) -> Floats:
    """The Shapley values of sums of trees, absent players taking the values of background rows.

    A leaf is reached by a mixture of a row and a background row if each of its players goes its way in the one or
    in the other; what it adds is then shared by who had to be there and who had to be away. Exact, and additive
    over trees and background rows. It is the sums that are shared, before any link: log-odds of boosted trees.

    Args:
        paths: From :meth:`Paths.of`.
        answers: Whether each row answers each node with yes, shape ``[n, nodes]``.
        background: The same of the background, shape ``[m, nodes]``.
        players: How many there are.

    Returns:
        Shape ``[n, players, outputs]``.

    Reference: S. M. Lundberg and others, *From local explanations to global understanding with explainable AI for
    trees*, Nature Machine Intelligence 2 (2020), the interventional variant.
    """
    rows, others = paths.met(answers), paths.met(background)
    width = paths.players.shape[1]
    present, absent = _weights(width)
    shares = np.zeros((len(rows), players, paths.values.shape[1]))
    at_once = max(1, _AT_ONCE // max(1, len(others)))
    for start in range(0, rows.shape[1], at_once):
        part = slice(start, start + at_once)
        whole, theirs = paths.everyone[part], others[:, part]
        who, values = paths.players[part], paths.values[part]
        for row in range(len(rows)):
            mine = rows[row, part]
            reached = (mine | theirs) == whole
            mine_only, theirs_only = mine & ~theirs, theirs & ~mine
            here, away = np.bitwise_count(mine_only), np.bitwise_count(theirs_only)
            gain = np.where(reached, present[here, away], 0.0)
            loss = np.where(reached, absent[here, away], 0.0)
            for slot in range(width):
                bit = np.uint64(1 << slot)
                share = np.where(mine_only & bit, gain, 0.0) - np.where(theirs_only & bit, loss, 0.0)
                known = who[:, slot] >= 0
                np.add.at(shares[row], who[known, slot], share.mean(axis=0)[known, None] * values[known])
    return shares


def _weights(most: int) -> tuple[Floats, Floats]:
    """What each player gets of a leaf that ``here`` players must join and ``away`` ones must not."""
    present, absent = np.zeros((most + 1, most + 1)), np.zeros((most + 1, most + 1))
    for here in range(most + 1):
        for away in range(most + 1 - here):
            # Orders in which all who must be here come before the last of them, and all who must be away after.
            if here:
                present[here, away] = 1 / (here * math.comb(here + away, here))
            if away:
                absent[here, away] = 1 / (away * math.comb(here + away, away))
    return present, absent
