"""Preprocessing functions: what they may say, what is fitted, and that it is one thing in training and serving."""

import itertools
import json

import numpy as np
import pytest

from mainspring.core.errors import InputError
from mainspring.data import ColumnType, Feature, Schema, Table, Transform
from mainspring.data.transforms import analyze
from mainspring.data.transforms.analysis import requests as ask
from mainspring.data.transforms.ops.folds import folds_of

ROWS = 400


def matrix(table, schema, function, **options):
    return Transform.fit(table, schema, function=function, **options).apply(table)


def test_columns_are_chosen_by_what_the_schema_says(table, schema):
    chosen = {}

    def function(c):
        for name in ("numeric", "categorical", "moments", "all"):
            chosen[name] = [value.name for value in getattr(c, name)()]
        chosen["tagged"] = [value.name for value in c.tagged("person")]
        chosen["matching"] = [value.name for value in c.matching("s.*e")]
        return c.numeric().impute("mean").z_score(), {"profession": c["job"].one_hot(top=1)}

    transform = Transform.fit(table, schema, function=function)
    assert chosen == {
        "numeric": ["age", "pay", "same", "member"],
        "categorical": ["size", "job"],
        "moments": ["at"],
        "all": ["age", "pay", "size", "same", "member", "job", "note", "at"],
        "tagged": ["age", "job"],
        "matching": ["size", "same"],
    }
    assert transform.outputs[4:] == ("profession=smith", "profession?unseen", "profession?missing")
    assert transform.ignored == dict.fromkeys(("size", "note", "at"), "not used by the function")
    assert [column.name for column in transform.inputs] == ["age", "pay", "same", "member", "job"]


def test_the_label_and_excluded_columns_are_out_of_reach(table, schema):
    with pytest.raises(InputError, match="'label' is the label"):
        Transform.fit(table, schema, function=lambda c: c["label"].one_hot())
    with pytest.raises(InputError, match="'job' is no column"):
        Transform.fit(table, schema, function=lambda c: c["job"].one_hot(), exclude=["job"])
    assert "age" not in Transform.fit(table, schema, function=lambda c: c.numeric(), exclude=["age"]).outputs


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda c: c["job"].z_score(), "z_score takes numbers, and 'job' holds words"),
        (lambda c: c["job"], "'job' holds word, not numbers"),
        (lambda c: c["note"].tokens(), "holds tokens, not numbers"),
        (lambda c: c["note"].tf_idf(), "tf_idf takes tokens"),
        (lambda c: c["note"].tokens().lower(), "lower takes words"),
        (lambda c: None, "a NoneType is no value"),
        (lambda c: [], "gives no values"),
        (lambda c: c["age"].bucketize([2, 1]), r"the edges are \[2\.0, 1\.0\]"),
        (lambda c: c["age"].bucketize(1), "1 buckets"),
        (lambda c: c["age"].impute("middle"), "impute"),
        (lambda c: c["at"].date_part("minutes"), "no part 'minutes'"),
        (lambda c: c["at"].since("soon"), "'soon' is no date"),
        (lambda c: c["age"].named("x"), "cannot be called"),
        (lambda c: c["age"].z_score().resize(2, 2), "holds no pixels"),
        (lambda c: c.cross("job"), "fewer than two"),
        (lambda c: c["age"] / 0, "divided by 0"),
    ],
)
def test_what_makes_no_sense_is_told_before_any_row_is_read(table, schema, function, message):
    with pytest.raises(InputError, match=message):
        Transform.fit(table, schema, function=function)


def everything(c):
    yield c["age"].impute("median", indicator=True).z_score(), c["age"].yeo_johnson(), c["pay"].normal_scores()
    yield (
        c["job"].one_hot(top=2),
        c["job"].target_mean(folds=4),
        c["job"].frequency(),
        c.cross("job", "size").hash(9),
    )
    yield c["note"].lower().tokens().tf_idf(top=5), c["at"].date_parts(), c["pay"].z_score(by=c["job"])
    yield c["pay"].bucketize(5).one_hot(), c.concat(c.numeric().impute(0.0)).pca(2), c["age"] / c["pay"]


def test_what_is_saved_is_what_is_loaded(table, schema, tmp_path):
    transform = Transform.fit(table, schema, function=everything)
    transform.save(tmp_path)
    loaded = Transform.load(tmp_path)
    assert loaded == transform
    assert loaded.apply(table).tobytes() == transform.apply(table).tobytes()
    assert json.loads((tmp_path / "transform.json").read_text(encoding="utf-8"))["version"] == 2
    assert transform.properties()["task"] == "classification"


def test_a_row_alone_is_what_it_is_among_others(table, schema):
    transform = Transform.fit(table, schema, function=everything)
    whole = transform.apply(table)
    columns = {column.name: table.column(column.name) for column in transform.inputs}
    assert transform.apply_columns(columns).tobytes() == whole.tobytes()
    for row in (0, 1, 9, 399):
        alone = transform.apply_columns({name: values[row : row + 1] for name, values in columns.items()})
        assert alone.tobytes() == whole[row : row + 1].tobytes()
    chunks = list(transform.apply_chunks(table, 37))
    assert [len(chunk) for chunk in chunks[-2:]] == [37, 30]
    assert np.concatenate(chunks).tobytes() == whole.tobytes()
    rounded = np.concatenate(list(transform.apply_chunks(table, 100, dtype="float32")))
    np.testing.assert_array_equal(rounded, whole.astype(np.float32))
    assert transform.apply(table.rows(0, 0)).shape == (0, len(transform.outputs))


def test_parts_give_what_the_whole_gives_and_are_kept(table, schema, tmp_path, monkeypatch):
    whole = Transform.fit(table, schema, function=everything)
    parts = [table.rows(0, 100), table.rows(100, 104), table.rows(104, ROWS)]
    merged = Transform.fit(parts, schema, function=everything, cache=tmp_path)
    np.testing.assert_allclose(merged.apply(table), whole.apply(table), rtol=1e-9, atol=1e-9)
    kept = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    monkeypatch.setattr("mainspring.data.transforms.reading.pieces", None)
    assert Transform.fit(parts, schema, function=everything, cache=tmp_path) == merged
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == kept


def test_only_new_parts_are_read(table, schema, tmp_path):
    def function(c):
        return c["age"].z_score(), c["job"].one_hot()

    days = [table.rows(start, start + 100) for start in range(0, ROWS, 100)]
    Transform.fit(days[:3], schema, function=function, cache=tmp_path)
    before = set(tmp_path.iterdir())
    with_all = Transform.fit(days, schema, function=function, cache=tmp_path)
    # Moments of the age and words of the job: of the new day alone.
    assert len(set(tmp_path.iterdir()) - before) == 2
    assert with_all == Transform.fit(days, schema, function=function)
    for path in tmp_path.iterdir():
        path.write_text("damaged", encoding="utf-8")
    assert with_all == Transform.fit(days, schema, function=function, cache=tmp_path)


@pytest.mark.parametrize(
    "changed",
    [
        lambda table: table.rows(1, ROWS),
        lambda table: table.sql("SELECT * REPLACE (age + 1 AS age) FROM this"),
        lambda table: table.rows(1, ROWS).concat(table.rows(0, 1)),
        lambda table: table.sql("SELECT * RENAME (pay AS age, age AS pay) FROM this").select(table.names),
    ],
    ids=["a row less", "other values", "another order", "columns changed about"],
)
def test_a_part_is_never_taken_for_another(table, schema, tmp_path, changed):
    def function(c):
        return c["age"].z_score(), c["pay"].z_score()

    Transform.fit(table, schema, function=function, cache=tmp_path)
    before = set(tmp_path.iterdir())
    other = Transform.fit(changed(table), schema, function=function, cache=tmp_path)
    assert len(set(tmp_path.iterdir()) - before) == len(before) == 2
    assert other == Transform.fit(changed(table), schema, function=function)


def test_the_mean_of_the_label_never_holds_the_label_of_the_row(table, schema):
    transform = Transform.fit(table, schema, function=lambda c: c["job"].target_mean(folds=4, smoothing=5.0))
    jobs, target = table.column("job"), transform.labels(table).astype(float)
    overall = target.mean()
    mine = jobs == "smith"
    wanted = (target[mine].sum() + 5.0 * overall) / (mine.sum() + 5.0)
    np.testing.assert_allclose(transform.apply(table)[mine, 0], wanted, rtol=1e-12)
    nobody = np.array([job is None for job in jobs])
    np.testing.assert_allclose(transform.apply(table)[nobody, 0], overall)
    trained = transform.apply_training(table)[:, 0]
    names = ("age", "pay", "size", "same", "member", "job", "note", "at")
    folds = folds_of({name: table.column(name) for name in names}, 4)
    for row in np.flatnonzero(~nobody)[[0, 5, 17, -1]]:
        others = folds != folds[row]
        same = others & (jobs == jobs[row])
        mean = target[others].mean()
        assert trained[row] == pytest.approx((target[same].sum() + 5.0 * mean) / (same.sum() + 5.0), rel=1e-12)
    # Turning a label around changes every fold but its own.
    labels = table.column("label").copy()
    labels[8] = "no" if labels[8] == "yes" else "yes"
    turned = Table.from_columns(table.to_columns() | {"label": labels.tolist()}, {"at": ColumnType.TIMESTAMP})
    again = Transform.fit(turned, schema, function=lambda c: c["job"].target_mean(folds=4, smoothing=5.0))
    assert again.apply_training(turned)[8, 0] == trained[8]
    assert again.apply(turned)[8, 0] != transform.apply(table)[8, 0]
    # A selection of the training rows has what they had among all.
    np.testing.assert_array_equal(transform.apply_training(table.rows(100, 200))[:, 0], trained[100:200])
    with pytest.raises(InputError, match="columns of the training rows are missing: age, at"):
        transform.apply_training(table.select(["job", "label"]))


def test_a_label_that_only_names_rows_gives_nothing_away():
    """Of pure noise: with every row's own label in it the column would rank the label perfectly."""
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 2000)
    table = Table.from_columns({"k": [f"k{n // 2}" for n in range(2000)], "id": np.arange(2000.0), "y": label})
    schema = Schema(
        features={
            "k": Feature(name="k", type=ColumnType.STRING),
            "id": Feature(name="id", type=ColumnType.FLOAT),
            "y": Feature(name="y", type=ColumnType.INT),
        },
        label="y",
    )
    transform = Transform.fit(table, schema, function=lambda c: c["k"].target_mean(smoothing=0.0))
    assert np.corrcoef(transform.apply(table)[:, 0], label)[0, 1] > 0.6
    assert abs(np.corrcoef(transform.apply_training(table)[:, 0], label)[0, 1]) < 0.1


def test_no_label_is_needed(table):
    schema = Schema(features={"age": Feature(name="age", type=ColumnType.FLOAT)})
    transform = Transform.fit(table, schema, function=lambda c: c["age"].z_score())
    assert (transform.label, transform.classes, transform.outputs) == (None, None, ("age.z_score",))
    with pytest.raises(InputError, match="target_mean needs a label"):
        Transform.fit(table, schema, function=lambda c: c["age"].target_mean())


def test_numbers_that_come_as_text_are_read(table, schema):
    transform = Transform.fit(table, schema, function=lambda c: [c["age"] * 1, c["size"].one_hot(top=1)])
    given = {"age": np.array(["3.5", None], dtype=object), "size": np.array([1.0, np.nan])}
    assert transform.apply_columns(given)[:, 0].tolist()[0] == 3.5
    with pytest.raises(InputError, match="'old' in row 2"):
        transform.apply_columns(given | {"age": np.array(["3", "old"], dtype=object)})
    with pytest.raises(InputError, match="columns are missing: size"):
        transform.apply_columns({"age": given["age"]})


def test_equal_ops_are_one(table, schema):
    transform = Transform.fit(
        table, schema, function=lambda c: [c["age"].impute(0).z_score(), c["age"].impute(0).min_max()]
    )
    assert [type(op).__name__ for op in transform.steps] == ["Fill", "Scale", "Scale"]
    assert all(one != other for one, other in itertools.combinations([op.output for op in transform.steps], 2))


def test_what_passes_say_of_columns(table, schema, tmp_path):
    def asked(c):
        return {
            "mean": (ask.Mean, c["age"]),
            "variance": (ask.Variance, c["age"].impute(0)),
            "count": (ask.Count, c["age"]),
            "bars": (ask.Histogram, c["size"], 5),
            "words": (ask.WordCounts, c["job"], 2),
            "tokens": (ask.Vocabulary, c["note"].lower().tokens(), 2),
            "together": (ask.CovarianceMatrix, c.concat("pay", "size")),
        }

    age, pay, size = (table.column(name) for name in ("age", "pay", "size"))
    found = analyze(table, schema, asked)
    assert found["mean"] == pytest.approx(np.nanmean(age), rel=1e-12)
    assert found["variance"] == pytest.approx(np.nan_to_num(age).var(), rel=1e-12)
    assert found["count"] == np.isfinite(age).sum()
    assert found["bars"][1] == tuple(np.bincount(size.astype(int)).tolist())
    assert list(found["words"]) == ["smith", "clerk"]
    assert found["tokens"] == ("house", "no")
    np.testing.assert_allclose(found["together"], np.cov(pay, size, ddof=0), rtol=1e-10)
    parts = analyze([table.rows(0, 150), table.rows(150, ROWS)], schema, asked, cache=tmp_path)
    assert (parts["words"], parts["bars"], parts["tokens"]) == (found["words"], found["bars"], found["tokens"])
    assert parts["variance"] == pytest.approx(found["variance"], rel=1e-12)


def test_what_each_column_is_made_of(table, schema):
    transform = Transform.fit(
        table, schema, function=lambda c: [c["age"] / c["pay"], c["job"].one_hot(top=1, oov=0), c["size"]]
    )
    assert transform.sources == {
        "age/pay": ("age", "pay"),
        "job=smith": ("job",),
        "job?missing": ("job",),
        "size": ("size",),
    }
    plain = Transform.fit(table, schema, exclude=["note"])
    assert plain.sources["age=missing"] == ("age",)
    assert list(plain.sources) == list(plain.outputs)


def test_the_rules_by_type_are_the_function_that_says_the_same(table, schema):
    """The fit without a function, and its ops, to the last bit of rounding."""
    plain = Transform.fit(table, schema, exclude=["note", "size", "at"])
    said = Transform.fit(
        table,
        schema,
        function=lambda c: (
            [c[name].impute("median").z_score() for name in ("age", "pay", "same", "member")]
            + [c["job"].one_hot(top=100)]
        ),
    )
    kept = [place for place, name in enumerate(plain.outputs) if name != "age=missing"]
    np.testing.assert_allclose(plain.apply(table)[:, kept], said.apply(table), rtol=1e-12, atol=1e-12)
    parts = [step.apply(table.column(step.column)) for step in plain.steps]
    assert np.concatenate(parts, axis=1).tobytes() == plain.apply(table).tobytes()


def test_numbers_beyond_measure_are_no_reason_to_warn():
    table = Table.from_columns({"x": [1e308, -1e308, float("inf"), 1.0], "z": [float("inf"), 0.0, 1.0, 1e-300]})
    schema = Schema(features={name: Feature(name=name, type=ColumnType.FLOAT) for name in table.names})
    made = matrix(
        table,
        schema,
        lambda c: [c["x"].z_score(), c["x"] - c["z"], c["x"] / c["z"], c["x"].yeo_johnson(), c["x"].min_max()],
    )
    assert made.shape == (4, 5)
    assert np.isfinite(made[3]).all()


def test_odd_columns_and_no_rows():
    table = Table.from_columns(
        {
            "b": [True, False, None],
            "by": [b"\x01\x02", None, b"\xff\x00"],
            "d": ["2024-01-01", None, "2024-02-03"],
            "an \"odd'=?": [1, 2, 3],
        },
        types={"d": ColumnType.DATE},
    )
    schema = Schema(
        features={column.name: Feature(name=column.name, type=column.type) for column in table.columns}
    )

    def function(c):
        yield c["b"].one_hot(), c["b"] * 1, c["d"].is_missing(), c["d"].impute(0.0), c["an \"odd'=?"].min_max()
        yield c["by"].pixels(1, 2, 1).resize(1, 1).normalize(0, 255)

    made = matrix(table, schema, function)
    assert made[:, :4].tolist() == [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
    np.testing.assert_array_equal(made[:, 4], [1.0, 0.0, np.nan])
    assert made[:, 5:8].tolist() == [[0.0, 1704067200.0, 0.0], [1.0, 0.0, 0.5], [0.0, 1706918400.0, 1.0]]
    np.testing.assert_allclose(made[:, 8], [1.5 / 255, np.nan, 0.5])
    assert matrix(table.rows(0, 0), schema, function).shape == (0, 7)
    parts = Transform.fit([table, table.rows(0, 0)], schema, function=function)
    np.testing.assert_array_equal(parts.apply(table), made)
    with pytest.raises(InputError, match="no row has all the numbers"):
        Transform.fit(table.rows(1, 2), schema, function=lambda c: c.concat("b", "d").pca(1))
    with pytest.raises(InputError, match="3 components of 2 columns"):
        Transform.fit(table, schema, function=lambda c: c.concat("b", "d").pca(3))
