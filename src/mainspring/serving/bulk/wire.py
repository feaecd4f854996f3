"""Requests and answers of the Open Inference Protocol, for whole columns: JSON, or bytes where they will do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.core.errors import InputError
from mainspring.models.signature import Field, Signature
from mainspring.serving.bulk.scoring import Arrays
from mainspring.serving.prediction import plain_values
from mainspring.serving.predictor import ModelError
from mainspring.serving.raw_tensors import read_raw, write_raw

HEADER: Final = "inference-header-content-length"
"""The header that says how much of a body is JSON, where bytes follow it."""


def question(signature: Signature, columns: Arrays, *, binary: bool) -> tuple[bytes, bytes]:
    """A request of the Open Inference Protocol: JSON, and the bytes of those tensors that go as bytes."""
    inputs: list[dict[str, Any]] = []
    raw: list[bytes] = []
    for one in signature.inputs:
        values = columns[one.name]
        told: dict[str, Any] = {"name": one.name, "datatype": one.datatype, "shape": [len(values)]}
        if binary and one.datatype in ("FP64", "INT64"):
            # Not a number stands for a missing one, in whole numbers too.
            data = write_raw(values, "FP64")
            told |= {"datatype": "FP64", "parameters": {"binary_data_size": len(data)}}
            raw.append(data)
        else:
            told["data"] = plain_values(one, values)
        inputs.append(told)
    body: dict[str, Any] = {"inputs": inputs}
    if binary:
        body["parameters"] = {"binary_data_output": True}
    return msgspec.json.encode(body), b"".join(raw)


def answer(data: bytes, header: str | None, outputs: Sequence[Field], rows: int) -> Arrays:
    """The outputs of an answer, as a runtime gives them."""
    try:
        size = len(data) if header is None else int(header)
        body = json.loads(data[:size])
        found: dict[str, npt.NDArray[Any]] = {}
        given = {one["name"]: one for one in body["outputs"]}
        for one in body["outputs"]:
            length = one.get("parameters", {}).get("binary_data_size")
            if length is not None:
                given[one["name"]] = {**one, "raw": (size, length)}
                size += length
        for field in outputs:
            found[field.name] = _array(field, given[field.name], data, rows)
    except (ValueError, KeyError, TypeError, InputError) as error:
        raise ModelError(f"the server answers something else than the signature says: {error!r}") from error
    return found


def _array(field: Field, given: Mapping[str, Any], data: bytes, rows: int) -> npt.NDArray[Any]:
    shape = (rows, *field.shape[1:])
    if "raw" in given:
        start, size = given["raw"]
        values = read_raw(data, given["datatype"], given["shape"], start=start, size=size, name=field.name)
        if field.datatype == "BYTES":
            texts = np.empty(rows, dtype=object)
            texts[:] = [value.decode("utf-8") for value in values.ravel().tolist()]
            return texts
        return np.asarray(values, dtype=np.float64).reshape(shape)
    if field.datatype == "BYTES":
        texts = np.empty(rows, dtype=object)
        texts[:] = given["data"]
        return texts
    return np.array(given["data"], dtype=np.float64).reshape(shape)
