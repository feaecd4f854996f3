"""Transformers of scikit-learn as ops: the same matrix as the original, and one ONNX file."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)

from mainspring.core.errors import InputError
from mainspring.data import Table
from mainspring.models import build, train
from mainspring.models.conversion import prove_conversion, transform_of
from mainspring.models.matrices import prove_matrix
from mainspring.models.ports import NotExportableError

NUMBERS = {
    "standard": StandardScaler(),
    "standard_without_mean": StandardScaler(with_mean=False),
    "min_max": MinMaxScaler((-1, 2)),
    "min_max_clipped": MinMaxScaler(clip=True),
    "robust": RobustScaler(),
    "max_abs": MaxAbsScaler(),
    "ordinal_buckets": KBinsDiscretizer(4, encode="ordinal", quantile_method="linear"),
    "one_hot_buckets": KBinsDiscretizer(3, encode="onehot", strategy="uniform"),
    "quantiles": QuantileTransformer(n_quantiles=20),
    "yeo_johnson": PowerTransformer(),
    "yeo_johnson_alone": PowerTransformer(standardize=False),
    "polynomial": PolynomialFeatures(2),
    "interactions": PolynomialFeatures(3, interaction_only=True, include_bias=False),
    "normalizer": Normalizer(),
    "normalizer_l1": Normalizer("l1"),
    "normalizer_max": Normalizer("max"),
    "binarizer": Binarizer(threshold=5.0),
    "identity": FunctionTransformer(),
    "square": FunctionTransformer(np.square),
    "log1p": FunctionTransformer(np.log1p),
    "pca": PCA(2),
    "whitened_pca": PCA(2, whiten=True),
    "svd": TruncatedSVD(2),
    "selected": VarianceThreshold(20.0),
    "union": FeatureUnion([("scaled", StandardScaler()), ("pca", PCA(1))]),
    "pipeline": make_pipeline(StandardScaler(), PCA(2), StandardScaler()),
}


def numbers(rows: int = 150) -> Table:
    random = np.random.default_rng(7)
    zeros = np.where(random.random(rows) < 0.4, 0.0, random.gamma(2.0, 10.0, rows))
    columns = {"a": random.normal(5, 3, rows), "b": zeros, "c": random.integers(0, 30, rows).astype(float)}
    columns["a"] = np.abs(columns["a"])
    return Table.from_columns({**{name: v.tolist() for name, v in columns.items()}, "y": (zeros > 9).tolist()})


def matrix(table: Table) -> np.ndarray:
    return np.column_stack([table.column(name) for name in ("a", "b", "c")])


@pytest.mark.filterwarnings("ignore:Bins whose width are too small")
@pytest.mark.parametrize("name", NUMBERS)
def test_transformers_of_numbers(name):
    table = numbers()
    fitted = NUMBERS[name].fit(matrix(table))
    transform = transform_of(fitted, table, label="y")
    found = transform.apply(table)
    made = fitted.transform(matrix(table))
    expected = made.toarray() if hasattr(made, "toarray") else made
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert prove_matrix(transform, table).ok


def mixed() -> Table:
    random = np.random.default_rng(3)
    kinds = random.choice(["red", "green", "blue", "rare", None], 120, p=[0.4, 0.3, 0.15, 0.05, 0.1]).tolist()
    size = np.where(random.random(120) < 0.1, np.nan, random.normal(0, 2, 120))
    label = np.where(np.nan_to_num(size) + (np.array(kinds) == "red") > 0.5, "yes", "no").tolist()
    return Table.from_columns(
        {
            "size": [None if np.isnan(value) else value for value in size.tolist()],
            "kind": kinds,
            "doors": random.integers(2, 6, 120).tolist(),
            "new": (random.random(120) < 0.5).tolist(),
            "label": label,
        }
    )


def frame(table: Table):
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(table.drop(["label"]).to_columns())


ENCODERS = {
    "ignored": OneHotEncoder(handle_unknown="ignore"),
    "refused": OneHotEncoder(),
    "first_dropped": OneHotEncoder(drop="first", handle_unknown="ignore"),
    "infrequent": OneHotEncoder(min_frequency=15, handle_unknown="infrequent_if_exist"),
    "ordinal": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    "ordinal_missing": OrdinalEncoder(encoded_missing_value=-5),
}


@pytest.mark.filterwarnings("ignore:Found unknown categories")
@pytest.mark.parametrize("name", ENCODERS)
def test_encoders(name):
    table = mixed()
    rows = frame(table)
    fitted = ColumnTransformer([("words", ENCODERS[name], ["kind", "doors", "new"])]).fit(rows)
    transform = transform_of(fitted, table, label="label")
    made = fitted.transform(rows)
    np.testing.assert_array_equal(transform.apply(table), made.toarray() if hasattr(made, "toarray") else made)
    assert transform.ignored == {"size": "not used by the transformer"}
    assert prove_matrix(transform, table).max_difference == 0.0


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_a_column_transformer_trains_and_is_packaged_as_one_file():
    table = mixed()
    number = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    word = make_pipeline(
        SimpleImputer(strategy="constant", fill_value="none"), OneHotEncoder(handle_unknown="ignore")
    )
    fitted = ColumnTransformer(
        [("word", word, ["kind"]), ("number", number, ["size", "doors"])], remainder="passthrough"
    ).fit(frame(table))
    transform = transform_of(fitted, table, label="label")
    assert prove_conversion(fitted, transform, table).max_difference == 0.0
    expected = fitted.transform(frame(table))
    np.testing.assert_array_equal(transform.apply(table), np.asarray(expected, dtype=float))
    model = train(table, transform, estimator="HistGradientBoostingClassifier", params={"max_iter": 10})
    package = build(model, table)
    assert package.runtime == "onnx"
    answer = package.open().predict(
        package.signature.columns([{"size": None, "kind": "never seen", "doors": 3, "new": True}])
    )
    assert answer["label"][0] in {"yes", "no"}


TEXTS = ["The cat  sat", "a dog\tand A CAT", "", "cat cat dog Ärger", "sat\nsat the end", "ärger the dog"]


@pytest.mark.parametrize(
    "fitted",
    [
        CountVectorizer(token_pattern=r"\S+"),
        CountVectorizer(token_pattern=r"\S+", binary=True, ngram_range=(1, 2), stop_words=["the"]),
        TfidfVectorizer(token_pattern=r"\S+"),
        TfidfVectorizer(token_pattern=r"\S+", norm="l1", use_idf=False, max_features=3),
    ],
    ids=["counts", "ngrams", "tf_idf", "shares"],
)
def test_texts(fitted):
    table = Table.from_columns({"text": TEXTS * 4})
    transform = transform_of(fitted.fit(TEXTS * 4), table)
    np.testing.assert_allclose(transform.apply(table), fitted.transform(TEXTS * 4).toarray(), rtol=1e-11)
    assert prove_matrix(transform, table).ok


def test_a_pattern_of_words_is_converted_and_runs_in_python_alone():
    table = Table.from_columns({"text": TEXTS * 4})
    transform = transform_of(TfidfVectorizer().fit(TEXTS * 4), table)
    with pytest.raises(NotExportableError, match="pattern"):
        prove_matrix(transform, table)


REFUSED = {
    "KNNImputer has no op": KNNImputer(),
    "SplineTransformer has no op": SplineTransformer(),
    "QuantileTransformer to the normal": QuantileTransformer(n_quantiles=9, output_distribution="normal"),
    "FunctionTransformer of 'exp'": FunctionTransformer(np.exp),
    "chooses among the columns of one value": make_pipeline(PCA(2), SelectKBest(k=1)),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_has_no_op_is_refused_with_the_reason(reason):
    table = numbers()
    fitted = REFUSED[reason].fit(matrix(table), table.column("y"))
    with pytest.raises(NotExportableError, match=reason):
        transform_of(fitted, table, label="y")


def test_other_columns_are_refused():
    table = numbers()
    with pytest.raises(InputError, match="3 instead of 2"):
        transform_of(StandardScaler().fit(matrix(table)), table.drop(["a"]), label="y")
    with pytest.raises(InputError, match="fitted on other columns: size"):
        transform_of(ColumnTransformer([("a", "passthrough", ["size"])]).fit(frame(mixed())), table, label="y")
