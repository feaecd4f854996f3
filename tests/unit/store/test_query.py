"""The filter language: what is read, how aliases are bound, what is refused. (What is found: tests/contracts.)"""

from __future__ import annotations

import pytest

from mainspring.core.errors import InputError
from mainspring.core.records import Kind
from mainspring.store.query import And, Comparison, Exists, Expression, Field, Not, Operator, Or, bind, parse
from mainspring.store.query.tokens import tokens


def shape(expression: Expression) -> str:
    """An expression in a few characters."""
    match expression:
        case Comparison(field=field, operator=operator, values=values):
            owner = f"{field.alias[1]}." if field.alias else ""
            return " ".join([owner + ".".join([field.name, *field.path]), operator.value, *map(repr, values)])
        case And(parts=parts):
            return "(" + " & ".join(map(shape, parts)) + ")"
        case Or(parts=parts):
            return "(" + " | ".join(map(shape, parts)) + ")"
        case Not(part=part):
            return f"!{shape(part)}"
        case Exists(relation=relation, alias=alias, part=part):
            return f"{relation}.{alias}[{shape(part)}]"


def read(where: str, kind: Kind = Kind.ARTIFACT) -> str:
    return shape(parse(where, kind))


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("name = 'a'", "name = 'a'"),
        ("NAME = 'a'", None),
        ("name == 'a' and name <> 'b'", "(name = 'a' & name != 'b')"),
        ("name = 'a' OR name = 'b' AND id = 1", "(name = 'a' | (name = 'b' & id = 1))"),
        ("not name = 'a' or id = 1", "(!name = 'a' | id = 1)"),
        ("NOT (name = 'a' OR id = 1)", "!(name = 'a' | id = 1)"),
        ("((name = 'a'))", "name = 'a'"),
        ("id = -5", "id = -5"),
        ("properties.a > 1.5e-3", "properties.a > 0.0015"),
        ("properties.a > 1.", "properties.a > 1.0"),
        ("properties.a = 123456789012345678901", "properties.a = 1.2345678901234568e+20"),
        ("properties.and.or.not = TRUE", "properties.and.or.not = True"),
        ("custom.`a b`.2nd.3 = 'x'", "custom.a b.2nd.3 = 'x'"),
        ("custom.`in` IN (1, 'a', FALSE)", "custom.in IN 1 'a' False"),
        ("name is not null", "name IS NOT NULL"),
        ("name Not Like 'a''b%'", 'name NOT LIKE "a\'b%"'),
        ("state IN (LIVE, 'PENDING')", "state IN 'LIVE' 'PENDING'"),
        ("type isa 'Base'", "type ISA 'Base'"),
        ("created_at >= '1970-01-01T00:00:01'", "created_at >= 1000000"),
        ("created_at >= '1970-01-01T01:00:01+01:00'", "created_at >= 1000000"),
        ("created_at >= 1.5", "created_at >= 1500000"),
    ],
)
def test_what_is_read(where: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(InputError, match="'NAME'"):
            read(where)
    else:
        assert read(where) == expected


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("contexts.c.name = 'a'", "contexts.c[c.name = 'a']"),
        ("contexts.c.name = 'a' AND contexts.c.type = 'T'", "contexts.c[(c.name = 'a' & c.type = 'T')]"),
        (
            "contexts.c.name = 'a' AND contexts.d.type = 'T'",
            "(contexts.c[c.name = 'a'] & contexts.d[d.type = 'T'])",
        ),
        (
            "contexts.c.name = 'a' OR contexts.c.type = 'T'",
            "(contexts.c[c.name = 'a'] | contexts.c[c.type = 'T'])",
        ),
        ("NOT contexts.c.name = 'a'", "!contexts.c[c.name = 'a']"),
        ("contexts.c.id > 0 AND NOT contexts.c.name = 'a'", "contexts.c[(c.id > 0 & !c.name = 'a')]"),
        ("name = 'x' AND NOT contexts.c.name = 'a'", "(name = 'x' & !contexts.c[c.name = 'a'])"),
        (
            "NOT (contexts.c.name = 'a' AND contexts.c.type = 'T')",
            "!contexts.c[(c.name = 'a' & c.type = 'T')]",
        ),
        (
            "contexts.c.name = 'a' AND id = 1 AND (contexts.c.type = 'T' OR name = 'x')",
            "(contexts.c[(c.name = 'a' & (c.type = 'T' | name = 'x'))] & id = 1)",
        ),
        (
            "contexts.c.name = 'a' AND (id = 1 AND contexts.c.type = 'T')",
            "(contexts.c[(c.name = 'a' & c.type = 'T')] & id = 1)",
        ),
        (
            "contexts.c.name = 'a' AND (contexts.c.id = 1 OR producers.p.link = 'model')",
            "contexts.c[(c.name = 'a' & (c.id = 1 | producers.p[p.link = 'model']))]",
        ),
        (
            "id = 1 AND (contexts.c.name = 'a' OR id = 2) AND (contexts.c.name = 'b' OR id = 3)",
            "(id = 1 & (contexts.c[c.name = 'a'] | id = 2) & (contexts.c[c.name = 'b'] | id = 3))",
        ),
        (
            "(contexts.c.name = 'a' OR contexts.c.name = 'b') AND contexts.c.id = 1",
            "contexts.c[((c.name = 'a' | c.name = 'b') & c.id = 1)]",
        ),
        (
            "contexts.c.id = 1 AND producers.p.id = 2 AND (contexts.c.name = 'a' OR producers.p.name = 'b')",
            "contexts.c[(producers.p[(p.id = 2 & (c.name = 'a' | p.name = 'b'))] & c.id = 1)]",
        ),
        ("producers.c.id = 1 AND contexts.c.id = 2", "(producers.c[c.id = 1] & contexts.c[c.id = 2])"),
    ],
)
def test_conditions_of_one_and_with_one_alias_are_about_one_neighbour(where: str, expected: str) -> None:
    assert read(where) == expected


def test_parameters_are_put_in_and_checked_against_their_fields() -> None:
    where = "name = :name AND state IN (LIVE, :state) AND NOT (contexts.c.id = :id) OR id IN :ids"
    expression = bind(
        parse(where, Kind.ARTIFACT), {"name": "a'b", "state": "PENDING", "id": 7, "ids": [1, 2]}, where
    )
    assert shape(expression) == (
        "((name = \"a'b\" & state IN 'LIVE' 'PENDING' & !contexts.c[c.id = 7]) | id IN 1 2)"
    )
    with pytest.raises(InputError, match=r":id: .*'x'.*at character 67"):
        bind(parse(where, Kind.ARTIFACT), {"name": "a", "state": "LIVE", "id": "x", "ids": []}, where)
    with pytest.raises(InputError, match="no value is given for :name"):
        bind(parse(where, Kind.ARTIFACT), {}, where)


def test_a_list_fits_only_in() -> None:
    with pytest.raises(InputError, match="text"):
        bind(parse("name = :name", Kind.ARTIFACT), {"name": ["a"]}, "name = :name")


def test_a_field_knows_where_it_was_written() -> None:
    expression = parse("id = 1 AND contexts.c.properties.a.b = 2", Kind.ARTIFACT)
    assert isinstance(expression, And)
    exists = expression.parts[0] if isinstance(expression.parts[0], Exists) else expression.parts[1]
    assert isinstance(exists, Exists)
    assert isinstance(exists.part, Comparison)
    assert exists.part.field == Field(
        Kind.CONTEXT, "properties", ("a", "b"), ("contexts", "c"), "contexts.c.properties.a.b", 11
    )
    assert exists.part.operator is Operator.EQ


def test_the_line_with_the_mistake_is_shown() -> None:
    with pytest.raises(InputError) as caught:
        parse("name = 'a'\n  AND nam = 'b'\n  AND id = 1", Kind.ARTIFACT)
    assert str(caught.value).splitlines()[1:3] == ["      AND nam = 'b'", "          ^^^"]
    assert caught.value.expected is not None
    assert caught.value.expected.startswith("one of id, type")


def test_deep_nesting_is_refused_politely() -> None:
    assert read("NOT " * 90 + "id = 1") == "!" * 90 + "id = 1"
    for where in ("(" * 5000 + "id = 1" + ")" * 5000, "NOT " * 5000 + "id = 1"):
        with pytest.raises(InputError, match="nested too deeply"):
            read(where)


def test_words_and_places() -> None:
    found = [(token.kind, token.text, token.start) for token in tokens("a.`b c` >= -1.5 AND x IN (:p)")]
    assert found == [
        ("word", "a", 0),
        ("mark", ".", 1),
        ("quoted", "`b c`", 2),
        ("operator", ">=", 8),
        ("number", "-1.5", 11),
        ("keyword", "AND", 16),
        ("word", "x", 20),
        ("keyword", "IN", 22),
        ("mark", "(", 25),
        ("parameter", ":p", 26),
        ("mark", ")", 28),
        ("end", "the end", 29),
    ]


@pytest.mark.parametrize("where", ["", " ", "AND", "name", "name = 'a' AND", "()", "name IN ()", "name IN ('a',)"])
def test_what_is_no_filter(where: str) -> None:
    with pytest.raises(InputError, match="at character"):
        read(where)


def test_names_that_are_no_fields_may_be_looked_for_within_the_properties():
    def within(where):
        return shape(parse(where, Kind.EXECUTION, within="properties"))

    assert within("auc > 0.9 AND params.depth = 3") == "(properties.auc > 0.9 & properties.params.depth = 3)"
    assert within("name = 'r' AND properties.auc > 0.9") == "(name = 'r' & properties.auc > 0.9)"
    assert within("inputs.i.name = 'a'") == "inputs.i[i.name = 'a']"
    assert within("inputs = 3") == "properties.inputs = 3"
    with pytest.raises(InputError, match="there is no field 'auc'"):
        parse("auc > 0.9", Kind.EXECUTION)
