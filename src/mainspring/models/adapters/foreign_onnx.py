"""ONNX files made elsewhere: the signature is read from the graph, and answers of any usual form are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import AttributeProto, ModelProto, TensorProto

from mainspring.core.errors import InputError, IntegrityError, NotFoundError
from mainspring.models.adapters.onnx_runtime import FILE, REFUSALS
from mainspring.models.adapters.onnx_runtime import open_runtime as open_own
from mainspring.models.files import Files
from mainspring.models.foreign.answers import labelled, scored
from mainspring.models.foreign.request import Columns, Described, Request, made_up_row
from mainspring.models.signature import Datatype, Field, Signature

RUNTIME = "foreign-onnx"
PLAN = "foreign.json"

MOST_COLUMNS = 10_000
"""A wider matrix is no table."""

TYPES: Mapping[int, tuple[Datatype, str]] = {
    TensorProto.FLOAT: ("FP64", "float32"),
    TensorProto.DOUBLE: ("FP64", "float64"),
    TensorProto.FLOAT16: ("FP64", "float16"),
    TensorProto.INT64: ("INT64", "int64"),
    TensorProto.INT32: ("INT64", "int32"),
    TensorProto.INT16: ("INT64", "int16"),
    TensorProto.INT8: ("INT64", "int8"),
    TensorProto.UINT8: ("INT64", "uint8"),
    TensorProto.BOOL: ("BOOL", "bool"),
    TensorProto.STRING: ("BYTES", "object"),
}
"""By the type of a tensor: that of its columns, and that of numpy."""


class ForeignOnnx:
    """A session of ONNX Runtime on a file that was made elsewhere."""

    def __init__(self, session: Any, plan: Mapping[str, Any], signature: Signature) -> None:
        self._session, self._plan, self._signature = session, plan, signature
        self._outputs = [name for name in (plan["label"], plan["scores"]) if name]

    def predict(self, columns: Columns) -> Mapping[str, npt.NDArray[Any]]:
        """Predict; see :class:`mainspring.models.ports.Runtime`."""
        rows = len(next(iter(columns.values())))
        if not self._plan["one_by_one"] or rows <= 1:
            return self._answer(columns)
        each = [
            self._answer({name: values[row : row + 1] for name, values in columns.items()}) for row in range(rows)
        ]
        return {name: np.concatenate([part[name] for part in each]) for name in each[0]}

    def _answer(self, columns: Columns) -> Mapping[str, npt.NDArray[Any]]:
        feeds = {item["name"]: _tensor(item, columns) for item in self._plan["inputs"]}
        found = dict(zip(self._outputs, self._session.run(self._outputs, feeds), strict=True))
        classes = self._signature.classes
        if classes is None:
            return {"prediction": np.asarray(found[self._plan["scores"]], dtype=np.float64).reshape(-1)}
        label = found.get(self._plan["label"])
        if not self._plan["scores"]:
            return labelled(_named(label, classes, self._plan["indices"]), classes)
        scores = _matrix(found[self._plan["scores"]], self._plan["keys"])
        words = None if label is None else _named(label, classes, self._plan["indices"])
        return scored(scores, words, classes, logits=self._plan["logits"])


def import_onnx(path: Path, request: Request) -> Described:
    """Read an ONNX file; one that Mainspring exported keeps its signature.

    Raises:
        InputError: If it is no ONNX file, or asks for tensors that are no columns of a table.
    """
    if not path.is_file():
        raise NotFoundError("there is no such file", where=str(path))
    try:
        # One file, whatever lay beside it.
        data = onnx.load_model(path).SerializeToString(deterministic=True)
        model = onnx.load_model_from_string(data)
        onnx.checker.check_model(model)
    except Exception as error:
        raise InputError(f"this is no ONNX file: {error}", where=str(path)) from error
    notes = {item.key: item.value for item in model.metadata_props}
    if "mainspring.signature" in notes:
        signature = Signature.from_json(notes["mainspring.signature"])
        open_own(Files({FILE: data}), signature)
        return _described("onnx", Files({FILE: data}), signature, model)
    inputs, fields = _inputs(model, request)
    plan: dict[str, Any] = {
        "inputs": inputs,
        "logits": request.logits,
        "one_by_one": any(item["rows"] == 1 for item in inputs),
    }
    session = _session(data)
    outputs = [item.name for item in session.get_outputs()]
    draft = Signature.of(fields, classes=None)
    columns = made_up_row(draft)
    if request.example is not None:
        from mainspring.models.package import columns_of

        columns = {name: values[:1] for name, values in columns_of(request.example, draft).items()}
    found = dict(zip(outputs, session.run(outputs, {i["name"]: _tensor(i, columns) for i in inputs}), strict=True))
    told, classes = _outputs(found, model, request)
    plan.update(told)
    files = Files({FILE: data, PLAN: (json.dumps(plan, indent=1, sort_keys=True) + "\n").encode()})
    return _described(RUNTIME, files, Signature.of(fields, classes=classes), model)


def open_runtime(files: Files, signature: Signature, *, threads: int = 1) -> ForeignOnnx:
    """Open the file.

    Raises:
        IntegrityError: If ONNX Runtime cannot read it.
    """
    return ForeignOnnx(_session(files.read(FILE), threads), json.loads(files.text(PLAN)), signature)


def _described(runtime: str, files: Files, signature: Signature, model: ModelProto) -> Described:
    producer = " ".join(word for word in (model.producer_name, model.producer_version) if word)
    return Described(
        runtime=runtime,
        files=files,
        signature=signature,
        libraries=("numpy", "onnxruntime"),
        about="ONNX file" + (f" of {producer}" if producer else ""),
    )


def _session(data: bytes, threads: int = 1) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except REFUSALS as error:
        raise IntegrityError(f"ONNX Runtime cannot read this file: {error}") from error


def _inputs(model: ModelProto, request: Request) -> tuple[list[dict[str, Any]], list[Field]]:
    """What every tensor takes, and the fields of the columns that they are made of."""
    constants = {item.name for item in model.graph.initializer}
    tensors = [item for item in model.graph.input if item.name not in constants]
    names = list(request.columns)
    inputs, fields = [], []
    for item in tensors:
        kind = item.type.tensor_type
        dims = [dim.dim_value if dim.HasField("dim_value") else None for dim in kind.shape.dim]
        if kind.elem_type not in TYPES or len(dims) > 2:
            raise InputError(
                f"the input {item.name!r} is a tensor of shape {dims}, which is no column of a table",
                expected="tensors [n], [n, 1] or [n, columns] of numbers, booleans or texts",
            )
        width = 1 if len(dims) < 2 else dims[1] or _width(names, request, len(tensors), item.name)
        if width > MOST_COLUMNS:
            raise InputError(f"the input {item.name!r} has {width} columns", expected=f"at most {MOST_COLUMNS}")
        alone = width == 1 and len(tensors) > 1
        taken = [item.name] if alone else (names or _names(item.name, width, request, len(tensors)))
        if len(taken) != width:
            raise InputError(
                f"{len(taken)} names for the {width} columns of the input {item.name!r}",
                expected="one name per column",
                fix="say columns=… (--columns)",
            )
        datatype, dtype = TYPES[kind.elem_type]
        fields += [Field(name, datatype, nullable=datatype == "FP64") for name in taken]
        rows = dims[0] if dims else None
        inputs.append({"name": item.name, "columns": taken, "dtype": dtype, "rank": len(dims), "rows": rows})
    return inputs, fields


def _width(names: list[str], request: Request, tensors: int, name: str) -> int:
    """How many columns a matrix of unknown width has."""
    if tensors > 1:
        return 1
    if names:
        return len(names)
    if request.example is not None:
        return len(request.example.names)
    raise InputError(
        f"the graph does not say how many columns the input {name!r} has",
        fix="give example rows (--example), or columns (--columns)",
    )


def _names(name: str, width: int, request: Request, tensors: int) -> list[str]:
    if request.example is not None and tensors == 1 and len(request.example.names) == width:
        return list(request.example.names)
    return [name] if width == 1 else [f"{name}_{place}" for place in range(width)]


def _outputs(
    found: Mapping[str, Any], model: ModelProto, request: Request
) -> tuple[dict[str, Any], tuple[str, ...] | None]:
    """Which output is the label and which the scores, and the classes; told from one answer."""
    label = next((name for name, value in found.items() if _is_label(value)), None)
    maps = next((name for name, value in found.items() if isinstance(value, list)), None)
    numbers = [name for name, value in found.items() if isinstance(value, np.ndarray) and value.dtype.kind == "f"]
    wide = next((name for name in numbers if np.ndim(found[name]) == 2 and found[name].shape[1] > 1), None)
    scores = maps or wide or (numbers[0] if numbers else None)
    keys = list(found[maps][0]) if maps else []
    if scores is None and label is None:
        raise InputError("the graph has no output of labels or numbers")
    if label is None and wide is None and not maps and not request.classes:
        return {"label": None, "scores": scores, "keys": [], "indices": False}, None
    classes = request.classes or [str(key) for key in keys] or _written_classes(model)
    if not classes and wide:
        classes = [str(place) for place in range(found[wide].shape[1])]
    if not classes:
        raise InputError("the graph does not say what its classes are", fix="say classes=… (--classes)")
    given = found[label] if label else np.array([])
    indices = given.dtype.kind in "iu" and not {str(value) for value in given.reshape(-1)} <= set(classes)
    return {"label": label, "scores": scores, "keys": keys, "indices": bool(indices)}, tuple(classes)


def _is_label(value: Any) -> bool:
    return (
        isinstance(value, np.ndarray)
        and value.dtype.kind in "iuOUb"
        and (value.ndim == 1 or (value.ndim == 2 and value.shape[1] == 1))
    )


def _written_classes(model: ModelProto) -> list[str]:
    """The classes that a classifier node of the graph names."""
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name in {"classlabels_strings", "classlabels_int64s", "classlabels_ints"}:
                if attribute.type == AttributeProto.STRINGS and attribute.strings:
                    return [value.decode() for value in attribute.strings]
                if attribute.ints:
                    return [str(value) for value in attribute.ints]
    return []


def _tensor(item: Mapping[str, Any], columns: Columns) -> npt.NDArray[Any]:
    parts = [columns[name] for name in item["columns"]]
    if item["dtype"] == "object":
        parts = [np.array(["" if value is None else value for value in part], dtype=object) for part in parts]
    elif item["dtype"] != "bool" and not item["dtype"].startswith("float") and any(map(_gaps, parts)):
        raise InputError(f"the input {item['name']!r} is of whole numbers, and a value is missing")
    tensor = np.column_stack(parts) if item["rank"] == 2 else parts[0]
    return tensor if item["dtype"] == "object" else np.ascontiguousarray(tensor.astype(item["dtype"]))


def _gaps(column: npt.NDArray[Any]) -> bool:
    return bool(np.isnan(column).any())


def _matrix(scores: Any, keys: list[Any]) -> npt.NDArray[np.float64]:
    if isinstance(scores, list):
        return np.array([[row[key] for key in keys] for row in scores], dtype=np.float64)
    return np.asarray(scores, dtype=np.float64)


def _named(label: Any, classes: tuple[str, ...], indices: bool) -> npt.NDArray[Any]:
    """Labels as texts; places in the list of classes become their names."""
    values = np.asarray(label).reshape(-1)
    return np.array(classes, dtype=object)[values.astype(np.int64)] if indices else values
