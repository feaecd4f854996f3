"""Types: declared once, grown, never changed."""

# A suite is made of asserts, and the name of a test is its promise.
# ruff: noqa: D102, S101

from __future__ import annotations

import pytest

from mainspring.core.errors import ConflictError, InputError, NotFoundError
from mainspring.core.records import Artifact, Kind, NodeType, PropertyType
from mainspring.store.ports import MetadataStore
from mainspring.testing.conformance.examples import declare, put_artifact


class TypesSuite:
    """Promises about ``put_type`` and ``types``."""

    def test_a_type_is_given_an_id_and_comes_back(self, store: MetadataStore) -> None:
        given = NodeType(
            kind=Kind.ARTIFACT, name="Model", properties={"accuracy": PropertyType.DOUBLE}, description="A model."
        )
        stored = store.put_type(given)
        assert stored.id is not None
        assert (stored.kind, stored.name, stored.version, stored.base) == (Kind.ARTIFACT, "Model", "", None)
        assert stored.properties == {"accuracy": PropertyType.DOUBLE}
        assert stored.description == "A model."
        assert store.types() == [stored]

    def test_the_same_type_again_changes_nothing(self, store: MetadataStore) -> None:
        given = NodeType(kind=Kind.ARTIFACT, name="Model", properties={"accuracy": PropertyType.DOUBLE})
        assert store.put_type(given) == store.put_type(given)
        assert len(store.types()) == 1

    def test_types_of_one_name_differ_by_kind_and_version(self, store: MetadataStore) -> None:
        stored = [
            store.put_type(NodeType(kind=Kind.ARTIFACT, name="T")),
            store.put_type(NodeType(kind=Kind.EXECUTION, name="T")),
            store.put_type(
                NodeType(kind=Kind.ARTIFACT, name="T", version="2", properties={"a": PropertyType.INT})
            ),
        ]
        assert len({found.id for found in stored}) == 3
        assert store.types(Kind.ARTIFACT) == [stored[0], stored[2]]

    def test_properties_can_be_added(self, store: MetadataStore) -> None:
        store.put_type(NodeType(kind=Kind.ARTIFACT, name="T", properties={"a": PropertyType.INT}))
        both = {"a": PropertyType.INT, "b": PropertyType.STRING}
        grown = store.put_type(NodeType(kind=Kind.ARTIFACT, name="T", properties=both))
        assert grown.properties == both
        assert put_artifact(store, type="T", properties={"b": "x"}).properties == {"b": "x"}

    @pytest.mark.parametrize("properties", [{"a": PropertyType.STRING}, {}, {"b": PropertyType.INT}])
    def test_a_property_cannot_change_or_vanish(
        self, store: MetadataStore, properties: dict[str, PropertyType]
    ) -> None:
        first = store.put_type(NodeType(kind=Kind.ARTIFACT, name="T", properties={"a": PropertyType.INT}))
        with pytest.raises(ConflictError, match="'a'"):
            store.put_type(NodeType(kind=Kind.ARTIFACT, name="T", properties=properties))
        assert store.types() == [first]

    def test_all_problems_are_told_at_once(self, store: MetadataStore) -> None:
        store.put_type(
            NodeType(kind=Kind.ARTIFACT, name="T", properties={"a": PropertyType.INT, "b": PropertyType.INT})
        )
        with pytest.raises(ConflictError, match=r"'a'.*'b'"):
            store.put_type(NodeType(kind=Kind.ARTIFACT, name="T", properties={"b": PropertyType.STRING}))

    def test_properties_are_inherited(self, store: MetadataStore) -> None:
        declare(store)
        special = next(found for found in store.types(Kind.ARTIFACT) if found.name == "Special")
        assert special.base == "Thing"
        assert special.properties["accuracy"] is PropertyType.DOUBLE
        assert special.properties["extra"] is PropertyType.STRING
        stored = put_artifact(store, type="Special", properties={"accuracy": 0.5, "extra": "x"})
        assert stored.properties == {"accuracy": 0.5, "extra": "x"}

    def test_a_type_that_was_read_can_be_put_again(self, store: MetadataStore) -> None:
        declare(store)
        before = store.types()
        assert [store.put_type(found) for found in before] == before

    def test_what_a_base_learns_its_heirs_know(self, store: MetadataStore) -> None:
        store.put_type(NodeType(kind=Kind.CONTEXT, name="Base"))
        store.put_type(NodeType(kind=Kind.CONTEXT, name="Heir", base="Base"))
        store.put_type(NodeType(kind=Kind.CONTEXT, name="Base", properties={"a": PropertyType.INT}))
        heir = next(found for found in store.types() if found.name == "Heir")
        assert heir.properties == {"a": PropertyType.INT}

    def test_an_heir_cannot_contradict_its_base(self, store: MetadataStore) -> None:
        store.put_type(NodeType(kind=Kind.CONTEXT, name="Base", properties={"a": PropertyType.INT}))
        with pytest.raises(ConflictError, match="'a'"):
            store.put_type(
                NodeType(kind=Kind.CONTEXT, name="Heir", base="Base", properties={"a": PropertyType.STRING})
            )

    def test_a_base_cannot_contradict_its_heirs(self, store: MetadataStore) -> None:
        store.put_type(NodeType(kind=Kind.CONTEXT, name="Base"))
        store.put_type(NodeType(kind=Kind.CONTEXT, name="Middle", base="Base"))
        store.put_type(
            NodeType(kind=Kind.CONTEXT, name="Heir", base="Middle", properties={"a": PropertyType.STRING})
        )
        with pytest.raises(ConflictError, match="'a'"):
            store.put_type(NodeType(kind=Kind.CONTEXT, name="Base", properties={"a": PropertyType.INT}))

    def test_the_base_stays(self, store: MetadataStore) -> None:
        store.put_type(NodeType(kind=Kind.CONTEXT, name="Base"))
        store.put_type(NodeType(kind=Kind.CONTEXT, name="Heir", base="Base"))
        with pytest.raises(ConflictError, match="base"):
            store.put_type(NodeType(kind=Kind.CONTEXT, name="Heir"))

    def test_an_unknown_base_is_refused(self, store: MetadataStore) -> None:
        with pytest.raises(NotFoundError, match="Nothing"):
            store.put_type(NodeType(kind=Kind.ARTIFACT, name="T", base="Nothing"))
        store.put_type(NodeType(kind=Kind.EXECUTION, name="Base"))
        with pytest.raises(NotFoundError, match="Base"):
            store.put_type(NodeType(kind=Kind.ARTIFACT, name="T", base="Base"))
        assert len(store.types()) == 1

    @pytest.mark.parametrize("name", ["", "x" * 256, "a\x00b"])
    def test_a_name_must_be_one_that_every_database_can_keep(self, store: MetadataStore, name: str) -> None:
        with pytest.raises(InputError):
            store.put_type(NodeType(kind=Kind.ARTIFACT, name=name))

    def test_a_version_is_part_of_a_nodes_type(self, store: MetadataStore) -> None:
        store.put_type(NodeType(kind=Kind.ARTIFACT, name="T", version="2", properties={"a": PropertyType.INT}))
        stored = put_artifact(store, type="T", type_version="2", properties={"a": 1})
        assert stored.type_version == "2"
        with pytest.raises(NotFoundError, match="'T'"):
            store.publish([Artifact(type="T")])
