"""Files of scikit-learn models: reproducible, and harmless whoever wrote them."""

from __future__ import annotations

import io
import json
import zipfile

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from mainspring.core.errors import InputError, IntegrityError
from mainspring.models.adapters.skops_files import dump_sklearn, load_sklearn

RANDOM = np.random.default_rng(0)
MATRIX = RANDOM.normal(size=(200, 3))
TARGET = (MATRIX[:, 0] > 0).astype(np.int64)

ESTIMATORS = {
    "logistic": lambda: LogisticRegression(),
    "forest": lambda: RandomForestClassifier(5, max_leaf_nodes=8, random_state=0),
    "histogram": lambda: HistGradientBoostingClassifier(max_iter=5, categorical_features=[2], random_state=0),
    "neighbours": lambda: KNeighborsClassifier(),
    "vectors": lambda: SVC(),
}


def made(name):
    matrix = MATRIX.copy()
    matrix[:, 2] = np.round(np.abs(matrix[:, 2]))
    return ESTIMATORS[name]().fit(matrix, TARGET), matrix


@pytest.mark.parametrize("name", ESTIMATORS)
def test_same_bytes_and_same_answers(name):
    estimator, matrix = made(name)
    data = dump_sklearn(estimator)
    assert data == dump_sklearn(made(name)[0])
    again = load_sklearn(data)
    assert np.array_equal(again.predict(matrix), estimator.predict(matrix))


def test_code_is_not_trusted():
    estimator = FunctionTransformer(print).fit(MATRIX)
    with pytest.raises(InputError, match="not trusted: builtins"):
        dump_sklearn(estimator)
    with pytest.raises(IntegrityError, match="not trusted"):
        load_sklearn(skops.io.dumps(estimator))


def test_a_function_inside_a_partial_is_looked_at():
    data = dump_sklearn(made("histogram")[0])
    assert b"check_array" in _schema(data)
    changed = _replaced(
        data, lambda text: text.replace("sklearn.utils.validation", "os").replace("check_array", "system")
    )
    with pytest.raises(IntegrityError, match=r"not trusted: os\.system"):
        load_sklearn(changed)


def test_a_file_that_is_none():
    with pytest.raises(IntegrityError, match="cannot be read"):
        load_sklearn(b"nothing of the kind")


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("forest", "left_child", 10_000),
        ("forest", "right_child", 0),
        ("forest", "feature", 99),
        ("histogram", "left", 4_000_000),
        ("histogram", "feature_idx", 99),
    ],
)
def test_a_tree_that_points_outside_itself_is_refused(name, field, value):
    """The compiled code of the trees follows indices without looking: it would read foreign memory."""
    data = dump_sklearn(made(name)[0])
    with pytest.raises(IntegrityError, match="points outside itself"):
        load_sklearn(_poisoned(data, field, value))


def _schema(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read("schema.json")


def _replaced(data, change):
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as out:
        for name in source.namelist():
            content = source.read(name)
            if name == "schema.json":
                content = change(content.decode()).encode()
                json.loads(content)
            out.writestr(name, content)
    return target.getvalue()


def _poisoned(data, field, value):
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as out:
        for name in source.namelist():
            content = source.read(name)
            array = np.load(io.BytesIO(content), allow_pickle=False) if name.endswith(".npy") else None
            if array is not None and array.dtype.names and field in array.dtype.names:
                array[field][0] = value
                buffer = io.BytesIO()
                np.save(buffer, array)
                content = buffer.getvalue()
            out.writestr(name, content)
    return target.getvalue()
