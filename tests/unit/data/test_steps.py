"""The steps are plain functions outside a pipeline, and say what they are inside one."""

import pytest

from mainspring.core.errors import InputError
from mainspring.data import Examples, Schema, Statistics, Transform, Validation, bundled, steps
from mainspring.pipelines import File


@pytest.fixture
def source(tips, tmp_path):
    bundled.write_csv(tips, tmp_path / "tips.csv")
    return File(str(tmp_path / "tips.csv"))


def test_the_line_from_a_file_to_a_matrix(source):
    examples = steps.ingest(source, splits={"train": 3, "eval": 1}, span=4)
    statistics = steps.statistics(examples)
    schema = steps.infer_schema(statistics, label="generous")
    validation = steps.validate(statistics, schema, previous=statistics)
    transform = steps.transform(examples, schema, exclude=["smoker"])
    assert (examples.span, examples.source) == (4, source.location)
    assert sum(split.num_examples for split in statistics.splits.values()) == 200
    assert schema.label == "generous"
    assert validation.verdict.ok
    assert transform.classes == ("no", "yes")
    assert transform.ignored == {"smoker": "excluded"}
    assert transform.apply(examples.split("eval")).shape == (
        examples.split("eval").num_rows,
        len(transform.outputs),
    )


def test_how_text_is_written(tmp_path):
    (tmp_path / "x.data").write_text("1; ?\n2; a\n3; b\n4; c\n5; d\n6; e\n")
    examples = steps.ingest(
        File(str(tmp_path / "x.data")),
        splits={"all": 1},
        csv={"header": False, "names": ["n", "w"], "trim": True, "missing": ["?"], "types": {"n": "FLOAT"}},
    )
    assert examples.split("all").rows(0, 2).to_columns() == {"n": [1.0, 2.0], "w": [None, "a"]}
    with pytest.raises(InputError, match="unknown options"):
        steps.ingest(File(str(tmp_path / "x.data")), csv={"separator": ";"})


def test_what_pipelines_read_from_the_signatures():
    outputs = {
        "ingest": Examples,
        "statistics": Statistics,
        "infer_schema": Schema,
        "validate": Validation,
        "transform": Transform,
    }
    for name, wanted in outputs.items():
        step = getattr(steps, name)
        assert step.outputs == {"result": wanted}
        assert step.options.gate == (name == "validate")
    assert steps.ingest.arguments["source"].role == "file"
    assert steps.ingest.arguments["splits"].default == {"train": 3, "eval": 1}
    assert steps.validate.arguments["previous"].optional


def test_rows_can_be_left_out_as_they_are_read(tmp_path):
    (tmp_path / "x.csv").write_text("n,w\n1,\n2,a\n3,b\n4,\n")
    examples = steps.ingest(File(str(tmp_path / "x.csv")), splits={"all": 1}, where='"w" IS NOT NULL')
    assert sorted(examples.split("all").to_columns()["n"]) == [2, 3]
    with pytest.raises(InputError):
        steps.ingest(File(str(tmp_path / "x.csv")), splits={"all": 1}, where="no such condition")


def test_statistics_may_be_of_slices_and_an_assessment_holds_nothing_up(source):
    examples = steps.ingest(source, splits={"train": 3, "eval": 1})
    found = steps.statistics(examples, slices=["day"], label="generous", features=["bill", "day", "generous"])
    assert set(found.split("train").features) == {"bill", "day", "generous"}
    assert "day=Fri" in found.split("train").slices
    assessment = steps.assess(examples, label="generous", protected=["smoker"])
    assert assessment.rows == examples.split("train").num_rows
    assert assessment.protected == ("smoker",)


def test_a_preprocessing_function_is_named_by_an_import_string(source, tmp_path, monkeypatch):
    (tmp_path / "own_features.py").write_text("def prepare(c):\n    return c['bill'].z_score()\n\nnumber = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    examples = steps.ingest(source)
    schema = steps.infer_schema(steps.statistics(examples), label="generous")
    found = steps.transform(examples, schema, function="own_features:prepare")
    assert found.outputs == ("bill.z_score",)
    with pytest.raises(InputError, match="no function"):
        steps.transform(examples, schema, function="own_features:number")
