"""Exact Shapley values of sums of trees: a row goes down each tree once, beside all background rows together."""

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Paths:
    """Trees, and for each node the players that its way from the root depends on.

    Attributes:
        roots: The root of each tree, shape ``[trees]``.
        left: The child for yes, shape ``[nodes]``.
        right: The child for no, shape ``[nodes]``.
        bit: The player that a node asks about, as a bit that is its own on this path; 0 for a leaf, shape
            ``[nodes]``.
        players: For each node the players on its way; bit ``s`` stands for the one in slot ``s``, -1 behind the
            last, shape ``[nodes, slots]``.
        values: What a leaf adds to each output, shape ``[nodes, outputs]``.
    """

    roots: Ints
    left: Ints
    right: Ints
    bit: Bits
    players: npt.NDArray[np.int32]
    values: Floats

    @classmethod
    def of(cls, *, roots: Ints, left: Ints, right: Ints, player: Ints, values: Floats) -> Paths:
        """Walk trees that lie in flat arrays, level by level.

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
        bit = np.zeros(len(player), dtype=np.uint64)
        players = np.full((len(player), MOST_PLAYERS + 1), -1, dtype=np.int32)
        level, width = np.asarray(roots, dtype=np.int64), 0
        while len(level := level[player[level] >= 0]):
            known, who = players[level, : width + 1], player[level]
            met = known == who[:, None]
            slot = np.where(met.any(axis=1), met.argmax(axis=1), (known >= 0).sum(axis=1))
            width = max(width, int(slot.max()) + 1)
            if width > MOST_PLAYERS:
                raise InputError(
                    f"a path of a tree asks about {width} features", expected=f"{MOST_PLAYERS} at most"
                )
            bit[level] = np.uint64(1) << slot.astype(np.uint64)
            below = players[level, : width + 1]
            below[np.arange(len(level)), slot] = who
            players[left[level], : width + 1] = players[right[level], : width + 1] = below
            level = np.concatenate((left[level], right[level]))
        # Copied: a view would keep all of the slots that were not needed.
        return cls(roots=roots, left=left, right=right, bit=bit, players=players[:, :width].copy(), values=values)


def interventional_tree_shap(paths: Paths, answers: Bools, background: Bits, count: int, players: int) -> Floats:
    """The Shapley values of sums of trees, absent players taking the values of background rows.

    A leaf is reached by a mixture of a row and a background row if each of its players goes its way in the one or
    in the other; what it adds is then shared by who had to be there and who had to be away. Exact, and additive
    over trees and background rows. It is the sums that are shared, before any link: log-odds of boosted trees.

    The row goes down all trees at once. Where background rows part from it, they do so in two ways: the node's
    player must be there, and they go on with the row, or it must be away, and they go their own way. Background
    rows with the same history go on together, as bits of a set, so that only what differs costs time.

    Args:
        paths: From :meth:`Paths.of`.
        answers: Whether each row answers each node with yes, shape ``[n, nodes]``.
        background: The same of the background, from :func:`sets_of`, shape ``[nodes, words]``.
        count: How many rows the background has.
        players: How many there are.

    Returns:
        Shape ``[n, players, outputs]``.

    Reference: S. M. Lundberg and others, *From local explanations to global understanding with explainable AI for
    trees*, Nature Machine Intelligence 2 (2020), the interventional variant.
    """
    width = paths.players.shape[1]
    present, absent = _weights(width)
    shares = np.zeros((len(answers), players, paths.values.shape[1]))
    for place, row in enumerate(answers):
        leaf, rows, here, away = _reached(paths, row, background, count)
        sizes = np.bitwise_count(here), np.bitwise_count(away)
        for who, part in ((here, present[sizes] * rows / count), (away, -absent[sizes] * rows / count)):
            for slot in range(width):
                found = np.flatnonzero(who & np.uint64(1 << slot))
                ends, share = leaf[found], part[found]
                named = paths.players[ends, slot]
                for output in range(paths.values.shape[1]):
                    shares[place, :, output] += np.bincount(
                        named, share * paths.values[ends, output], minlength=players
                    )
    return shares


def sets_of(answers: Bools) -> Bits:
    """For each node the rows that answer it with yes, as bits.

    Args:
        answers: Shape ``[n, nodes]``.

    Returns:
        Shape ``[nodes, words]``, 64 rows in a word.
    """
    rows, nodes = answers.shape
    words = max(1, -(-rows // 64))
    packed = np.zeros((nodes, 8 * words), dtype=np.uint8)
    packed[:, : -(-rows // 8)] = np.packbits(answers, axis=0, bitorder="little").T
    sets: Bits = packed.view(np.uint64)
    return sets


def everyone(rows: int) -> Bits:
    """The set of all of so many rows, shape ``[words]``."""
    everybody: Bits = sets_of(np.ones((rows, 1), dtype=np.bool_))[0]
    return everybody


def _reached(paths: Paths, row: Bools, background: Bits, count: int) -> tuple[Ints, Ints, Bits, Bits]:
    """The leaves that mixtures of a row and background rows reach.

    Returns:
        The leaf, the number of background rows, the players who must be there and those who must be away.
    """
    mine, theirs = np.where(row, paths.left, paths.right), np.where(row, paths.right, paths.left)
    differ = np.where(row[:, None], ~background, background)
    node = np.asarray(paths.roots, dtype=np.int64)
    rows = np.tile(everyone(count), (len(node), 1))
    here = away = np.zeros(len(node), dtype=np.uint64)
    found: list[tuple[Ints, Ints, Bits, Bits]] = []
    while len(node):
        bit = paths.bit[node]
        ended = bit == 0
        if ended.any():
            # Where nobody had to be here or away the leaf is reached anyway: it is part of the base alone.
            done, on = np.flatnonzero(ended & ((here | away) != 0)), np.flatnonzero(~ended)
            sizes = np.bitwise_count(rows[done]).sum(axis=1, dtype=np.int64)
            found.append((node[done], sizes, here[done], away[done]))
            node, rows, here, away, bit = node[on], rows[on], here[on], away[on], bit[on]
        parting = rows & differ[node]
        parting[(here & bit) != 0] = 0
        split = parting.any(axis=1)
        whole, apart = np.flatnonzero(~split), np.flatnonzero(split)
        gone = parting[apart]
        left = rows[apart] & ~gone
        stay, joined = apart[left.any(axis=1)], apart[(away[apart] & bit[apart]) == 0]
        node, rows = (
            np.concatenate((mine[node[whole]], mine[node[stay]], mine[node[joined]], theirs[node[apart]])),
            np.concatenate((rows[whole], left[left.any(axis=1)], parting[joined], gone)),
        )
        here, away = (
            np.concatenate((here[whole], here[stay], here[joined] | bit[joined], here[apart])),
            np.concatenate((away[whole], away[stay], away[joined], away[apart] | bit[apart])),
        )
    if not found:
        nothing = np.empty(0, dtype=np.int64)
        return nothing, nothing, nothing.astype(np.uint64), nothing.astype(np.uint64)
    leaf, sizes, present, absent = (np.concatenate(part) for part in zip(*found, strict=True))
    return leaf, sizes, present, absent


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
