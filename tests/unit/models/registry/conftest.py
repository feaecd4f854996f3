"""Registries over the stores in memory and on SQLite, and packages that cost nothing to make."""

from __future__ import annotations

import json

import pytest

from mainspring.core import plugins
from mainspring.models.files import Files
from mainspring.models.package import Package
from mainspring.models.parity import Parity
from mainspring.models.registry import Registry
from mainspring.models.signature import Field, Signature

FIELDS = (Field("fare", "FP64"), Field("city", "BYTES", domain=("Bern", "Rome")))


def make(number=0, *, fields=FIELDS, classes=("no", "yes"), label="late", requirements=(), **details):
    """A package without a model: what the registry reads of it, and a number that makes it differ from others."""
    signature = Signature.of(fields, classes=classes)
    parity = Parity(runtime="onnx", rows_compared=1, kinds={}, tolerance=0.0, max_abs_difference=0.0)
    manifest = {
        "format": 1,
        "runtime": "onnx",
        "parity": parity.as_dict(),
        "requirements": list(requirements),
        "details": {"estimator": "Tree", "params": {"depth": number}, "seed": 0, "label": label, **details},
    }
    text = {"package.json": json.dumps(manifest).encode(), "signature.json": signature.to_json().encode()}
    return Package.from_files(Files({**text, "model.onnx": b"x" * (number + 1)}))


@pytest.fixture(params=["memory", "sqlite"])
def opened(request, tmp_path):
    """A function that opens the stores, each time anew."""
    if request.param == "memory":
        record = plugins.load("stores", "memory")("memory:")
        blobs = plugins.load("blob_stores", "memory")("memory:")
        return lambda: (record, blobs)
    return lambda: (
        plugins.load("stores", "sqlite")(f"sqlite:///{tmp_path}/record.db"),
        plugins.load("blob_stores", "file")(f"file://{tmp_path}/blobs"),
    )


@pytest.fixture
def registry(opened):
    return Registry(*opened())


@pytest.fixture
def bare():
    """Makes packages without a model."""
    return make
