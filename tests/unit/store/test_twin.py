"""The twin in memory and SQLite do the same, whatever is asked of them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mainspring.core.errors import MainspringError
from mainspring.core.records import (
    Artifact,
    ArtifactState,
    Context,
    Direction,
    Execution,
    ExecutionState,
    Kind,
    Link,
    LinkKind,
    Node,
    NodeType,
    PropertyType,
)
from mainspring.store import Edge, Lineage, MetadataStore, Page, Store
from mainspring.store.adapters.sql import filters
from mainspring.store.adapters.sqlite import open_store
from mainspring.store.shapes import ENDS
from mainspring.testing import MemoryStore

PROPERTIES = {
    "count": PropertyType.INT,
    "rate": PropertyType.DOUBLE,
    "word": PropertyType.STRING,
    "flag": PropertyType.BOOLEAN,
    "more": PropertyType.STRUCT,
}
WORDS = ["a", "A", "b", "ab", "a%", "a_", "ä", "1", "true", "it's"]

words = st.sampled_from(WORDS)
scalars = st.one_of(st.integers(-3, 3), st.sampled_from([-1.0, 0.0, 0.5, 2.0]), words, st.booleans())
values = st.one_of(scalars, st.none(), st.lists(scalars, max_size=2), st.dictionaries(words, scalars, max_size=2))
customs = st.dictionaries(words, values, max_size=3)
properties = st.fixed_dictionaries(
    {},
    optional={
        "count": st.integers(-3, 3),
        "rate": st.sampled_from([-1.0, 0.0, 0.5, 2.0]),
        "word": words,
        "flag": st.booleans(),
        "more": st.dictionaries(words, scalars, max_size=2),
    },
)
common: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(["Base", "Heir"]),
    "properties": properties,
    "custom": customs,
    "external_id": st.none() | words,
}
nodes = st.one_of(
    st.builds(
        Artifact,
        name=st.none() | words,
        uri=st.none() | words,
        digest=st.none() | words,
        state=st.sampled_from(ArtifactState),
        **common,
    ),
    st.builds(Execution, name=st.none() | words, state=st.sampled_from(ExecutionState), **common),
    st.builds(Context, name=words, **common),
)
numbers = st.integers(0, 12)

operations = st.one_of(
    st.tuples(st.just("put"), st.lists(nodes, min_size=1, max_size=3)),
    st.tuples(st.just("change"), numbers, nodes),
    st.tuples(st.just("link"), st.sampled_from(LinkKind), numbers, numbers, words, st.integers(0, 1)),
    st.tuples(st.just("transition"), numbers, st.sampled_from(ExecutionState), properties, customs),
    st.tuples(st.just("lease"), numbers, words),
    st.tuples(st.just("delete"), st.sampled_from(Kind), st.lists(numbers, max_size=2)),
)


def fields(kind: Kind, prefix: str = "") -> st.SearchStrategy[str]:
    """Conditions on the fields of one kind of node."""
    literal = st.one_of(
        st.integers(-3, 3).map(str),
        st.sampled_from(["-1.0", "0.5", "2.0", "TRUE", "FALSE"]),
        words.map(lambda word: "'" + word.replace("'", "''") + "'"),
    )
    text = words.map(lambda word: "'" + word.replace("'", "''") + "'")
    column = st.sampled_from(
        [prefix + name for name in ("name", "external_id", "type")]
        + ([prefix + name for name in ("uri", "digest")] if kind is Kind.ARTIFACT else [])
    )
    place = st.sampled_from(
        [f"{prefix}properties.{name}" for name in PROPERTIES]
        + [f"{prefix}custom.`{word}`" for word in WORDS]
        + [f"{prefix}properties.more.a", f"{prefix}custom.a.b"]
    )
    compare = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
    pattern = st.sampled_from(["'a%'", "'%'", "'_'", r"'a\%'", "'%b'", "''"])
    states = {Kind.ARTIFACT: list(ArtifactState), Kind.EXECUTION: list(ExecutionState), Kind.CONTEXT: []}[kind]
    found = [
        st.tuples(column, compare, text),
        st.tuples(place, compare, literal).filter(
            lambda parts: parts[1] in ("=", "!=") or parts[2] not in ("TRUE", "FALSE")
        ),
        st.tuples(st.one_of(column, place), st.sampled_from(["LIKE", "NOT LIKE"]), pattern),
        st.tuples(st.one_of(column, place), st.sampled_from(["IS NULL", "IS NOT NULL"])),
        st.tuples(column, st.sampled_from(["IN", "NOT IN"]), st.lists(text, min_size=1, max_size=3).map(listed)),
        st.tuples(place, st.sampled_from(["IN", "NOT IN"]), st.lists(literal, min_size=1, max_size=3).map(listed)),
        st.tuples(
            st.just(f"{prefix}type"), st.sampled_from(["ISA", "NOT ISA"]), st.sampled_from(["'Base'", "'Heir'"])
        ),
    ]
    if states:
        state = st.sampled_from([state.value for state in states])
        found.append(st.tuples(st.just(f"{prefix}state"), st.sampled_from(["=", "!="]), state))
    return st.one_of(found).map(" ".join)


def listed(parts: list[str]) -> str:
    return f"({', '.join(parts)})"


def neighbours(kind: Kind) -> st.SearchStrategy[str]:
    from mainspring.store.query.syntax import RELATIONS, along_event

    def of(relation: str, alias: str) -> st.SearchStrategy[str]:
        found = fields(RELATIONS[kind][relation], f"{relation}.{alias}.")
        if along_event(kind, relation):
            return found | words.map(
                lambda word: f"{relation}.{alias}.link = '{word.replace(chr(39), chr(39) * 2)}'"
            )
        return found

    return st.tuples(st.sampled_from(sorted(RELATIONS[kind])), st.sampled_from("xy")).flatmap(
        lambda pair: of(*pair)
    )


def conditions(kind: Kind) -> st.SearchStrategy[str]:
    return st.recursive(
        st.one_of(fields(kind), neighbours(kind)),
        lambda inner: st.one_of(
            inner.map(lambda part: f"NOT ({part})"),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' AND '.join(parts)})"),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({' OR '.join(parts)})"),
        ),
        max_leaves=6,
    )


questions = st.sampled_from(list(Kind)).flatmap(lambda kind: st.tuples(st.just(kind), conditions(kind)))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("twin") / "record.db"


@pytest.fixture(params=[filters.FEW, 1])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many ids are looked up before a question is asked: with one, the other plan is taken."""
    monkeypatch.setattr(filters, "FEW", request.param)
    return int(request.param)


@contextlib.contextmanager
def twins(path: Path) -> Iterator[tuple[Store, Store]]:
    for file in path.parent.iterdir():
        file.unlink()
    with contextlib.closing(open_store(f"sqlite:///{path}?synchronous=off")) as sqlite:
        both = (MemoryStore(), sqlite)
        for store in both:
            for kind in Kind:
                store.put_type(NodeType(kind=kind, name="Base", properties=PROPERTIES))
                store.put_type(NodeType(kind=kind, name="Heir", base="Base"))
        yield both


def perform(store: MetadataStore, operation: tuple[Any, ...]) -> Any:
    """Do one thing; gives the answer without times, or the kind of error."""
    try:
        match operation:
            case ("put", given_nodes):
                return timeless(store.publish(given_nodes))
            case ("change", number, node):
                kind = {Artifact: Kind.ARTIFACT, Execution: Kind.EXECUTION, Context: Kind.CONTEXT}[type(node)]
                (old,) = store.get(kind, [number])
                return timeless(store.publish([replace(node, id=number, type=old.type)]))
            case ("link", kind, source, target, name, position):
                ends = [
                    store.get(end, [number])[0] for end, number in zip(ENDS[kind], (source, target), strict=True)
                ]
                return timeless(store.publish([], [Edge(kind, *ends, name, position)]))
            case ("transition", number, state, given_properties, custom):
                return timeless([store.transition(number, state, properties=given_properties, custom=custom)])
            case ("lease", number, worker):
                return timeless([store.lease(number, worker, 1000)])
            case ("delete", kind, numbers):
                return store.delete(kind, numbers)
    except MainspringError as error:
        return type(error).__name__
    raise AssertionError(operation)


def timeless(answer: Any) -> Any:
    if isinstance(answer, Lineage):
        return list(answer.nodes), timeless(list(answer.nodes.values())), timeless(answer.links)
    if isinstance(answer, Page):
        return timeless(answer.items), answer.next is None
    changed = []
    for one in answer:
        if isinstance(one, Link):
            changed.append(replace(one, created_at=0.0))
        else:
            times: dict[str, Any] = {"created_at": 0.0, "updated_at": 0.0}
            if isinstance(one, Execution):
                times["lease_until"] = one.lease_until and 1.0
            changed.append(replace(one, **times))
    return changed


def everything(store: MetadataStore) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Questions to which the twins must give one answer."""
    for kind in Kind:
        for order_by in ("id", "name"):
            for descending in (False, True):
                yield (
                    "find",
                    lambda k=kind, o=order_by, d=descending: store.find(k, order_by=o, descending=d, limit=3),
                )
        every = [node.id or 0 for node in store.find(kind).items]
        yield "links", lambda k=kind, e=every: store.links(k, e)
        for direction in Direction:
            for hops in (None, 0, 1, 2):
                if kind is not Kind.CONTEXT:
                    yield (
                        "lineage",
                        lambda k=kind, e=every, d=direction, h=hops: store.lineage(k, e[:2], direction=d, hops=h),
                    )


relaxed = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@settings(relaxed, max_examples=60)
@given(st.lists(operations, min_size=5, max_size=30))
def test_the_same_operations_give_the_same_answers_and_errors(path: Path, steps: list[tuple[Any, ...]]) -> None:
    with twins(path) as (memory, sqlite):
        for step in steps:
            assert perform(memory, step) == perform(sqlite, step), step
        for (name, one), (_, other) in zip(everything(memory), everything(sqlite), strict=True):
            assert timeless(one()) == timeless(other()), name


@settings(relaxed, max_examples=12)
@given(
    st.lists(nodes, min_size=4, max_size=10),
    st.lists(st.tuples(st.sampled_from(LinkKind), numbers, numbers, words), max_size=15),
    st.lists(questions, min_size=10, max_size=20),
)
def test_the_same_filters_find_the_same_nodes(
    path: Path, few: int, given_nodes: list[Node], edges: list[Any], asked: list[tuple[Kind, str]]
) -> None:
    unique = [
        replace(node, name=f"{node.name} {n}" if n % 2 else node.name or "x", external_id=None)
        for n, node in enumerate(given_nodes)
    ]
    with twins(path) as both:
        for store in both:
            for node in unique:
                with contextlib.suppress(MainspringError):
                    store.publish([node])
            for kind, source, target, name in edges:
                perform(store, ("link", kind, source, target, name, 0))
        memory, sqlite = both
        for kind, where in asked:
            assert timeless(memory.find(kind, where)) == timeless(sqlite.find(kind, where)), where
