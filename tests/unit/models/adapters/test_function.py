"""Functions of one's own: what they are given, what they may return, and what loading one trusts."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from mainspring.core.errors import InputError, IntegrityError
from mainspring.models import build, train
from mainspring.models.files import Files
from mainspring.models.model import Model

OWN = '''
import json

import numpy as np
from sklearn.linear_model import LogisticRegression

CALLS = []


def logistic(matrix, target, seed, C=1.0):
    CALLS.append((seed, C))
    return LogisticRegression(C=C, random_state=seed, max_iter=500).fit(matrix, target)


class Shares:
    def __init__(self, shares):
        self.shares = shares

    def predict_proba(self, matrix):
        return np.tile(self.shares, (len(matrix), 1))

    def save(self, folder):
        (folder / "shares.json").write_text(json.dumps(list(self.shares)))

    @classmethod
    def load(cls, folder):
        return cls(json.loads((folder / "shares.json").read_text()))


def shares(matrix, target, classes):
    return Shares((np.bincount(target, minlength=len(classes)) / len(target)).tolist())


class Lost:
    def predict_proba(self, matrix):
        return np.zeros((len(matrix), 2))


def lost(matrix, target):
    return Lost()


def number(matrix, target):
    return 3


def chance(matrix, target, classes):
    """It asks the global generator."""
    return Shares(np.random.dirichlet(np.ones(len(classes))).tolist())


def needy(matrix, target, colour):
    return None


def told(matrix, target, classes, options):
    for one in range(3):
        from mainspring.models.training_options import Iteration

        options.on_iteration(Iteration(one + 1, {"validation loss": 1.0 / (one + 1)}))
    return shares(matrix, target, classes)
'''


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    (tmp_path / "own_functions.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "own_functions", raising=False)


@pytest.fixture
def learn(tables, transforms):
    """Trains with a function of the module."""

    def with_function(name, **options):
        return train(
            tables["binary"], transforms["binary", "filled"], estimator=f"own_functions:{name}", **options
        )

    return with_function


def test_what_scikit_learn_can_do_is_exported(learn, tables):
    model = learn("logistic", params={"C": 0.5}, seed=7)
    import own_functions

    assert own_functions.CALLS == [(7, 0.5)]
    assert build(model, tables["binary"]).parity.runtime == "onnx"


def test_a_class_of_ones_own_is_saved_by_itself(learn, tables, tmp_path):
    model = learn("shares")
    assert build(model, tables["binary"]).parity.runtime == "python"
    folder = tmp_path / "saved"
    folder.mkdir()
    model.save(folder)
    assert Model.load(folder).predict(tables["binary"]) == model.predict(tables["binary"])


def test_the_global_generator_is_seeded(learn, tables):
    one, two, other = (learn("chance", seed=seed).predict(tables["binary"]).scores for seed in (1, 1, 2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_a_function_that_asks_for_options_is_given_them(learn):
    model = learn("told", validation=0.2)
    assert model.training.curves == {"validation loss": (1.0, 1 / 2, 1 / 3)}


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("nothing", {}, "has no function 'nothing'"),
        ("logistic", {"params": {"D": 1, "seed": 3}}, "no parameter 'D'; 'seed' is not for params to set"),
        ("needy", {}, "it needs 'colour'"),
        ("number", {}, "returned a int"),
        ("lost", {}, "Lost, which cannot be saved without pickle"),
        ("shares", {"validation": 0.2}, "cannot do: validation"),
    ],
)
def test_what_is_refused(name, options, words, learn):
    with pytest.raises(InputError, match=words):
        learn(name, **options)


def test_a_module_that_is_not_there(tables, transforms):
    with pytest.raises(InputError, match="No module named 'not_here'") as caught:
        train(tables["binary"], transforms["binary", "filled"], estimator="not_here:train")
    assert "PYTHONPATH" in caught.value.fix


def test_the_file_may_not_name_a_class_elsewhere(learn):
    model = learn("shares")
    files = dict(model.fitted.dump().content)
    head = json.loads(files["function.json"])
    for name in ("subprocess:Popen", "own_functions:json", "own_functions:Lost"):
        files["function.json"] = json.dumps({**head, "class": name}).encode()
        from mainspring.core.plugins import load

        with pytest.raises(IntegrityError, match="names the class"):
            load("trainers", "function")().load(Files(files), model.recipe)
