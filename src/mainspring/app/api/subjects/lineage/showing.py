"""The lineage of an artifact or an execution, as boxes and arrows."""

from __future__ import annotations

from mainspring.app.api.desk import Desk
from mainspring.app.api.operation import operation
from mainspring.app.api.subjects.lineage.choosing import Choice, chosen
from mainspring.app.api.subjects.lineage.nouns import Graph, View, Way
from mainspring.app.api.subjects.lineage.walking import Start, Walk, walk
from mainspring.core.errors import InputError
from mainspring.core.records import Kind


@operation("lineage.show", "GET", "/lineage/{at}", command="mainspring lineage {at}")
def shown(
    desk: Desk,
    at: str,
    *,
    way: Way = "both",
    hops: int | None = None,
    view: View = "things",
    types: tuple[str, ...] = (),
    runs: tuple[str, ...] = (),
    states: tuple[str, ...] = (),
    since: float | None = None,
    until: float | None = None,
    code: bool = False,
    constants: bool = False,
    cached: bool = False,
) -> Graph:
    """What something came from, led to, or both, as boxes and arrows.

    Args:
        desk: Whose.
        at: ``artifact:12`` or ``execution:7``.
        way: ``up`` for what it came from, ``down`` for what came of it.
        hops: How many steps of a pipeline to walk; to the end by default.
        view: What the boxes are: ``things`` (artifacts, the steps being arrows), ``all`` (both), ``steps``, or one
            for each of the ``runs``, of the ``types``, or of the steps of a ``pipeline``.
        types: Only artifacts of these types.
        runs: Only what these runs made.
        states: Only what is in these states.
        since: Only what was made since then, in seconds since the epoch.
        until: Only what was made before then.
        code: Show code, which every step uses.
        constants: Show plain values.
        cached: Show steps that were not run again.
    """
    choice = Choice(
        view=view,
        types=types,
        runs=runs,
        states=states,
        since=since,
        until=until,
        code=code,
        constants=constants,
        cached=cached,
    )
    return chosen(walked(desk, at, way, hops), at, choice)


def walked(desk: Desk, at: str, way: Way, hops: int | None) -> Walk:
    """The walk that a question means.

    Raises:
        InputError: If what is asked about is not named as it should be, or there is no such number of hops.
        NotFoundError: If it is not in the record.
    """
    if hops is not None and hops < 0:
        raise InputError(f"{hops} hops", where="hops", expected="a number of at least 0, or nothing")
    return walk(desk, start_of(at), way, hops)


def start_of(at: str) -> Start:
    """What ``artifact:12`` stands for.

    Raises:
        InputError: If it stands for nothing.
    """
    kind, _, number = at.partition(":")
    if kind not in ("artifact", "execution") or not (number.isdecimal() and len(number) < 19):
        raise InputError(f"{at!r} names no artifact and no execution", expected="artifact:12 or execution:7")
    return Kind(kind), (int(number),)
