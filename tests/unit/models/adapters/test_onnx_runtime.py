"""The runtime: many threads at once, and files that are none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from mainspring.core.errors import IntegrityError
from mainspring.models.adapters.onnx_runtime import open_runtime, run_of
from mainspring.models.files import Files
from mainspring.models.package import columns_of
from mainspring.models.packaging import build
from mainspring.models.signature import Field, Signature
from mainspring.models.training import train


def test_many_threads_ask_at_once(tables, transforms):
    model = train(tables["several"], transforms["several", "gaps"], params={"n_estimators": 10})
    package = build(model, tables["several"])
    columns = columns_of(tables["several"], package.signature)
    expected = model.predict(tables["several"]).scores
    runtime = package.open(threads=2)

    def ask(place):
        rows = slice(place * 10, place * 10 + 1 + place % 9)
        answer = runtime.predict({name: column[rows] for name, column in columns.items()})
        return np.abs(answer["probabilities"] - expected[rows]).max()

    with ThreadPoolExecutor(4) as pool:
        assert max(pool.map(ask, range(40))) <= 1e-12


def test_a_file_that_is_no_model():
    with pytest.raises(IntegrityError, match=r"cannot read model\.onnx"):
        open_runtime(Files({"model.onnx": b"nothing"}), Signature.of([Field("x", "FP64")], classes=None))


def test_a_session_that_hides_what_computes_is_asked_itself():
    def run(names, feeds, options):
        return [feeds[name] for name in names]

    assert run_of(SimpleNamespace(run=run)) is run
    inner = SimpleNamespace(run=lambda names, feeds, options: [])
    assert run_of(SimpleNamespace(run=run, _sess=inner)) is inner.run
