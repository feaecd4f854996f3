"""Model files of other libraries, served by column without a package."""

from __future__ import annotations

import importlib.util
import pickle
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from mainspring.core.errors import InputError, MainspringError
from mainspring.models.foreign import UntrustedError
from mainspring.models.signature import BadInputError
from mainspring.serving.bare_files import open_file
from mainspring.serving.model_files import holds_model, model_file
from mainspring.serving.predictor import Predictor
from mainspring.serving.repository import Folder

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 3))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
QUIET = {"verbose": -1, "num_threads": 1, "min_data_in_leaf": 5, "seed": 0}


def opened(file: Path, **more: Any) -> Predictor:
    model = open_file(file, name="it", **more)
    assert isinstance(model, Predictor)
    return model


def rows(model: Predictor, matrix: np.ndarray) -> list[dict[str, float]]:
    return [dict(zip(model.signature.names, row, strict=True)) for row in matrix.tolist()]


def boosted(file: Path, **params: Any) -> Any:
    target = params.pop("target", Y)
    booster = lightgbm.train({**QUIET, **params}, lightgbm.Dataset(X, target), 5)
    booster.save_model(file)
    return booster


@pytest.mark.parametrize(
    ("params", "classes"),
    [
        ({"objective": "binary"}, ("0", "1")),
        ({"objective": "multiclass", "num_class": 3, "target": Y + (X[:, 2] > 1)}, ("0", "1", "2")),
        ({"objective": "regression", "target": X[:, 0]}, None),
    ],
)
def test_lightgbm_answers_as_itself(tmp_path: Path, params: dict[str, Any], classes: Any) -> None:
    booster = boosted(tmp_path / "model.txt", **params)
    model = opened(tmp_path / "model.txt")
    assert (model.classes, model.runtime) == (classes, "foreign-lightgbm")
    assert model.signature.names == ("Column_0", "Column_1", "Column_2")
    found = model.from_rows(rows(model, X[:20])).outputs
    expected = booster.predict(X[:20])
    if classes is None:
        np.testing.assert_array_equal(found["prediction"], expected)
    else:
        scores = expected if expected.ndim == 2 else np.column_stack([1 - expected, expected])
        np.testing.assert_array_equal(found["probabilities"], scores)
        assert found["label"].tolist() == [classes[place] for place in scores.argmax(axis=1)]
    missing = model.from_rows([dict.fromkeys(model.signature.names)])
    assert missing.rows == 1
    assert model.quick


def test_lightgbm_asks_for_the_categories_of_pandas_by_name(tmp_path: Path) -> None:
    frame = pd.DataFrame({"n": X[:, 0], "word": pd.Categorical(np.where(X[:, 1] > 0, "up", "down"))})
    params = {**QUIET, "objective": "binary", "min_data_per_group": 1, "cat_smooth": 1}
    booster = lightgbm.train(params, lightgbm.Dataset(frame, Y), 5)
    booster.save_model(tmp_path / "model.txt")
    model = opened(tmp_path / "model.txt")
    assert [(one.datatype, one.domain) for one in model.inputs] == [("FP64", None), ("BYTES", ("down", "up"))]
    found = model.from_lists({"n": frame["n"].tolist(), "word": frame["word"].tolist()})
    np.testing.assert_allclose(found.outputs["probabilities"][:, 1], booster.predict(frame))
    unseen = model.from_rows([{"n": 0.0, "word": "sideways"}, {"n": 0.0, "word": None}]).outputs["probabilities"]
    assert unseen[0].tolist() == unseen[1].tolist()


def test_a_text_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(InputError, match="this is no model file of LightGBM"):
        opened(tmp_path / "notes.txt")
    (tmp_path / "half.txt").write_text("tree\nversion=v4\n")
    with pytest.raises(MainspringError):
        opened(tmp_path / "half.txt")


@pytest.mark.skipif(importlib.util.find_spec("xgboost") is None, reason="XGBoost is not installed")
@pytest.mark.parametrize("suffix", [".json", ".ubj"])
@pytest.mark.parametrize(
    ("params", "classes"),
    [
        ({"objective": "binary:logistic"}, ("0", "1")),
        ({"objective": "multi:softprob", "num_class": 3}, ("0", "1", "2")),
        ({"objective": "reg:squarederror"}, None),
        ({"objective": "reg:squarederror", "booster": "gblinear"}, None),
    ],
)
def test_xgboost_answers_as_itself(tmp_path: Path, suffix: str, params: dict[str, Any], classes: Any) -> None:
    import xgboost

    data = xgboost.DMatrix(X, Y, feature_names=["a", "b", "c"])
    booster = xgboost.train({"nthread": 1, **params}, data, 5)
    booster.save_model(tmp_path / f"model{suffix}")
    model = opened(tmp_path / f"model{suffix}")
    assert (model.classes, model.signature.names) == (classes, ("a", "b", "c"))
    found = model.from_rows(rows(model, X[:20])).outputs
    expected = booster.predict(xgboost.DMatrix(X[:20], feature_names=["a", "b", "c"]))
    scores = found["prediction"] if classes is None else found["probabilities"]
    if expected.ndim < scores.ndim:
        expected = np.column_stack([1 - expected, expected])
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-6)


def test_scikit_learn_answers_without_running_code_and_refuses_what_is_missing(tmp_path: Path) -> None:
    fitted = LogisticRegression().fit(X, np.where(Y == 1, "yes", "no"))
    skops.io.dump(fitted, tmp_path / "model.skops")
    model = opened(tmp_path / "model.skops")
    assert (model.classes, model.signature.names) == (("no", "yes"), ("x0", "x1", "x2"))
    found = model.from_rows(rows(model, X[:5])).outputs
    np.testing.assert_array_equal(found["probabilities"], fitted.predict_proba(X[:5]))
    with pytest.raises(BadInputError, match="column 'x1' has no value"):
        model.from_rows([{"x0": 1.0, "x1": None, "x2": 0.0}])


def test_a_pickle_is_opened_with_trust_only(tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    file.write_bytes(pickle.dumps(LogisticRegression().fit(X, Y)))
    with pytest.raises(UntrustedError, match="a pickle runs code"):
        opened(file)
    assert opened(file, trust=True).classes == ("0", "1")


def test_what_nothing_reads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no model here"):
        open_file(tmp_path / "model.onnx", name="it")
    (tmp_path / "model.h5").write_bytes(b"")
    with pytest.raises(InputError, match=r"files of \.h5 are not served"):
        open_file(tmp_path / "model.h5", name="it")


def test_a_folder_of_models_may_hold_files(tmp_path: Path) -> None:
    for version in ("1", "2"):
        (tmp_path / "trees" / version).mkdir(parents=True)
        boosted(tmp_path / "trees" / version / "model.txt", objective="binary")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "readme.txt").write_text("hello")
    found = [(one.name, one.version) for one in Folder(tmp_path).packages()]
    assert found == [("trees", "1"), ("trees", "2")]
    assert holds_model(tmp_path / "trees" / "1")
    assert model_file(tmp_path / "trees" / "1") == tmp_path / "trees" / "1" / "model.txt"
    assert model_file(tmp_path / "trees") is None
