"""What the methods of columns give, beside the answers of scikit-learn and those worked out by hand."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MinMaxScaler,
    OneHotEncoder,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)

from mainspring.data import ColumnType, Feature, Schema, Table, Transform


def matrix(table, schema, function, **options):
    return Transform.fit(table, schema, function=function, **options).apply(table)


def known(table, name):
    return table.column(name)[:, None]


@pytest.mark.parametrize(
    ("method", "oracle"),
    [
        ("z_score", StandardScaler()),
        ("min_max", MinMaxScaler()),
        ("robust", RobustScaler()),
        ("yeo_johnson", PowerTransformer(standardize=False)),
    ],
)
@pytest.mark.parametrize("column", ["age", "pay", "same"])
def test_scaled_numbers_are_as_scikit_learn_has_them(table, schema, method, oracle, column):
    if (method, column) == ("yeo_johnson", "same"):
        pytest.skip("of a constant any power is as good as another")
    made = matrix(table, schema, lambda c: getattr(c[column], method)())
    # Its quantiles interpolate between two numbers where ours are their mean.
    tolerance = 2e-2 if method == "robust" else 1e-5 if method == "yeo_johnson" else 1e-9
    np.testing.assert_allclose(made, oracle.fit_transform(known(table, column)), rtol=tolerance, atol=tolerance)


def test_box_cox_is_as_scikit_learn_has_it(table, schema):
    wanted = PowerTransformer("box-cox", standardize=False).fit_transform(known(table, "pay"))
    np.testing.assert_allclose(matrix(table, schema, lambda c: c["pay"].box_cox()), wanted, rtol=1e-5)


def test_constants_and_columns_without_numbers_stay_finite():
    table = Table.from_columns({"same": [4.0, 4.0], "none": [None, None]}, types={"none": ColumnType.FLOAT})
    schema = Schema(features={name: Feature(name=name, type=ColumnType.FLOAT) for name in table.names})
    methods = ("z_score", "min_max", "robust", "normal_scores", "rank", "box_cox", "yeo_johnson")
    for method in methods:
        made = matrix(table, schema, lambda c, method=method: getattr(c["same"], method)())
        assert np.isfinite(made).all(), method
        assert np.isnan(matrix(table, schema, lambda c, method=method: getattr(c["none"], method)())).all()
    for how in ("median", "mean", "most_frequent"):
        made = matrix(table, schema, lambda c, how=how: c["none"].impute(how).z_score())
        assert made.tolist() == [[0.0], [0.0]]
    assert matrix(table, schema, lambda c: c["same"].bucketize(4)).tolist() == [[1.0], [1.0]]
    assert matrix(table, schema, lambda c: c["none"].clip(quantiles=(0.1, 0.9)).impute(0)).tolist() == [[0.0]] * 2


def test_population_variance_and_a_constant_that_is_only_shifted():
    table = Table.from_columns({"x": [1.0, 2.0, 3.0, None], "same": [5.0, 5.0, 5.0, 5.0]})
    schema = Schema(features={name: Feature(name=name, type=ColumnType.FLOAT) for name in table.names})
    made = matrix(table, schema, lambda c: [c["x"].z_score(), c["same"].z_score()])
    root = 1.5**0.5
    np.testing.assert_allclose(made, [[-root, 0], [0, 0], [root, 0], [np.nan, 0]], rtol=1e-15)


def test_normal_scores_are_those_of_the_ranks():
    table = Table.from_columns({"x": [10.0, 30.0, 20.0, 20.0]})
    schema = Schema(features={"x": Feature(name="x", type=ColumnType.FLOAT)})
    transform = Transform.fit(table, schema, function=lambda c: [c["x"].rank(), c["x"].normal_scores()])
    np.testing.assert_allclose(transform.apply(table)[:, 0], [0.125, 0.875, 0.5, 0.5])
    np.testing.assert_allclose(transform.apply(table)[:, 1], [-1.15034938, 1.15034938, 0, 0], atol=1e-8)
    between = transform.apply_columns({"x": np.array([15.0, -1.0, 99.0])})
    np.testing.assert_allclose(between[:, 0], [0.3125, 0.125, 0.875])


def test_groups_are_scaled_each_by_itself(table, schema):
    made = matrix(table, schema, lambda c: [c["pay"].z_score(by=c["job"]), c["pay"].min_max(by=c["job"])])
    jobs = table.column("job")
    for job in ("smith", "clerk", "cook", "judge"):
        mine = made[jobs == job]
        np.testing.assert_allclose([mine[:, 0].mean(), mine[:, 0].std()], [0, 1], atol=1e-12)
        assert (mine[:, 1].min(), mine[:, 1].max()) == (0.0, 1.0)
    pay = table.column("pay")
    nobody = np.array([job is None for job in jobs])
    np.testing.assert_allclose(made[nobody, 0], ((pay - pay.mean()) / pay.std())[nobody], rtol=1e-9)


def test_imputed_numbers_and_words(table, schema):
    transform = Transform.fit(
        table,
        schema,
        function=lambda c: [
            c["age"].impute("median", indicator=True).z_score(),
            c["age"].impute(-1.0),
            c["job"].impute("most_frequent").vocabulary(),
            c["size"].impute("most_frequent"),
        ],
    )
    assert transform.outputs == (
        "age.impute.z_score",
        "age.missing",
        "age.impute_2",
        "job.impute.vocabulary",
        "size.impute",
    )
    made = transform.apply(table)
    age = table.column("age")
    filled = np.where(np.isnan(age), np.nanmedian(age), age)
    np.testing.assert_allclose(made[:, 0], (filled - filled.mean()) / filled.std(), atol=1e-12)
    np.testing.assert_array_equal(made[:, 1], np.isnan(age))
    assert made[0, 2] == -1.0
    assert (made[:, 3] == 0.0).sum() == sum(job in {"smith", None} for job in table.column("job"))


def test_one_hot_is_as_scikit_learn_has_it(table, schema):
    present = table.where("job IS NOT NULL")
    made = matrix(present, schema, lambda c: c["job"].one_hot(oov=0, missing=False))
    wanted = OneHotEncoder(categories=[["smith", "clerk", "cook", "judge"]]).fit_transform(known(present, "job"))
    np.testing.assert_array_equal(made, wanted.toarray())


def test_a_vocabulary_is_ordered_by_frequency_then_by_the_word(schema):
    table = Table.from_columns({"w": ["b", "a", "c", "c", "", None, "d", "d", "d"]})
    schema = Schema(features={"w": Feature(name="w", type=ColumnType.STRING)})
    ways = {
        "all": lambda c: c["w"].vocabulary(),
        "top": lambda c: c["w"].vocabulary(top=2),
        "least": lambda c: c["w"].vocabulary(min_count=2, oov=1),
        "changed": lambda c: c["w"].lower().vocabulary(),
        "given": lambda c: c["w"].vocabulary(words=["a", "d"]),
    }
    found = {name: Transform.fit(table, schema, function=way).steps[-1].vocabulary for name, way in ways.items()}
    assert found["all"] == found["changed"] == ("d", "c", "", "a", "b")
    assert (found["top"], found["least"], found["given"]) == (("d", "c"), ("d", "c"), ("a", "d"))
    made = matrix(table, schema, ways["least"])[:, 0]
    np.testing.assert_array_equal(made, [2, 2, 1, 1, 2, np.nan, 0, 0, 0])


def test_one_hot_columns_for_unseen_and_missing_words(table, schema):
    transform = Transform.fit(
        table, schema, function=lambda c: [c["job"].one_hot(top=2), c["size"].one_hot(oov=2)]
    )
    assert transform.outputs[:4] == ("job=smith", "job=clerk", "job?unseen", "job?missing")
    words = np.array(["clerk", "cook", "new", None], dtype=object)
    made = transform.apply_columns({"job": words, "size": np.array([0.0, 9.0, np.nan, 1.5])})
    assert made[:, :4].tolist() == [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    np.testing.assert_array_equal(made[:, 4:].sum(axis=1), 1.0)
    assert made[2, -1] == 1.0


def test_crosses_hashes_and_frequencies(table, schema):
    transform = Transform.fit(
        table,
        schema,
        function=lambda c: [
            c.cross(c["at"].date_part("weekday"), c["at"].date_part("hour")).one_hot(),
            c.cross("job", "size").hash(16),
            c["job"].hash(8).one_hot(),
            c["job"].frequency(),
        ],
    )
    made = transform.apply(table)
    assert transform.outputs[0].startswith("at.weekday_x_at.hour=")
    assert made.shape[1] == len(transform.outputs)
    jobs = table.column("job")
    share = sum(job == "smith" for job in jobs) / sum(job is not None for job in jobs)
    assert made[jobs == "smith", -1].tolist() == [share] * sum(jobs == "smith")
    np.testing.assert_array_equal(made[:, -9:-1].sum(axis=1), [job is not None for job in jobs])


def test_buckets(table, schema):
    made = matrix(table, schema, lambda c: [c["pay"].bucketize(4), c["pay"].bucketize([100, 1000]).one_hot()])
    wanted = KBinsDiscretizer(4, encode="ordinal", strategy="quantile", quantile_method="averaged_inverted_cdf")
    np.testing.assert_array_equal(made[:, :1], wanted.fit_transform(known(table, "pay")))
    names = Transform.fit(table, schema, function=lambda c: c["pay"].bucketize([100, 1000]).one_hot()).outputs
    assert names == ("pay.bucketize=..100", "pay.bucketize=100..1000", "pay.bucketize=1000..")


def test_texts(table, schema):
    transform = Transform.fit(
        table,
        schema,
        function=lambda c: (
            c["note"].lower().clean("[0-9]", "#").tokens().bag_of_words(top=3),
            c["note"].tokens().without(["The", "no"]).ngrams(2, 2).tf_idf(top=2),
            c["note"].characters(2, 3).hash(8),
            c["note"].tokens().count(),
            c["note"].length(),
        ),
    )
    made = transform.apply(table)
    assert transform.outputs[:3] == tuple(f"note.lower.clean.tokens.bag={word}" for word in ("#", "house", "no"))
    assert made[1, :3].tolist() == [1.0, 1.0, 1.0]
    assert made[0, :3].tolist() == [0.0, 0.0, 0.0]
    assert made[1, -2:].tolist() == [5.0, 18.0]
    assert np.isnan(made[0, -2:]).all()


def test_tf_idf_of_the_documented_example():
    table = Table.from_columns({"t": ["I like pie pie pie", "yum yum pie"]})
    schema = Schema(features={"t": Feature(name="t", type=ColumnType.STRING)})
    transform = Transform.fit(table, schema, function=lambda c: c["t"].tokens().tf_idf())
    assert [name.rpartition("=")[2] for name in transform.outputs] == ["pie", "I", "like", "yum"]
    wanted = [[0.6, 0.28109302, 0.28109302, 0.0], [0.33333333, 0.0, 0.0, 0.93697673]]
    np.testing.assert_allclose(transform.apply(table), wanted, rtol=1e-7)


def test_bags_are_as_scikit_learn_has_them(table, schema):
    notes = [note or "" for note in table.column("note")]
    oracle = CountVectorizer(ngram_range=(1, 2), token_pattern=r"\w+")
    wanted = oracle.fit_transform(notes).toarray()
    transform = Transform.fit(
        table, schema, function=lambda c: c["note"].lower().tokens(r"\w+").ngrams(1, 2).bag_of_words()
    )
    words = [name.rpartition("=")[2] for name in transform.outputs]
    assert sorted(words) == sorted(oracle.vocabulary_)
    np.testing.assert_array_equal(transform.apply(table), wanted[:, [oracle.vocabulary_[word] for word in words]])


def test_dates(table, schema):
    made = matrix(
        table,
        schema,
        lambda c: [
            c["at"].date_parts("year", "month", "weekday", "hour"),
            c["at"].since("2024-01-01", unit="day"),
            c["at"].age("2025-01-01"),
            c["at"].date_part("hour").cycle(24),
        ],
    )
    assert made[0, :5].tolist() == [2024.0, 1.0, 0.0, 0.0, 30 / 1440]
    assert made[0, 5] == pytest.approx((366 - 30 / 1440) / 365.2425)
    assert made[6, 6:].tolist() == pytest.approx([1.0, 0.0])


def test_arithmetic_between_columns(table, schema):
    made = matrix(
        table,
        schema,
        lambda c: [c["age"] + c["pay"], c["age"] * 2, c["pay"] / 100, c["age"] - 1, c["age"].divide(c["size"])],
    )
    turned = matrix(table, schema, lambda c: [1 + c["age"], 1 - c["age"], 2 * c["age"], -c["age"]])
    age, pay, size = (table.column(name) for name in ("age", "pay", "size"))
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = np.where(size == 0, np.nan, age / size)
    np.testing.assert_array_equal(turned, np.stack([1 + age, 1 - age, 2 * age, -age], axis=1))
    np.testing.assert_array_equal(made, np.stack([age + pay, age * 2, pay / 100, age - 1, quotient], axis=1))


def test_principal_components_are_as_scikit_learn_has_them(table, schema):
    def scaled(c):
        return [c["age"].impute("mean").z_score(), c["pay"].z_score(), c["size"].z_score()]

    raw = matrix(table, schema, scaled)
    wanted = PCA(2, svd_solver="full").fit(raw)
    signs = np.sign(wanted.components_[[0, 1], np.abs(wanted.components_).argmax(axis=1)])
    made = matrix(table, schema, lambda c: c.concat(*scaled(c)).pca(2))
    np.testing.assert_allclose(made, wanted.transform(raw) * signs, atol=1e-10)
