"""Every line of a schema can be explained, and what people set is told apart."""

from mainspring.data import Schema, Table, infer, summarize
from mainspring.data.schema.explaining import explain


def table():
    rows = 1000
    return Table.from_columns(
        {
            "id": list(range(rows)),
            "kind": ["a", "b", None, "b"] * (rows // 4),
            "paid": [0, 1] * (rows // 2),
            "fare": [str(number / 4) for number in range(rows - 1)] + ["oops"],
            "none": [None] * rows,
            "label": ["yes", "no"] * (rows // 2),
        }
    )


def whys(schema, statistics):
    return {(one.path, one.key): one.why for one in explain(schema, statistics)}


def test_every_key_has_its_figures():
    statistics = summarize(table())
    schema = infer(statistics, label="label", ranges=True, categories=3, unique=True)
    assert whys(schema, statistics) == {
        ("", "label"): "named as the column to be predicted",
        ("", "min_examples"): "data without a row is a mistake",
        ("", "drift"): "an effect that matters; noise is told from it by a test",
        ("", "skew"): "an effect that matters; noise is told from it by a test",
        ("id", "type"): "all 1,000 values are whole numbers",
        ("id", "presence"): "all 1,000 rows have a value; less a margin for chance",
        ("id", "min"): "numbers from 0 to 999 were seen; wider by half of that, and not past 0",
        ("id", "max"): "numbers from 0 to 999 were seen; wider by half of that, and not past 0",
        ("id", "unique"): "all 1,000 values are different",
        ("id", "tags"): "all 1,000 values are different",
        ("kind", "type"): "all 750 values are text",
        ("kind", "presence"): "750 of 1,000 rows have a value; less a margin for chance",
        ("kind", "domain"): "2 different words in 750 values, 0 of them seen only once",
        ("kind", "min_domain_mass"): "new words come; up to 5% of the values may be others, with a warning",
        ("paid", "type"): "all 1,000 values are whole numbers",
        ("paid", "presence"): "all 1,000 rows have a value; less a margin for chance",
        ("paid", "bool_domain"): "all 1,000 numbers are 0 or 1, and both were seen",
        ("fare", "type"): "999 of 1,000 texts are numbers; the others are taken for mistakes",
        ("fare", "presence"): "all 1,000 rows have a value; less a margin for chance",
        ("none", "type"): "no value was seen yet, so nothing is known",
        ("none", "presence"): "no row has a value",
        ("label", "type"): "all 1,000 values are text",
        ("label", "presence"): "it is the label, which must always be there",
        ("label", "domain"): "2 different words in 1,000 values, 0 of them seen only once",
        ("label", "absent_in"): "it is the label, which is not known where predictions are asked for",
    }


def test_what_people_set_is_called_so():
    statistics = summarize(table())
    schema = infer(statistics).edit("kind", domain=("a", "b", "c")).edit("paid", max=1, description="with money")
    told = whys(schema, statistics)
    assert told["kind", "domain"] == "set by people; the rules of inference would say ['a', 'b']"
    assert told["paid", "max"] == "set by people; the rules of inference would say None"
    assert told["paid", "description"].startswith("set by people")
    other = Schema.from_text("features: {z: {type: INT}}")
    assert whys(other, statistics)["z", "type"] == "set by people: there is no 'z' in the data"


def test_explanations_are_sentences():
    statistics = summarize(Table.from_columns({"x": [1.5]}))
    assert [str(one) for one in explain(infer(statistics), statistics)][-2] == (
        "x.type = FLOAT: all 1 values are numbers"
    )
