"""Find: filters and pages."""

# A suite is made of asserts, and the name of a test is its promise.
# ruff: noqa: D102, S101

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from mainspring.core.errors import InputError
from mainspring.core.records import (
    Artifact,
    ArtifactState,
    Context,
    Execution,
    ExecutionState,
    Kind,
    LinkKind,
    NodeType,
    PropertyType,
)
from mainspring.store.ports import Edge, MetadataStore
from mainspring.testing.conformance.examples import declare, put_artifact, put_context, put_execution

FIELDS: list[tuple[str, str]] = [
    ("", "data m1 m2 m3"),
    ("state = LIVE AND properties.accuracy > 0.9 AND contexts.c.name = 'taxi'", "m1"),
    ("name = 'm1'", "m1"),
    ("name != 'm1'", "data m2 m3"),
    ("name < 'm'", "data"),
    ("name >= 'm2'", "m2 m3"),
    ("NOT name = 'm1'", "data m2 m3"),
    ("name IN ('m1', 'm3', 'zz')", "m1 m3"),
    ("name NOT IN ('m1', 'm3')", "data m2"),
    ("name LIKE 'm%'", "m1 m2 m3"),
    ("name LIKE '_1'", "m1"),
    ("name LIKE 'M%'", ""),
    ("name NOT LIKE 'm%'", "data"),
    (r"uri LIKE '%\_1'", "data"),
    (r"uri LIKE '%t_\_1'", "data"),
    (r"properties.word LIKE '%100\%'", "m3"),
    ("properties.word = 'it''s 100%'", "m3"),
    ("uri LIKE '%[a]%' OR uri LIKE '%*%' OR uri LIKE '%?%'", ""),
    ("id > :first", "m1 m2 m3"),
    ("id IN (:first, :last)", "data m3"),
    ("id != :first AND NOT id = :last", "m1 m2"),
    ("type = 'Thing'", "data"),
    ("type != 'Thing'", "m1 m2 m3"),
    ("type ISA 'Thing'", "data m1 m2 m3"),
    ("type ISA 'Special'", "m1 m2 m3"),
    ("type NOT ISA 'Special'", "data"),
    ("NOT type ISA 'Special'", "data"),
    ("type ISA 'Nothing' OR type = 'Nothing'", ""),
    ("type IN ('Special', 'Nothing')", "m1 m2 m3"),
    ("type_version = ''", "data m1 m2 m3"),
    ("digest IN ('d1', 'd2')", "m1 m2"),
    ("digest IS NULL", "m3"),
    ("digest IS NOT NULL", "data m1 m2"),
    ("NOT digest IS NULL", "data m1 m2"),
    ("digest != 'd1'", "data m2"),
    ("uri IS NULL AND NOT (digest = 'd1')", "m2"),
    ("external_id = 'x'", "data"),
    ("state = 'PENDING'", "m3"),
    ("state IN (PENDING, 'REFERENCE')", "data m3"),
    ("state != LIVE", "data m3"),
    ("properties.accuracy >= 0.5 AND properties.accuracy <= 0.95", "m1 m2"),
    ("properties.accuracy = 1", "m3"),
    ("properties.accuracy != 1", "m1 m2"),
    ("NOT properties.accuracy = 1", "m1 m2"),
    ("NOT (properties.accuracy > 0.5)", "m2"),
    ("NOT NOT properties.accuracy > 0.5", "m1 m3"),
    ("properties.accuracy IN (0.5, 1)", "m2 m3"),
    ("properties.accuracy NOT IN (0.5, 1)", "m1"),
    ("properties.accuracy IS NULL", "data"),
    ("properties.accuracy > '0'", ""),
    ("properties.count > -2", "m1 m2"),
    ("properties.count = 3e0", "m1"),
    ("properties.flag = TRUE", "m1"),
    ("properties.flag = false", "m2"),
    ("properties.flag != TRUE", "m2"),
    ("NOT properties.flag = TRUE", "m2"),
    ("properties.flag IN (TRUE, FALSE)", "m1 m2"),
    ("properties.flag = 1", ""),
    ("properties.flag = 'true'", ""),
    ("properties.more.n = 5", "m3"),
    ("properties.more.a.b IS NOT NULL", "m3"),
    ("properties.more.a.b = 1", ""),
    ("properties.more.a.b.`0` IS NOT NULL", ""),
    ("properties.more.a.zz IS NULL", "data m1 m2 m3"),
    ("custom.`learning rate` < 0.2", "m3"),
    ("custom.none IS NULL", "data m1 m2 m3"),
    ("custom.tag = 'x'", "m3"),
    ("custom.tag > 'w' AND custom.tag < 'y'", "m3"),
    ("custom.mixed = 5", ""),
    ("custom.mixed = '5'", "m3"),
    ("custom.mixed IN (5, '5', TRUE)", "m3"),
    ("name = 'm1' OR name = 'm2' AND properties.accuracy > 0.9", "m1"),
    ("(name = 'm1' OR name = 'm2') AND properties.accuracy < 0.9", "m2"),
    ("NOT (name = 'm1' OR name = 'm2')", "data m3"),
    ("NOT (name = 'm1' AND digest = 'd1')", "data m2 m3"),
    ("created_at > '2020-01-01' AND updated_at < '2999-12-31T23:59:59Z'", "data m1 m2 m3"),
    ("created_at < 1e9", ""),
    ("  name\n = \t'm1'  ", "m1"),
]
"""Filters of artifacts, and the names of those that they find in the library below."""

NEIGHBOURS: list[tuple[Kind, str, str]] = [
    (Kind.ARTIFACT, "contexts.c.name = 'iris'", "m3"),
    (Kind.ARTIFACT, "contexts.c.type = 'Thing'", "data m1 m2"),
    (Kind.ARTIFACT, "contexts.c.type ISA 'Thing'", "data m1 m2 m3"),
    (Kind.ARTIFACT, "contexts.c.properties.word = 'test'", "m3"),
    (Kind.ARTIFACT, "contexts.c.name = 'taxi' AND contexts.c.properties.word = 'test'", ""),
    (
        Kind.ARTIFACT,
        "contexts.c.name = 'taxi' AND contexts.d.properties.word = 'production'",
        "data m1 m2",
    ),
    (Kind.ARTIFACT, "contexts.c.name = 'taxi' OR contexts.c.name = 'iris'", "data m1 m2 m3"),
    (Kind.ARTIFACT, "NOT contexts.c.name = 'taxi'", "m3"),
    (Kind.ARTIFACT, "contexts.c.name != 'taxi'", "m3"),
    (Kind.ARTIFACT, "contexts.c.id > 0 AND NOT contexts.c.name = 'taxi'", "m3"),
    (Kind.ARTIFACT, "producers.p.name = 't1'", "m1"),
    (Kind.ARTIFACT, "producers.p.state = FAILED", "m2"),
    (Kind.ARTIFACT, "producers.p.link = 'model'", "m1 m3"),
    (Kind.ARTIFACT, "producers.p.link = 'model' AND producers.p.state = RUNNING", "m3"),
    (Kind.ARTIFACT, "NOT producers.p.id > 0", "data"),
    (Kind.ARTIFACT, "consumers.c.name = 't1'", "data"),
    (Kind.ARTIFACT, "executions.e.name = 't1'", "data m1"),
    (Kind.ARTIFACT, "NOT executions.e.name = 't1'", "m2 m3"),
    (Kind.ARTIFACT, "executions.e.name = 't1' AND executions.e.link = 'model'", "m1"),
    (Kind.ARTIFACT, "consumers.c.name = 't1' AND producers.c.name = 't1'", ""),
    (Kind.EXECUTION, "contexts.c.name = 'taxi'", "t1 t2"),
    (Kind.EXECUTION, "inputs.i.name = 'data'", "t1 t2 t3"),
    (Kind.EXECUTION, "outputs.o.properties.accuracy > 0.9", "t1 t3"),
    (
        Kind.EXECUTION,
        "outputs.o.properties.accuracy > 0.9 AND inputs.i.state = REFERENCE AND state = COMPLETE",
        "t1",
    ),
    (Kind.EXECUTION, "artifacts.a.name = 'data' AND artifacts.b.name = 'm2'", "t2"),
    (Kind.EXECUTION, "artifacts.a.name = 'data' AND artifacts.a.name = 'm2'", ""),
    (Kind.EXECUTION, "properties.word = 'taxi' OR contexts.c.name = 'taxi'", "t1 t2 t3"),
    (Kind.EXECUTION, "contexts.c.name = 'taxi' AND (contexts.c.type = 'Nothing' OR state = FAILED)", "t2"),
    (Kind.EXECUTION, "NOT (contexts.c.name = 'taxi' AND state = FAILED)", "t1 t3"),
    (Kind.EXECUTION, "custom.mixed = 5", "t1"),
    (Kind.EXECUTION, "custom.mixed = TRUE", "t2"),
    (Kind.EXECUTION, "custom.mixed IN (5, TRUE)", "t1 t2"),
    (Kind.EXECUTION, "custom.mixed NOT IN (5, TRUE)", ""),
    (Kind.EXECUTION, "custom.mixed != 6", "t1"),
    (Kind.EXECUTION, "worker IS NULL AND lease_until IS NULL", "t1 t2 t3"),
    (Kind.CONTEXT, "artifacts.a.name = 'm3'", "iris"),
    (Kind.CONTEXT, "executions.e.state = FAILED", "taxi"),
    (Kind.CONTEXT, "parents.p.name = 'company'", "taxi"),
    (Kind.CONTEXT, "children.c.name = 'taxi'", "company"),
    (Kind.CONTEXT, "NOT children.c.id > 0 AND NOT parents.p.id > 0", "iris"),
    (Kind.CONTEXT, "artifacts.a.properties.accuracy > 0.9 AND executions.e.state = FAILED", "taxi"),
]
"""Filters that speak of neighbours, and the names of those that they find."""

MISTAKES: list[tuple[str, int, str]] = [
    ("stat = LIVE", 1, "stat"),
    ("state = ALIVE", 9, "ALIVE"),
    ("state = 'live'", 9, "live"),
    ("state > LIVE", 7, "order"),
    ("name = m1", 8, "m1"),
    ("name =", 7, "the end"),
    ("name 'x'", 6, "operator"),
    ("name = 'x' name = 'y'", 12, "AND, OR"),
    ("(name = 'x'", 12, ")"),
    ("name = 'x", 8, "quote"),
    ('name = "x"', 8, "quotes"),
    ("name = 5", 8, "text"),
    ("id = 'x'", 6, "whole number"),
    ("id = 1.5", 6, "whole number"),
    ("name = NULL", 8, "IS NULL"),
    ("name IS 5", 9, "NULL"),
    ("name ISA 'x'", 6, "types"),
    ("id LIKE '1%'", 4, "no text"),
    (r"name LIKE 'x\'", 11, "ends in"),
    ("properties > 1", 1, "properties.NAME"),
    ("name.x = 'y'", 1, "name"),
    ("contexts.c = 'x'", 1, "neighbour"),
    ("contexts.c.state = 'LIVE'", 1, "state"),
    ("parents.p.name = 'x'", 1, "parents"),
    ("created_at > 'soon'", 14, "time"),
    ("name = :missing", 8, ":missing"),
    ("name = :nothing", 8, "None"),
    ("name = :number", 8, "text"),
    ("properties.flag > TRUE", 19, "order"),
    ("name = 'x' ; DROP TABLE artifact", 12, ";"),
    ('custom.`a"b` = 1', 1, "character"),
    ("worker = 'x'", 1, "worker"),
]
"""Filters that cannot be read, the place of the mistake, counted from 1, and a word of the message."""


def found(store: MetadataStore, kind: Kind, where: str, **parameters: Any) -> str:
    """The names of what a filter finds, by id."""
    return " ".join(node.name or "?" for node in store.find(kind, where, parameters).items)


class FindingSuite:
    """Promises about ``find``."""

    @pytest.fixture
    def library(self, store: MetadataStore) -> MetadataStore:
        """Two pipelines: ``taxi`` made the models m1 (good) and m2 (bad) from ``data``, ``iris`` made m3."""
        declare(store)
        taxi = Context(type="Thing", name="taxi", properties={"word": "production"})
        iris = Context(type="Special", name="iris", properties={"word": "test"})
        company = Context(type="Thing", name="company")
        data = Artifact(
            type="Thing",
            name="data",
            uri="s3://b/data_1",
            digest="d0",
            state=ArtifactState.REFERENCE,
            external_id="x",
        )
        m1 = Artifact(
            type="Special", name="m1", digest="d1", properties={"accuracy": 0.95, "flag": True, "count": 3}
        )
        m2 = Artifact(
            type="Special", name="m2", digest="d2", properties={"accuracy": 0.5, "flag": False, "count": -1}
        )
        m3 = Artifact(
            type="Special",
            name="m3",
            state=ArtifactState.PENDING,
            properties={"accuracy": 1, "word": "it's 100%", "more": {"a": {"b": [1, 2]}, "n": 5}},
            custom={"learning rate": 0.1, "tag": "x", "mixed": "5", "none": None},
        )
        t1 = Execution(type="Thing", name="t1", state=ExecutionState.COMPLETE, custom={"mixed": 5})
        t2 = Execution(type="Thing", name="t2", state=ExecutionState.FAILED, custom={"mixed": True})
        t3 = Execution(type="Special", name="t3", state=ExecutionState.RUNNING, properties={"word": "taxi"})
        store.publish(
            [company, taxi, iris, data, m1, m2, m3, t1, t2, t3],
            [
                Edge(LinkKind.PARENT, taxi, company),
                *(Edge(LinkKind.INPUT, data, execution, "examples") for execution in (t1, t2, t3)),
                Edge(LinkKind.OUTPUT, t1, m1, "model"),
                Edge(LinkKind.OUTPUT, t2, m2, "candidate"),
                Edge(LinkKind.OUTPUT, t3, m3, "model"),
                *(Edge(LinkKind.ATTRIBUTION, artifact, taxi) for artifact in (data, m1, m2)),
                Edge(LinkKind.ATTRIBUTION, m3, iris),
                *(Edge(LinkKind.ASSOCIATION, execution, taxi) for execution in (t1, t2)),
                Edge(LinkKind.ASSOCIATION, t3, iris),
            ],
        )
        return store

    def test_fields_and_operators(self, library: MetadataStore) -> None:
        ends = [library.find(Kind.ARTIFACT, order_by="name", descending=way, limit=1) for way in (False, True)]
        numbers = {"first": ends[0].items[0].id, "last": ends[1].items[0].id}
        answers = [(where, found(library, Kind.ARTIFACT, where, **numbers)) for where, _ in FIELDS]
        assert answers == FIELDS

    def test_neighbours(self, library: MetadataStore) -> None:
        answers = [(kind, where, found(library, kind, where)) for kind, where, _ in NEIGHBOURS]
        assert answers == NEIGHBOURS

    def test_parameters(self, library: MetadataStore) -> None:
        assert found(library, Kind.ARTIFACT, "name = :name", name="m1") == "m1"
        assert found(library, Kind.ARTIFACT, "name = :name", name="m1' OR 'a' = 'a") == ""
        assert found(library, Kind.ARTIFACT, "properties.accuracy > :least", least=0.9) == "m1 m3"
        assert found(library, Kind.ARTIFACT, "properties.flag = :flag", flag=True) == "m1"
        assert (
            found(library, Kind.ARTIFACT, "state IN (:one, :two)", one="LIVE", two=ArtifactState.PENDING)
            == "m1 m2 m3"
        )
        assert found(library, Kind.ARTIFACT, "name IN :names", names=["m1", "data"]) == "data m1"
        assert found(library, Kind.ARTIFACT, "name IN :names", names=[]) == ""
        assert found(library, Kind.ARTIFACT, "digest NOT IN :names", names=[]) == "data m1 m2"
        assert found(library, Kind.ARTIFACT, "properties.word NOT IN :names", names=[]) == "m3"
        assert found(library, Kind.ARTIFACT, "custom.mixed IN :some", some=[5, "5"]) == "m3"
        first = library.find(Kind.ARTIFACT, limit=1).items[0]
        assert (
            found(library, Kind.ARTIFACT, "created_at = :at AND id = :id", at=first.created_at, id=first.id)
            == "data"
        )

    def test_what_cannot_be_read_is_pointed_at(self, store: MetadataStore) -> None:
        declare(store)
        for where, place, word in MISTAKES:
            with pytest.raises(InputError) as caught:
                store.find(Kind.ARTIFACT, where, {"nothing": None, "number": 5})
            message = str(caught.value)
            assert f"at character {place} of the filter" in message, where
            assert word in message
            pointer = message.splitlines()[2]
            assert pointer.index("^") == 4 + place - 1

    def test_pages_give_everything_once_and_in_order(self, store: MetadataStore) -> None:
        declare(store)
        given = ["b", None, "a", "ab", None, "B", "ä"]
        by_name = [None, None, "B", "a", "ab", "b", "ä"]
        for name in given:
            put_artifact(store, name=name, custom={"odd": True})
        put_artifact(store, name="other")
        for order_by, descending, limit in product(
            ("id", "created_at", "updated_at", "name"), (False, True), (1, 3, 7, 9)
        ):
            names: list[str | None] = []
            page: str | None = None
            while True:
                answer = store.find(
                    Kind.ARTIFACT,
                    "custom.odd = TRUE",
                    order_by=order_by,
                    descending=descending,
                    limit=limit,
                    page=page,
                )
                assert len(answer.items) <= limit
                names += [node.name for node in answer.items]
                page = answer.next
                if page is None:
                    break
            expected = by_name if order_by == "name" else given
            assert names == (expected[::-1] if descending else expected), (order_by, descending, limit)

    def test_pages_are_stable_while_others_write(self, store: MetadataStore) -> None:
        declare(store)
        for number in range(6):
            put_artifact(store, name=f"n{number}")
        first = store.find(Kind.ARTIFACT, limit=3, descending=True)
        put_artifact(store, name="new")
        second = store.find(Kind.ARTIFACT, limit=3, descending=True, page=first.next)
        assert [node.name for node in [*first.items, *second.items]] == ["n5", "n4", "n3", "n2", "n1", "n0"]
        assert second.next is None

    def test_a_page_belongs_to_its_question(self, store: MetadataStore) -> None:
        declare(store)
        for _ in range(3):
            put_artifact(store, name=None)
        token = store.find(Kind.ARTIFACT, "id > :least", {"least": 0}, limit=1).next
        assert token is not None
        assert len(store.find(Kind.ARTIFACT, "id > :least", {"least": 0}, limit=2, page=token).items) == 2
        wrong: list[dict[str, Any]] = [
            {"where": "id > 0", "page": token},
            {"where": "id > :least", "parameters": {"least": 1}, "page": token},
            {"where": "id > :least", "parameters": {"least": 0}, "page": token, "descending": True},
            {"where": "id > :least", "parameters": {"least": 0}, "page": token, "order_by": "name"},
            {"page": "nonsense"},
            {"page": ""},
        ]
        for question in wrong:
            with pytest.raises(InputError, match="page"):
                store.find(Kind.ARTIFACT, **question)
        with pytest.raises(InputError, match="page"):
            store.find(Kind.EXECUTION, "id > :least", {"least": 0}, page=token)

    @pytest.mark.parametrize("limit", [0, -1, True, 1.5])
    def test_a_limit_is_a_positive_number(self, store: MetadataStore, limit: int) -> None:
        with pytest.raises(InputError, match="limit"):
            store.find(Kind.ARTIFACT, limit=limit)

    def test_an_unknown_order_is_refused(self, store: MetadataStore) -> None:
        with pytest.raises(InputError, match="uri"):
            store.find(Kind.ARTIFACT, order_by="uri")

    def test_states_and_leases_of_executions(self, store: MetadataStore) -> None:
        declare(store)
        execution = put_execution(store, name="e", state=ExecutionState.RUNNING)
        leased = store.lease(execution.id or 0, "worker 1", 60)
        assert found(store, Kind.EXECUTION, "worker = 'worker 1' AND state IN (RUNNING, WAITING)") == "e"
        assert found(store, Kind.EXECUTION, "lease_until > :now", now=leased.updated_at) == "e"
        assert found(store, Kind.EXECUTION, "lease_until < :now", now=leased.updated_at) == ""

    def test_versions_of_a_type(self, store: MetadataStore) -> None:
        for version in ("", "2"):
            store.put_type(
                NodeType(kind=Kind.ARTIFACT, name="T", version=version, properties={"a": PropertyType.INT})
            )
            put_artifact(store, type="T", type_version=version, name=f"v{version}")
        assert found(store, Kind.ARTIFACT, "type = 'T'") == "v v2"
        assert found(store, Kind.ARTIFACT, "type = 'T' AND type_version = '2'") == "v2"

    def test_a_name_may_hold_anything(self, store: MetadataStore) -> None:
        declare(store)
        names = ["it's", 'a "b"', "back\\slash", "100% _ * ? [x]", "a;b--c", "ünï🙂", " ", "NULL", "%s ? :x {y}"]
        for name in names:
            put_context(store, name, custom={"text": name}, properties={"word": name})
        for name in names:
            assert found(store, Kind.CONTEXT, "name = :name", name=name) == name
            assert found(store, Kind.CONTEXT, f"name = '{name.replace(chr(39), chr(39) * 2)}'") == name
            assert found(store, Kind.CONTEXT, "custom.text = :name AND properties.word = :name", name=name) == name
            escaped = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            assert found(store, Kind.CONTEXT, "name LIKE :name AND custom.text LIKE :name", name=escaped) == name
