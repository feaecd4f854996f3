"""The graph: order, dependants, edges, and which part of it to run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.core.errors import InputError, NotFoundError
from mainspring.core.verdicts import Verdict
from mainspring.pipelines import Graph, RunStatus, at_exit, pipeline, step, when
from mainspring.pipelines.graph import Node, Ref, Selection, select


@step
def number(n: int = 1) -> int:
    return n


@step
def add(left: int, right: int = 0) -> int:
    return left + right


@step(gate=True)
def gate(number: int) -> Verdict:
    return Verdict.of("gate", [])


@step
def bye(status: RunStatus) -> None:
    return None


@pipeline
def diamond() -> None:
    top = number()
    left = add.named("left")(top)
    right = add.named("right")(top)
    add.named("bottom")(left, right)
    add.named("alone")(1)


def test_dependants_and_ancestors() -> None:
    graph = diamond.build()
    assert graph.dependants("number") == {"left", "right", "bottom"}
    assert graph.dependants("bottom") == set()
    assert graph.ancestors("bottom") == {"left", "right", "number"}
    assert graph.ancestors("alone") == set()


def test_edges() -> None:
    assert diamond.build().edges() == [
        ("number", "left", ""),
        ("number", "right", ""),
        ("left", "bottom", ""),
        ("right", "bottom", ""),
    ]


def test_edges_of_gates_and_conditions() -> None:
    @pipeline
    def gated() -> None:
        top = number()
        verdict = gate(top)
        add.named("below")(2)
        low = add.named("lower")(3)
        with when(verdict):
            add.named("inside")(low)
        at_exit(bye)

    assert set(gated.build().edges()) == {
        ("number", "gate", ""),
        ("gate", "below", ""),
        ("gate", "lower", ""),
        ("lower", "inside", ""),
        ("gate", "inside", ""),
    }


@pytest.mark.parametrize(
    ("start", "end", "only", "run", "reuse"),
    [
        ([], [], [], "number left right bottom alone", ""),
        (["left"], [], [], "left bottom", "number right"),
        (["left", "alone"], [], [], "left bottom alone", "number right"),
        ([], ["left"], [], "number left", ""),
        (["left"], ["left"], [], "left", "number"),
        (["number"], ["right"], [], "number right", ""),
        ([], [], ["bottom"], "bottom", "left right"),
        ([], [], ["left", "right"], "left right", "number"),
        ([], [], ["number"], "number", ""),
    ],
)
def test_selections(start: list[str], end: list[str], only: list[str], run: str, reuse: str) -> None:
    chosen = select(diamond.build(), start=start, end=end, only=only)
    assert chosen == Selection(frozenset(run.split()), frozenset(reuse.split()))


def test_steps_at_exit_always_run_and_need_nothing_from_before() -> None:
    @pipeline
    def ending() -> None:
        top = number()
        add(top)
        at_exit(add.named("bye"), left=top)

    assert select(ending.build(), only=["add"]) == Selection(frozenset({"add", "bye"}), frozenset({"number"}))
    assert select(ending.build(), end=["number"]) == Selection(frozenset({"number", "bye"}))
    alone = ending.build()
    assert select(alone, only=["number"]) == Selection(frozenset({"number", "bye"}))


def test_an_unknown_step() -> None:
    with pytest.raises(NotFoundError, match="no step 'lft', 'x'") as caught:
        select(diamond.build(), start=["lft"], end=["x"])
    assert caught.value.expected == "one of number, left, right, bottom, alone"


def test_only_with_from() -> None:
    with pytest.raises(InputError, match="--only was given together"):
        select(diamond.build(), start=["left"], only=["right"])


def test_nothing_between() -> None:
    with pytest.raises(InputError, match="no step lies between"):
        select(diamond.build(), start=["left"], end=["number"])


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any graph: each node needs some of those before it."""
    size = draw(st.integers(1, 9))
    nodes: dict[str, Node] = {}
    for place in range(size):
        before = draw(st.sets(st.integers(0, place - 1))) if place else set()
        bindings = {f"a{one}": Ref(f"n{one}") for one in before}
        nodes[f"n{place}"] = Node(f"n{place}", add, bindings)
    return Graph("any", {}, nodes)


@given(graphs(), st.data())
def test_a_selection_can_always_be_run(graph: Graph, data: st.DataObject) -> None:
    """What a chosen node needs is chosen too, or taken from before; and what is taken is not run."""
    names = st.sampled_from(list(graph.nodes))
    start, end = data.draw(st.lists(names, max_size=2)), data.draw(st.lists(names, max_size=2))
    try:
        chosen = select(graph, start=start, end=end)
    except InputError:
        return
    assert not chosen.run & chosen.reuse
    assert all(any(name in graph.nodes[other].needs for other in chosen.run) for name in chosen.reuse)
    for name in chosen.run:
        assert set(graph.nodes[name].needs) <= chosen.run | chosen.reuse
    if not start:
        assert chosen.reuse == set()


@given(graphs())
def test_dependants_are_the_converse_of_ancestors(graph: Graph) -> None:
    for one in graph.nodes:
        for other in graph.nodes:
            assert (other in graph.dependants(one)) == (one in graph.ancestors(other))
