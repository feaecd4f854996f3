"""The files by which MLflow knows a package: ``MLmodel``, its environment and its examples.

The layout is MLflow's (https://mlflow.org/docs/latest/ml/model/#storage-format). What loads the package there is
:mod:`mainspring.models.mlflow_layout`.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mainspring.models.files import Files
from mainspring.models.requirements import hashes
from mainspring.models.signature import Field, Signature

MLMODEL = "MLmodel"
PYTHON_ENV = "python_env.yaml"
REQUIREMENTS = "requirements.txt"
TABLE_EXAMPLE = "mlflow_input_example.json"
SERVING_EXAMPLE = "serving_input_example.json"

LOADER = "mainspring.models.mlflow_layout"

TYPES: Mapping[str, str] = {"FP64": "double", "INT64": "long", "BOOL": "boolean", "BYTES": "string"}
"""Data types in MLflow's words."""


def write_mlmodel(
    files: Files,
    signature: Signature,
    requirements: Sequence[str],
    environment: Mapping[str, str],
    examples: Sequence[Mapping[str, Any]],
) -> dict[str, bytes]:
    """The files that MLflow reads beside those of the package; the same package gives the same bytes.

    Args:
        files: The model itself: its digest makes the ``model_uuid``.
        signature: What the model asks for and answers.
        requirements: Pinned distributions.
        environment: Where the package was made; see ``mainspring.models.requirements``.
        examples: A few rows.
    """
    table = {
        "columns": list(signature.names),
        "data": [[row.get(name) for name in signature.names] for row in examples],
    }
    python = environment.get("python", "3.11")
    head = {
        "flavors": _flavors(files, requirements, python),
        "model_uuid": _model_uuid(files, signature),
        "model_size_bytes": sum(len(files.read(name)) for name in files.names),
        "saved_input_example_info": {
            "artifact_path": TABLE_EXAMPLE,
            "serving_input_path": SERVING_EXAMPLE,
            "pandas_orient": "split",
            "type": "dataframe",
        },
        "signature": {
            "inputs": json.dumps([_column(field) for field in signature.inputs], ensure_ascii=False),
            "outputs": json.dumps(_outputs(signature), ensure_ascii=False),
            "params": None,
        },
    }
    env = {
        "python": python,
        "build_dependencies": ["pip", "setuptools", "wheel"],
        "dependencies": [f"-r {REQUIREMENTS}"],
    }
    return {
        MLMODEL: msgspec.yaml.encode(head),
        PYTHON_ENV: msgspec.yaml.encode(env),
        REQUIREMENTS: write_requirements(requirements).encode(),
        TABLE_EXAMPLE: _json(table),
        SERVING_EXAMPLE: _json({"dataframe_split": table}),
    }


def write_requirements(requirements: Sequence[str]) -> str:
    """The text of ``requirements.txt``, with hashes if they are known for all: pip takes all or none."""
    known = hashes(requirements)
    if requirements and len(known) == len(requirements):
        return "".join(f"{requirement} --hash={known[requirement]}\n" for requirement in requirements)
    return "".join(f"{requirement}\n" for requirement in requirements)


def output_names(signature: Signature) -> tuple[str, ...]:
    """Names of the columns that MLflow's callers get: the label and one probability per class, or the number."""
    if signature.classes is None:
        return ("prediction",)
    return ("label", *(f"probability_{name}" for name in signature.classes))


def _flavors(files: Files, requirements: Sequence[str], python: str) -> dict[str, Any]:
    env = {"virtualenv": PYTHON_ENV}
    flavors: dict[str, Any] = {"python_function": {"env": env, "loader_module": LOADER, "python_version": python}}
    if "model.onnx" in files.content:
        pins = dict(requirement.split("==", 1) for requirement in requirements if "==" in requirement)
        flavors["onnx"] = {
            "code": None,
            "data": "model.onnx",
            "onnx_version": pins.get("onnx", ""),
            "onnxruntime_version": pins.get("onnxruntime", ""),
            "providers": ["CPUExecutionProvider"],
            "save_as_external_data": False,
        }
    return flavors


def _column(field: Field) -> dict[str, Any]:
    """A column in MLflow's words.

    MLflow refuses whole numbers where it expects ``double``, and a column with gaps where it expects ``long``:
    whole numbers that may be missing are ``any``, and checked by the package itself.
    """
    kind = "any" if field.datatype == "INT64" and field.nullable else TYPES[field.datatype]
    return {"type": kind, "name": field.name, "required": field.required}


def _outputs(signature: Signature) -> list[dict[str, Any]]:
    kinds = ["double"] if signature.classes is None else ["string", *["double"] * len(signature.classes)]
    return [
        {"type": kind, "name": name, "required": True}
        for name, kind in zip(output_names(signature), kinds, strict=True)
    ]


def _model_uuid(files: Files, signature: Signature) -> str:
    digest = hashlib.sha256(signature.to_json().encode())
    for name in files.names:
        digest.update(name.encode() + b"\0" + hashlib.sha256(files.read(name)).digest())
    return uuid.uuid5(uuid.NAMESPACE_OID, digest.hexdigest()).hex


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()
