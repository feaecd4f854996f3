"""Networks in ONNX answer as they do in PyTorch, from the raw columns on."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is an extra: pip install 'mainspring[torch]'")

from mainspring.data import Table
from mainspring.models import build, train

QUICK = {"epochs": 3, "lr": 0.01}


@pytest.mark.parametrize(
    ("task", "dtype"), [("binary", "float32"), ("several", "float64"), ("regression", "float32")]
)
def test_a_network_for_tables_is_one_onnx_file(tables, transforms, task, dtype):
    model = train(
        tables[task], transforms[task, "filled"], estimator="torch.MLP", params={**QUICK, "dtype": dtype}
    )
    package = build(model, tables[task])
    assert package.runtime == "onnx", package.parity.fallback_reason
    assert package.parity.max_abs_difference <= (1e-5 if dtype == "float32" else 1e-9)
    assert package.parity.labels_different == 0
    assert not [one for one in package.requirements if one.startswith("torch")]
    again = build(model, tables[task])
    assert package.files.read("model.onnx") == again.files.read("model.onnx")


def numbers(columns, label):
    """A table of numbers and a transform that leaves them as they are."""
    from mainspring.data import Column, Numeric, Transform
    from mainspring.data.celltypes import ColumnType

    table = Table.from_columns({**columns, "label": label})
    return table, Transform(
        inputs=tuple(Column(name, ColumnType.FLOAT) for name in columns),
        steps=tuple(Numeric(name, fill=None, shift=0.0, scale=1.0, indicator=False) for name in columns),
        label="label",
        classes=("no", "yes"),
        ignored={},
    )


@pytest.mark.parametrize(
    ("estimator", "params"),
    [
        ("torch.TextCNN", {"size": 6, "filters": 4, "widths": [2, 3]}),
        ("torch.EmbeddingBag", {"size": 6, "columns": "tokens", "hidden": [4]}),
        ("torch.EmbeddingBag", {"size": 6}),
        ("torch.ConvNet", {"image": [4, 2, 2], "channels": [3, 5], "hidden": 6}),
    ],
)
def test_networks_for_texts_and_pictures_too(estimator, params):
    random = np.random.default_rng(0)
    places = random.integers(-1, 12, (150, 16)).astype(float)
    if params.get("columns") == "tokens" or estimator == "torch.TextCNN":
        places[np.arange(16)[None, :] > random.integers(3, 16, 150)[:, None]] = np.nan
    columns = {f"t{place:02d}": places[:, place].tolist() for place in range(16)}
    columns = {name: [None if value != value else value for value in found] for name, found in columns.items()}
    label = np.where(np.nan_to_num(places).sum(axis=1) > 60, "yes", "no").tolist()
    table, transform = numbers(columns, label)
    model = train(table, transform, estimator=estimator, params={**QUICK, **params})
    package = build(model, table)
    assert package.runtime == "onnx", package.parity.fallback_reason
    assert package.parity.labels_different == package.parity.ties


def test_what_onnx_cannot_say_runs_in_python(tmp_path, monkeypatch, tables, transforms):
    (tmp_path / "odd_network.py").write_text(
        "import torch\n"
        "from torch import nn\n"
        "class Odd(nn.Module):\n"
        "    def __init__(self, features, outputs):\n"
        "        super().__init__()\n"
        "        self.last = nn.Linear(features, outputs)\n"
        "    def forward(self, rows):\n"
        "        return self.last(torch.special.i0e(rows))\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    model = train(
        tables["binary"],
        transforms["binary", "filled"],
        estimator="torch.Module",
        params={**QUICK, "factory": "odd_network:Odd"},
    )
    package = build(model, tables["binary"])
    assert package.runtime == "python"
    assert "PyTorch cannot write this network" in package.parity.fallback_reason
    assert [one for one in package.requirements if one.startswith("torch==")]
    assert (package.predict(tables["binary"]).scores == model.predict(tables["binary"]).scores).all()
