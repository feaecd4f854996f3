from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.records import Direction, Kind, Link, LinkKind
from mainspring.store.walking import depth, reached

links = st.lists(
    st.builds(Link, st.sampled_from([LinkKind.INPUT, LinkKind.OUTPUT]), st.integers(1, 6), st.integers(1, 6)),
    max_size=25,
)


def distances(given_links: list[Link], start: tuple[Kind, int], way: Direction) -> dict[tuple[Kind, int], int]:
    """The textbook: relax all edges until nothing changes (Bellman 1958)."""
    edges = []
    for link in given_links:
        kinds = (Kind.ARTIFACT, Kind.EXECUTION) if link.kind is LinkKind.INPUT else (Kind.EXECUTION, Kind.ARTIFACT)
        ends = [(kinds[0], link.source), (kinds[1], link.target)]
        edges.append(ends if way is Direction.DOWN else ends[::-1])
    found = {start: 0}
    for _ in range(len(edges) + 1):
        for near, far in edges:
            if near in found and found[near] + 1 < found.get(far, 10**9):
                found[far] = found[near] + 1
    return found


@given(
    links,
    st.sampled_from([Kind.ARTIFACT, Kind.EXECUTION]),
    st.sampled_from(Direction),
    st.none() | st.integers(0, 6),
)
def test_a_walk_meets_what_is_near_enough_nearest_first(
    given_links: list[Link], kind: Kind, direction: Direction, deepest: int | None
) -> None:
    order = reached(given_links, kind, [3], direction, deepest)
    ways = [Direction.UP, Direction.DOWN] if direction is Direction.BOTH else [direction]
    far = [distances(given_links, (kind, 3), way) for way in ways]
    expected = {node for found in far for node, steps in found.items() if deepest is None or steps <= deepest}
    assert set(order) == expected
    assert len(order) == len(set(order))
    if direction is not Direction.BOTH:
        steps = [far[0][node] for node in order]
        assert steps == sorted(steps)


def test_a_hop_is_two_links() -> None:
    assert [depth(Kind.ARTIFACT, hops) for hops in (None, 0, 1, 2)] == [None, 0, 2, 4]
    assert [depth(Kind.EXECUTION, hops) for hops in (None, 0, 1, 2)] == [None, 0, 1, 3]
