"""What becomes of a request on its way through a graph."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
from tests.unit.serving.graphs.small import Server, function, of_class

from mainspring.core.errors import NotFoundError
from mainspring.serving.call import Call
from mainspring.serving.graphs.combining import CombineStep
from mainspring.serving.graphs.graph import Case, Graph, Node
from mainspring.serving.graphs.parting import Answer
from mainspring.serving.graphs.plan import Record, Way
from mainspring.serving.graphs.running import TaskWalk, at_once
from mainspring.serving.limits import ModelLimits
from mainspring.serving.predictor import ModelError
from mainspring.serving.problems import DeadlineError, OverloadedError
from mainspring.serving.tensor_models.model import TensorModel

Serving = Callable[..., Server]


def slow(name: str, seconds: float = 0.2, **more: Any) -> Any:
    def calls(x: Any) -> Any:
        time.sleep(seconds)
        return x + 1

    found = function(name, calls, **more)
    found.quick = False
    return found


def plus(name: str, number: float, **more: Any) -> Any:
    return function(name, lambda **given: sum(given.values()) + number, **more)


def broken(name: str = "broken") -> Any:
    def calls(x: Any) -> Any:
        raise ValueError("it is broken")

    return function(name, calls)


def test_nobody_is_asked_whose_answer_nobody_needs(serving: Serving) -> None:
    server = serving(plus("one", 1), plus("ten", 10), plus("hundred", 100))
    graph = server.graph(
        small=Node(model="one"),
        large=Node(model="ten"),
        more=Node(model="hundred", reads="large"),
        which=Node(switch=(Case(to="small", when="x < 5"), Case(to="more"))),
    )
    assert server.now(graph, x=[1.0]) == {"y": [2.0]}
    assert server.way == ["small", "which"]
    assert server.now(graph, x=[5.0]) == {"y": [115.0]}
    assert server.way == ["large", "more", "which"]
    (decision,) = server.last.decisions
    assert (decision.router, decision.arm, decision.propensity, decision.policy, decision.place) == (
        "g/which",
        "more",
        1.0,
        "switch",
        1,
    )


def test_a_visit_tells_who_was_asked_and_for_how_long(serving: Serving) -> None:
    server = serving(plus("one", 1), slow("two", 0.05))
    graph = server.graph(first=Node(model="one"), second=Node(model="two", reads={"x": "first.y"}))
    server.now(graph, x=[1.0])
    first, second = server.last.visits
    assert (first.node, first.model, first.version, first.error) == ("first", "one", "1", "")
    assert second.seconds >= 0.05 > first.seconds
    assert first.began + first.seconds <= second.began


def test_nodes_that_need_nothing_of_each_other_work_at_once(serving: Serving) -> None:
    server = serving(slow("a"), slow("b"), slow("c"))
    nodes = {name: Node(model=name) for name in "abc"}
    graph = server.graph(**nodes, sum=Node(combine="average", reads=tuple(nodes)))
    began = time.perf_counter()
    assert server.now(graph, x=[1.0, 2.0]) == {"y": [2.0, 3.0]}
    assert time.perf_counter() - began < 0.5


def test_a_node_that_several_read_is_asked_once(serving: Serving) -> None:
    server = serving(slow("base", 0.02), plus("one", 1), plus("two", 2), plus("sum", 0, inputs="a b"))
    graph = server.graph(
        base=Node(model="base"),
        left=Node(model="one", reads="base"),
        right=Node(model="two", reads="base"),
        both=Node(model="sum", reads={"a": "left.y", "b": "right.y"}),
    )
    assert server.now(graph, x=[1.0]) == {"y": [7.0]}
    assert sorted(server.way) == ["base", "both", "left", "right"]


def test_a_soft_node_that_fails_or_is_late_holds_up_nobody(serving: Serving) -> None:
    server = serving(broken(), slow("late", 0.6), plus("one", 1))
    graph = server.graph(
        broken=Node(model="broken", soft=True),
        late=Node(model="late", soft=True, timeout=0.05),
        sure=Node(model="one"),
        best=Node(combine="first", reads=("broken", "late", "sure")),
    )
    began = time.perf_counter()
    found = asyncio.run(server.ask(graph, x=[1.0]))
    assert time.perf_counter() - began < 0.5
    assert found.outputs["y"].tolist() == [2.0]
    assert found.tags == {"broken.error": "the model failed: ValueError: it is broken", "late.error": "late"}
    errors = {visit.node: bool(visit.error) for visit in server.last.visits}
    assert errors == {"broken": True, "late": True, "sure": False, "best": False}


def test_an_error_names_the_node(serving: Serving) -> None:
    server = serving(broken())
    graph = server.graph(outer=Node(graph=Graph(nodes={"inner": Node(model="broken")})))
    with pytest.raises(ModelError, match="node outer/inner, broken 1: the model failed: ValueError: it is broken"):
        server.now(graph, x=[1.0])
    assert [visit.node for visit in server.last.visits if visit.error] == ["outer/inner", "outer"]


@pytest.mark.parametrize("who", ["node", "graph", "caller"])
def test_the_earliest_deadline_counts(serving: Serving, who: str) -> None:
    server = serving(slow("late", 0.4))
    graph = server.graph(late=Node(model="late", timeout=0.05 if who == "node" else 9.0))
    deadline = time.perf_counter() + (0.05 if who == "caller" else 9.0)
    with pytest.raises(DeadlineError, match="no answer within"):
        asyncio.run(server.ask(graph, deadline=deadline, timeout=0.05 if who == "graph" else 9.0, x=[1.0]))


def test_who_gives_up_lets_go_of_all_nodes(serving: Serving) -> None:
    server = serving(slow("a", 0.3), slow("b", 0.3))
    graph = server.graph(a=Node(model="a"), b=Node(model="b"), both=Node(combine="vote", reads=("a", "b")))

    async def leave() -> None:
        asking = asyncio.create_task(server.ask(graph, x=[1.0]))
        await asyncio.sleep(0.05)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert not [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
        assert [one.in_flight for one in server.repository] == [0, 0]

    asyncio.run(leave())


def test_a_condition_that_does_not_hold_leaves_a_node_out(serving: Serving) -> None:
    server = serving(plus("one", 1), plus("ten", 10))
    graph = server.graph(
        careful=Node(model="ten", when="x > 100"),
        usual=Node(model="one"),
        best=Node(combine="first", reads=("careful", "usual")),
    )
    # Rows go different ways, and come back in their order.
    assert server.now(graph, x=[1.0, 200.0, 3.0]) == {"y": [2.0, 210.0, 4.0]}
    alone = server.graph(careful=Node(model="ten", when="x > 100"))
    with pytest.raises(NotFoundError, match="no node of graph 'g' has an answer to this"):
        server.now(alone, x=[1.0])
    with pytest.raises(NotFoundError, match="for some rows only: none for row 1"):
        server.now(alone, x=[101.0, 1.0])


def test_a_switch_without_a_way_out_is_not_found(serving: Serving) -> None:
    server = serving(plus("one", 1))
    graph = server.graph(one=Node(model="one"), which=Node(switch=(Case(to="one", when="x > 0"),)))
    with pytest.raises(NotFoundError, match="node which: no case of the switch holds for row 1"):
        server.now(graph, x=[1.0, -1.0])


def test_chance_deals_as_the_shares_say_and_tells_how_likely_that_was(serving: Serving) -> None:
    server = serving(plus("one", 1), plus("ten", 10))
    graph = server.graph(one=Node(model="one"), ten=Node(model="ten"), which=Node(split={"one": 30, "ten": 10}))
    found = {}
    for _ in range(400):
        server.now(graph, x=[1.0])
        (decision,) = server.last.decisions
        found[decision.arm] = found.get(decision.arm, 0) + 1
        assert decision.propensity == {"one": 0.75, "ten": 0.25}[decision.arm]
        assert decision.policy == "split"
    assert 240 < found["one"] < 360  # five standard deviations


@pytest.mark.parametrize(
    ("branch", "answer", "way"),
    [
        (0, [2.0], ["one", "which"]),
        (1, [11.0], ["ten", "which"]),
        (-1, [13.0], ["one", "ten", "which"]),  # aggregate adds them up
        (-2, [1.0], ["which"]),  # the request itself
    ],
)
def test_a_class_routes(serving: Serving, branch: int, answer: list[float], way: list[str]) -> None:
    server = serving(of_class("router", "Seldon", branch=branch), plus("one", 1), plus("ten", 10))
    graph = server.graph(
        one=Node(model="one"),
        ten=Node(model="ten"),
        which=Node(model="router", method="route", branches=("one", "ten")),
    )
    (found,) = server.now(graph, x=[1.0]).values()
    assert found == answer
    assert sorted(server.way) == way
    assert [one.place for one in server.last.decisions] == [branch]


@pytest.mark.parametrize("branch", [2, -3])
def test_a_class_that_routes_to_nowhere_is_to_blame(serving: Serving, branch: int) -> None:
    server = serving(of_class("router", "Seldon", branch=branch), plus("one", 1), plus("ten", 10))
    graph = server.graph(
        one=Node(model="one"),
        ten=Node(model="ten"),
        which=Node(model="router", method="route", branches=("one", "ten")),
    )
    with pytest.raises(ModelError, match=f"routes to branch {branch}, and the node has 2"):
        server.now(graph, x=[1.0])
    assert server.last.status == 500


def test_every_method_of_a_class_is_a_node(serving: Serving) -> None:
    server = serving(of_class("seldon", "Seldon"), plus("one", 1))
    graph = server.graph(
        before=Node(model="seldon", method="transform_input"),
        one=Node(model="one", reads={"x": "before.output"}),
        times=Node(model="seldon", reads="before"),
        both=Node(model="seldon", method="aggregate", reads=("one", "times")),
        after=Node(model="seldon", method="transform_output", reads="both"),
    )
    # x + 1 = 4; 4 + 1 = 5 and 4 * 10 = 40; 45; 90
    assert server.now(graph, x=[3.0]) == {"output": [90.0]}
    assert server.last.prediction is not None
    assert server.last.prediction.tags == {"seldon": 0}


def test_nodes_besides_are_told_of_in_tags(serving: Serving) -> None:
    server = serving(plus("one", 1), function("odd", lambda x: x > 100, outputs="odd:BOOL"))
    graph = server.graph(one=Node(model="one"), outlier=Node(model="odd"), answers="one", also=["outlier"])
    assert asyncio.run(server.ask(graph, x=[1.0])).tags == {"outlier.odd": False}
    assert asyncio.run(server.ask(graph, x=[1.0, 200.0])).tags == {"outlier.odd": [False, True]}


def test_the_limits_of_a_member_hold_within_a_graph(serving: Serving) -> None:
    server = serving(slow("one", 0.2), limits={"one": ModelLimits(max_requests=1)})
    graph = server.graph(one=Node(model="one"))

    async def several() -> list[Any]:
        asking = [server.ask(graph, x=[float(number)]) for number in range(3)]
        return await asyncio.gather(*asking, return_exceptions=True)

    found = asyncio.run(several())
    assert sorted(type(one).__name__ for one in found) == ["OverloadedError", "OverloadedError", "Prediction"]
    assert isinstance(found[1], OverloadedError)
    assert "node one" in str(found[1])


def test_a_combiner_votes_and_averages(serving: Serving) -> None:
    labels = {
        name: function(name, lambda x, word=word: np.array([word] * len(x), dtype=object), outputs="label:BYTES")
        for name, word in (("a", "spam"), ("b", "ham"), ("c", "ham"))
    }
    server = serving(*labels.values(), plus("one", 1), plus("ten", 10, outputs="z"))
    nodes = {name: Node(model=name) for name in "abc"}
    assert server.now(server.graph(**nodes, v=Node(combine="vote", reads=("a", "b", "c"))), x=[1.0]) == {
        "label": ["ham"]
    }
    heavy = server.graph(**nodes, v=Node(combine="vote", reads=("a", "b", "c"), weights=(3, 1, 1)))
    assert server.now(heavy, x=[1.0]) == {"label": ["spam"]}
    # Of as many votes for each, what was said first.
    nodes.pop("c")
    assert server.now(server.graph(**nodes, v=Node(combine="vote", reads=("a", "b"))), x=[1.0]) == {
        "label": ["spam"]
    }
    mean = server.graph(
        one=Node(model="one"),
        ten=Node(model="ten"),
        m=Node(combine="average", reads=("one", "ten"), weights=(2, 1)),
    )
    assert server.now(mean, x=[0.0]) == {"y": [4.0]}  # (2 * 1 + 10) / 3
    merged = server.graph(
        one=Node(model="one"), ten=Node(model="ten"), m=Node(combine="merge", reads=("one", "ten"))
    )
    assert server.now(merged, x=[0.0]) == {"one.y": [1.0], "ten.z": [10.0]}


def test_a_soft_node_does_without_what_may_be_missing(serving: Serving) -> None:
    sums = of_class("sum", "Affine", inputs="a b:FP32", outputs="y")
    server = serving(sums, broken(), plus("one", 1), function("single", lambda y: y, "y", "y:FP32"))

    def graph(*, soft: bool) -> Any:
        return server.graph(
            broken=Node(model="broken", soft=True),
            single=Node(model="single", reads="broken"),
            one=Node(model="one"),
            sum=Node(model="sum", reads={"a": "one.y", "b": "single.y"}, soft=soft),
        )

    assert np.isnan(server.now(graph(soft=True), x=[1.0])["y"]).all()
    with pytest.raises(NotFoundError, match="has an answer to this; broken failed: ModelError"):
        server.now(graph(soft=False), x=[1.0])


@pytest.mark.parametrize("how", ["first", "average", "vote"])
def test_the_only_output_is_called_as_promised_whoever_answers(serving: Serving, how: Any) -> None:
    server = serving(broken(), plus("ten", 10, outputs="z"))
    graph = server.graph(
        broken=Node(model="broken", soft=True),
        ten=Node(model="ten"),
        one=Node(combine=how, reads=("broken", "ten")),
    )
    assert [one.name for one in graph.outputs] == ["y"]
    assert server.now(graph, x=[0.0]) == {"y": [10.0]}


def test_what_is_told_of_parts_of_the_rows_is_told_row_by_row(serving: Serving) -> None:
    server = serving(plus("one", 1), plus("ten", 10))
    inner = Graph(nodes={"besides": Node(model="ten"), "end": Node(model="one")}, also=("besides",))
    graph = server.graph(
        inner=Node(graph=inner),
        up=Node(model="one", reads="inner"),
        down=Node(model="ten", reads="inner"),
        way=Node(switch=(Case(to="up", when="x > 0"), Case(to="down"))),
        seen=Node(model="one", when="x > 1"),
        answers="way",
        also=("seen",),
    )
    found = asyncio.run(server.ask(graph, x=[1.0, -1.0, 2.0]))
    assert found.outputs["y"].tolist() == [3.0, 10.0, 4.0]
    assert found.tags == {"inner/besides.y": [11.0, 9.0, 12.0], "seen.y": [None, None, 3.0]}


def test_routers_but_switches_decide_once_though_rows_go_different_ways(serving: Serving) -> None:
    server = serving(plus("one", 1), plus("slow", 10))
    inner = Graph(
        nodes={"one": Node(model="one"), "ten": Node(model="slow"), "deal": Node(split={"one": 1, "ten": 1})}
    )
    graph = server.graph(
        inner=Node(graph=inner),
        up=Node(model="one", reads="inner"),
        down=Node(model="slow", reads="inner"),
        way=Node(switch=(Case(to="up", when="x > 0"), Case(to="down"))),
    )
    for _ in range(12):  # by chance the same in every part, otherwise, once in 4096
        server.now(graph, x=[1.0, -1.0])
        dealt = [one for one in server.last.decisions if one.policy == "split"]
        assert [one.router for one in dealt] == ["g/inner/deal"]


def test_an_error_has_the_path_of_its_node_also_in_a_graph_that_is_a_member(serving: Serving) -> None:
    server = serving(broken())
    inner = server.graph("inner", inside=Node(graph=Graph(nodes={"bad": Node(model="broken")})))
    again = serving(*[one.model for one in server.repository], inner)
    for quick in (True, False):  # at once, and in tasks
        for one in again.repository:
            if isinstance(one.model, TensorModel):
                one.model.quick = quick
        graph = again.graph(deep=Node(model="inner"))
        for _ in range(2):
            with pytest.raises(ModelError, match=r"^node deep/inside/bad, broken 1: the model failed"):
                again.now(graph, x=[1.0])


def test_errors_name_the_rows_as_the_request_has_them(serving: Serving) -> None:
    server = serving(plus("one", 1))
    graph = server.graph(
        one=Node(model="one"),
        large=Node(model="one"),
        second=Node(switch=(Case(to="large", when="x > 10"),)),
        first=Node(switch=(Case(to="one", when="x < 0"), Case(to="second"))),
    )
    with pytest.raises(NotFoundError, match="node second: no case of the switch holds for row 3"):
        server.now(graph, x=[-1.0, 11.0, -3.0, 5.0])


def test_a_row_without_an_answer_has_no_label_and_no_vote() -> None:
    gap = float("nan")
    first = Answer({"label": texts("a", None), "probabilities": np.array([[0.9, 0.1], [gap, gap]])}, 2)
    other = Answer({"label": texts("b", "b"), "probabilities": np.array([[0.2, 0.8], [0.3, 0.7]])}, 2)

    class Known:
        def known(self, place: int) -> Answer:
            return (first, other)[place]

    def combined(how: Any) -> list[Any]:
        step = CombineStep(
            name="c", place=2, how=how, sources=((0, "", "one"), (1, "", "other")), labels=("a", "b")
        )
        found = at_once(step.answer(cast("Way", Known())))
        return [] if found is None else found.columns["label"].tolist()

    assert combined("average") == ["a", None]
    assert combined("vote") == ["a", "b"]


def texts(*values: str | None) -> Any:
    return np.array(values, dtype=object)


def test_errors_of_nodes_that_nobody_waits_for_any_more_are_not_complained_of(serving: Serving) -> None:
    graph = serving(plus("one", 1)).graph(one=Node(model="one"))
    complaints: list[Any] = []

    async def fails() -> Any:
        raise ModelError("it is broken")

    async def stays() -> Any:
        try:
            await asyncio.sleep(10)
        finally:
            await asyncio.sleep(0.01)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        walk = TaskWalk(graph._plan, Call("v2", "g"), Answer({}, 1), Record())
        walk.tasks = {loop.create_task(fails()), loop.create_task(stays())}
        await asyncio.sleep(0)
        leaving = loop.create_task(walk._let_go())
        await asyncio.sleep(0)
        leaving.cancel()  # the caller goes away while its nodes are let go of
        await asyncio.gather(leaving, return_exceptions=True)
        await asyncio.sleep(0.02)
        gc.collect()

    asyncio.run(main())
    assert not complaints
