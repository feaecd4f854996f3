"""Training by name: what is accepted, what is refused in words, and the same bytes every time."""

from __future__ import annotations

import numpy as np
import pytest

from mainspring.core.errors import InputError, IntegrityError
from mainspring.data import Table
from mainspring.models.files import Files
from mainspring.models.model import Model
from mainspring.models.training import find_estimator, train


def saved(model, folder):
    folder.mkdir(parents=True)
    model.save(folder)
    return dict(Files.in_folder(folder).read_all().content)


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("sklearn.linear_model.LogisticRegression", ("sklearn", "sklearn.linear_model.LogisticRegression")),
        ("LogisticRegression", ("sklearn", "sklearn.linear_model.LogisticRegression")),
        (
            "HistGradientBoostingClassifier",
            ("sklearn", "sklearn.ensemble.HistGradientBoostingClassifier"),
        ),
        ("LGBMRegressor", ("lightgbm", "lightgbm.LGBMRegressor")),
        ("lightgbm.LGBMClassifier", ("lightgbm", "lightgbm.LGBMClassifier")),
        ("sklearn.dummy.DummyClassifier", ("sklearn", "sklearn.dummy.DummyClassifier")),
    ],
)
def test_names(name, full):
    assert find_estimator(name) == full


@pytest.mark.parametrize(
    "name", ["os.system", "sklearn.preprocessing.StandardScaler", "sklearn.cluster.KMeans", ""]
)
def test_only_classifiers_and_regressors_of_the_frameworks(name):
    with pytest.raises(InputError, match="there is no estimator"):
        find_estimator(name)


def test_a_misspelt_estimator_is_told_the_closest():
    with pytest.raises(InputError) as caught:
        find_estimator("lightgbm.LGBMClasifier")
    assert "lightgbm.LGBMClassifier" in caught.value.expected


@pytest.mark.parametrize(
    ("estimator", "params", "words"),
    [
        ("LGBMClassifier", {"num_leafs": 3}, "perhaps 'num_leaves'"),
        ("LogisticRegression", {"c": 3, "penalti": 1}, r"'c' \(perhaps 'C'\), 'penalti' \(perhaps 'penalty'\)"),
        ("LogisticRegression", {"C": -1.0}, "'C' parameter"),
        ("RandomForestClassifier", {"n_estimators": "many"}, "n_estimators"),
        ("LGBMClassifier", {"n_estimators": "many"}, "refused"),
        ("LinearRegression", {}, "predicts numbers, and the label has classes"),
        ("LGBMRegressor", {}, "predicts numbers, and the label has classes"),
        ("StackingClassifier", {}, "missing 1 required positional argument"),
        ("LogisticRegression", {"C": {1, 2}}, "params are not JSON"),
    ],
)
def test_what_is_refused(estimator, params, words, tables, transforms):
    with pytest.raises(InputError, match=words):
        train(tables["binary"], transforms["binary", "filled"], estimator=estimator, params=params)


@pytest.mark.parametrize("estimator", ["LogisticRegression", "LGBMClassifier"])
def test_a_classifier_for_numbers(estimator, tables, transforms):
    with pytest.raises(InputError, match="predicts classes, and the label is a number"):
        train(tables["regression"], transforms["regression", "filled"], estimator=estimator)


def test_gaps_that_an_estimator_cannot_take(tables, transforms):
    with pytest.raises(InputError, match="cannot take missing values") as caught:
        train(tables["binary"], transforms["binary", "gaps"], estimator="LogisticRegression")
    assert "fill missing values" in caught.value.fix


@pytest.mark.parametrize(
    ("estimator", "params"),
    [
        ("LogisticRegression", {"max_iter": 300}),
        ("RandomForestClassifier", {"n_estimators": 10, "n_jobs": 2}),
        ("HistGradientBoostingClassifier", {"max_iter": 10, "early_stopping": True}),
        ("LGBMClassifier", {"n_estimators": 10, "subsample": 0.7, "subsample_freq": 1}),
        ("KNeighborsClassifier", {}),
    ],
)
def test_the_same_training_gives_the_same_bytes(estimator, params, tables, transforms, tmp_path):
    arguments = {"estimator": estimator, "params": params, "seed": 7}
    first = train(tables["binary"], transforms["binary", "filled"], **arguments)
    second = train(tables["binary"], transforms["binary", "filled"], **arguments)
    assert saved(first, tmp_path / "first") == saved(second, tmp_path / "second")
    loaded = Model.load(tmp_path / "first")
    assert saved(loaded, tmp_path / "third") == saved(first, tmp_path / "fourth")
    assert np.array_equal(loaded.predict(tables["binary"]).scores, first.predict(tables["binary"]).scores)
    assert loaded.properties() == first.properties()


def test_the_number_of_threads_does_not_matter(tables, transforms, tmp_path):
    def trees(threads):
        params = {"n_estimators": 10, "n_jobs": threads}
        model = train(tables["binary"], transforms["binary", "filled"], estimator="LGBMClassifier", params=params)
        text = saved(model, tmp_path / str(threads))["estimator/model.txt"].decode()
        return text.partition("\nparameters:")[0]

    assert trees(1) == trees(2)


def test_another_seed_gives_another_model(tables, transforms):
    random = [
        train(
            tables["binary"],
            transforms["binary", "filled"],
            estimator="RandomForestClassifier",
            params={"n_estimators": 5, "max_depth": 3},
            seed=seed,
        )
        .predict(tables["binary"])
        .scores
        for seed in (0, 1)
    ]
    assert not np.array_equal(*random)


def test_an_estimator_without_probabilities_answers_with_its_choice(tables, transforms):
    choice = train(tables["several"], transforms["several", "filled"], estimator="RidgeClassifier")
    scores = choice.predict(tables["several"]).scores
    assert set(np.unique(scores)) == {0.0, 1.0}
    assert (scores.sum(axis=1) == 1).all()
    assert choice.properties()["probabilistic"] is False


def test_classes_that_were_not_there_get_nothing(tables, transforms):
    """A transform fitted on all rows, an estimator on some of them."""
    table = tables["several"].where("label <> 'middle'")
    for estimator in ("LogisticRegression", "LGBMClassifier"):
        model = train(table, transforms["several", "filled"], estimator=estimator)
        scores = model.predict(tables["several"]).scores
        assert scores.shape == (400, 3)
        assert (scores[:, model.recipe.classes.index("middle")] == 0).all()


def test_one_class_is_refused_in_words(tables, transforms):
    table = tables["binary"].where("label = 'yes'")
    with pytest.raises(InputError, match="one class"):
        train(table, transforms["binary", "filled"], estimator="LogisticRegression")


def test_a_file_with_another_estimator_is_refused(tables, transforms, tmp_path):
    model = train(tables["binary"], transforms["binary", "filled"], estimator="LogisticRegression")
    saved(model, tmp_path / "model")
    head = tmp_path / "model/model.json"
    head.write_text(head.read_text().replace("LogisticRegression", "RidgeClassifier"))
    with pytest.raises(IntegrityError, match="holds a LogisticRegression"):
        Model.load(tmp_path / "model")


def test_a_broken_booster_is_refused(tables, transforms, tmp_path):
    model = train(tables["binary"], transforms["binary", "filled"], params={"n_estimators": 2})
    saved(model, tmp_path / "model")
    (tmp_path / "model/estimator/model.txt").write_text("tree\nnothing")
    with pytest.raises(IntegrityError, match="cannot be read"):
        Model.load(tmp_path / "model")


def test_rows_without_a_label_are_refused(fit):
    table = Table.from_columns({"x": [1.0, 2.0, 3.0, 4.0], "label": ["a", "b", "a", "b"]})
    transform = fit(table)
    gaps = Table.from_columns({"x": [1.0, 2.0], "label": ["a", None]})
    with pytest.raises(InputError, match="label 'label' is missing"):
        train(gaps, transform, estimator="LogisticRegression")
