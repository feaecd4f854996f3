"""``mainspring models import``: a file from elsewhere becomes a version."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from mainspring.app.cli.main import main


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "mainspring.toml").write_text("")
    matrix = np.random.default_rng(0).normal(size=(60, 2))
    model = LogisticRegression().fit(matrix, np.where(matrix[:, 0] > 0, "up", "down"))
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(model))
    lines = [f"{a},{b},{label}" for (a, b), label in zip(matrix, model.predict(matrix), strict=True)]
    (tmp_path / "rows.csv").write_text("\n".join(["a,b,way", *lines]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_pickle_is_imported_once_it_is_trusted(project, capsys):
    assert main(["models", "import", "way", "m.pkl", "--example", "rows.csv", "--expected", "way"]) == 1
    assert "sklearn.linear_model._logistic.LogisticRegression" in capsys.readouterr().err
    arguments = ["models", "import", "way", "m.pkl", "--example", "rows.csv", "--expected", "way", "--trust"]
    assert main([*arguments, "--alias", "production"]) == 0
    assert "tried on 60 rows" in capsys.readouterr().out
    assert main([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["version"], told["inputs"], told["classes"]) == ("1.0.0", ["a", "b"], ["down", "up"])
    assert main(["predict", "way@production", "--row", '{"a": 3, "b": 0}', "--json"]) == 0
    assert "up" in capsys.readouterr().out


def test_what_is_wrong_is_told(project, capsys):
    assert main(["models", "import", "way", "m.pkl", "--trust", "--arguments", "[1]"]) == 1
    assert "--arguments is no object" in capsys.readouterr().err
    assert main(["models", "import", "way", "rows.csv"]) == 1
    assert "does not look like a model" in capsys.readouterr().err
