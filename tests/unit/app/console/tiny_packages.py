"""Packages that cost nothing to make: nobody asks their models."""

from __future__ import annotations

import json

from mainspring.models.files import Files
from mainspring.models.package import Package
from mainspring.models.parity import Parity
from mainspring.models.signature import Signature


def tiny_package(number: int, signature: Signature, *, label: str) -> Package:
    """A package that differs from others by its number."""
    parity = Parity(runtime="onnx", rows_compared=1, kinds={}, tolerance=0.0, max_abs_difference=0.0)
    manifest = {
        "format": 1,
        "runtime": "onnx",
        "parity": parity.as_dict(),
        "requirements": [],
        "details": {"estimator": "Tree", "params": {"depth": number}, "seed": 0, "label": label},
    }
    files = {"package.json": json.dumps(manifest).encode(), "signature.json": signature.to_json().encode()}
    return Package.from_files(Files({**files, "model.onnx": b"x" * (number + 1)}))
