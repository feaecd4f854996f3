"""A message of Seldon's: one payload in one of several kinds, and what is said about it."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from mainspring.serving.endpoint.problems import unreadable
from mainspring.serving.problems import MalformedError

Kind: TypeAlias = Literal["ndarray", "tensor", "tftensor", "binData", "strData", "jsonData"]
"""How the payload of a message is written."""

FORM: Final = '{"data": {"names": […], "ndarray": [[…]]}}, or tensor, tftensor, strData, binData or jsonData'

_WRITTEN: Final = {"tensor", "ndarray", "tftensor"}
_PLAIN: Final = ("binData", "strData", "jsonData")

_TENSORFLOW: Final[Mapping[str, tuple[str, str]]] = {
    "DT_FLOAT": ("float32", "floatVal"),
    "DT_DOUBLE": ("float64", "doubleVal"),
    "DT_INT32": ("int32", "intVal"),
    "DT_INT16": ("int16", "intVal"),
    "DT_INT8": ("int8", "intVal"),
    "DT_UINT8": ("uint8", "intVal"),
    "DT_INT64": ("int64", "int64Val"),
    "DT_BOOL": ("bool", "boolVal"),
    "DT_STRING": ("object", "stringVal"),
}
"""Of TensorFlow's ``TensorProto`` in JSON: the name of a dtype, and where the values are."""


class Message(msgspec.Struct, frozen=True):
    """What somebody says.

    Attributes:
        kind: How the payload is written.
        value: It: nested lists of ``data``, bytes, text, or any JSON value.
        names: Of the columns of ``data``.
        puid: The id of the request.
        tags: What was said about it before.
        routing: The number of the branch that each router took.
    """

    kind: Kind
    value: Any
    names: tuple[str, ...] = ()
    puid: str = ""
    tags: Mapping[str, Any] = {}
    routing: Mapping[str, int] = {}


def read(body: bytes) -> Message:
    """A body as a message.

    Raises:
        MalformedError: If it is not JSON, or no message with exactly one payload.
    """
    return message_of(decoded(body))


def decoded(body: bytes) -> Any:
    """A body as a JSON value.

    Raises:
        MalformedError: If it is none.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(body, error) from error


def message_of(value: Any, where: str = "the message") -> Message:
    """A JSON value as a message.

    Raises:
        MalformedError: If it is none.
    """
    if not isinstance(value, dict):
        raise MalformedError(f"{where} is no JSON object", expected=FORM)
    given = [name for name in ("data", *_PLAIN, "customData") if value.get(name) is not None]
    if len(given) != 1 or given == ["customData"]:
        raise MalformedError(f"{where} has {', '.join(given) or 'no payload'}", expected=FORM)
    meta = _object(value.get("meta"), f"the meta of {where}")
    puid = meta.get("puid", "")
    if not isinstance(puid, str):
        raise MalformedError(f"the puid of {where} is {puid!r}", expected="text")
    said: dict[str, Any] = {
        "puid": puid,
        "tags": _object(meta.get("tags"), f"the tags of {where}"),
        "routing": _routing(meta, where),
    }
    if given == ["data"]:
        kind, data, names = _data(value["data"], where)
        return Message(kind, data, names, **said)
    if given == ["binData"]:
        return Message("binData", _bytes(value["binData"], where), (), **said)
    if given == ["strData"]:
        if not isinstance(value["strData"], str):
            raise MalformedError(f"the strData of {where} is no text", expected=FORM)
        return Message("strData", value["strData"], (), **said)
    return Message("jsonData", value["jsonData"], (), **said)


def routing_of(value: Any) -> Mapping[str, int]:
    """The branches that a message says were taken, by router; nothing where it says nothing.

    Raises:
        MalformedError: If they are no whole numbers.
    """
    return _routing(_object(value.get("meta"), "the meta"), "the message") if isinstance(value, dict) else {}


def payload(kind: Kind, value: Any, names: Sequence[str] = ()) -> dict[str, Any]:
    """The part of a message that holds a value, in a kind.

    Args:
        kind: The kind.
        value: Nested lists or an array for the kinds of ``data``; else whatever it is.
        names: Of columns.

    Raises:
        MalformedError: If the value cannot be said in that kind.
    """
    if kind == "jsonData":
        return {"jsonData": finite(value)}
    if kind == "strData":
        one = alone(value)
        return {"strData": one if isinstance(one, str) else msgspec.json.encode(finite(one)).decode()}
    if kind == "binData":
        one = alone(value)
        if not isinstance(one, bytes | str):
            raise MalformedError("the answer is no bytes", expected="a question as ndarray, tensor or jsonData")
        return {"binData": base64.b64encode(one if isinstance(one, bytes) else one.encode()).decode("ascii")}
    data: dict[str, Any] = {"names": list(names)} if names else {}
    array = value if isinstance(value, np.ndarray) else np.asarray(value, dtype=object)
    if kind == "ndarray":
        data["ndarray"] = finite(value)
    elif kind == "tensor":
        data["tensor"] = {"shape": list(array.shape), "values": _numbers(array)}
    else:
        data["tftensor"] = _tensorflow(array)
    return {"data": data}


def finite(value: Any) -> Any:
    """A value as JSON has it: ``null`` for what is no finite number, bytes as text or base64."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, np.ndarray | np.generic):
        return finite(value.tolist())
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    if isinstance(value, Mapping):
        return {str(name): finite(one) for name, one in value.items()}
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode("ascii")
    return value


def alone(value: Any) -> Any:
    """What a list or array of one holds, however deep; anything else as it is."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value


def _object(value: Any, where: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MalformedError(f"{where} is no JSON object", expected="an object")
    return value


def _routing(meta: Mapping[str, Any], where: str) -> Mapping[str, int]:
    routing = _object(meta.get("routing"), f"the routing of {where}")
    wrong = [name for name, branch in routing.items() if type(branch) is not int]
    if wrong:
        raise MalformedError(f"the routing of {where} has {wrong[0]}: {routing[wrong[0]]!r}", expected="a number")
    return routing


def _data(data: Any, where: str) -> tuple[Kind, Any, tuple[str, ...]]:
    data = _object(data, f"the data of {where}")
    given = sorted(name for name in _WRITTEN if data.get(name) is not None)
    if len(given) != 1:
        raise MalformedError(f"the data of {where} has {', '.join(given) or 'nothing'}", expected=FORM)
    names = data.get("names") or []
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise MalformedError(f"the names of {where} are {names!r}", expected="a list of texts")
    if given == ["ndarray"]:
        rows = data["ndarray"]
        if not isinstance(rows, list):
            raise MalformedError(f"the ndarray of {where} is no list", expected=FORM)
        return "ndarray", rows, tuple(names)
    if given == ["tensor"]:
        tensor = _object(data["tensor"], f"the tensor of {where}")
        return "tensor", _shaped(tensor.get("values"), tensor.get("shape"), where), tuple(names)
    return "tftensor", _of_tensorflow(_object(data["tftensor"], f"the tftensor of {where}"), where), tuple(names)


def _shaped(values: Any, shape: Any, where: str) -> list[Any]:
    if not isinstance(values, list):
        raise MalformedError(f"the tensor of {where} has no values", expected='{"shape": […], "values": […]}')
    if shape is None or shape == []:
        return values
    sizes = isinstance(shape, list) and all(type(one) is int and one >= 0 for one in shape)
    if not sizes or math.prod(shape) != len(values):
        raise MalformedError(
            f"the tensor of {where} has shape {shape} and {len(values)} values", expected="as many as it has cells"
        )
    return _nested(values, shape)


def _nested(values: list[Any], shape: Sequence[int]) -> list[Any]:
    for size in reversed(shape[1:]):
        if not size:
            return [[] for _ in range(shape[0])]
        values = [values[place : place + size] for place in range(0, len(values), size)]
    return values


def _bytes(value: Any, where: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise MalformedError(f"the binData of {where} is no base64: {error}", expected="text in base64") from error


def _of_tensorflow(tensor: Mapping[str, Any], where: str) -> list[Any]:
    known = _TENSORFLOW.get(str(tensor.get("dtype")))
    if known is None:
        raise MalformedError(
            f"the tftensor of {where} is of {tensor.get('dtype')!r}", expected="one of " + ", ".join(_TENSORFLOW)
        )
    dimensions = _object(tensor.get("tensorShape"), f"the tensorShape of {where}").get("dim", [])
    try:
        shape = [int(one["size"]) for one in dimensions]
        values = list(tensor.get(known[1], []))
        if known[0] == "object":
            values = [base64.b64decode(one, validate=True).decode() for one in values]
        elif "int" in known[0]:
            values = [int(one) for one in values]  # 64 bits are text in the JSON of protocol buffers
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedError(
            f"the tftensor of {where} cannot be read: {error}", expected="TensorProto, as JSON"
        ) from error
    if len(values) == 1 and math.prod(shape) > 1:  # one value stands for all
        values *= math.prod(shape)
    return _shaped(values, shape, where)


def _numbers(array: npt.NDArray[Any]) -> list[Any]:
    if array.dtype == object:
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise MalformedError(
                "the answer holds text, and a tensor has numbers", expected="a question as ndarray or jsonData"
            ) from error
    flat: list[Any] = finite(array.reshape(-1))
    return flat


def _tensorflow(array: npt.NDArray[Any]) -> dict[str, Any]:
    shape = {"dim": [{"size": str(size)} for size in array.shape]}
    if array.dtype == object:
        values = [one.encode() if isinstance(one, str) else one for one in array.reshape(-1).tolist()]
        if all(isinstance(one, bytes) for one in values):
            encoded = [base64.b64encode(one).decode("ascii") for one in values]
            return {"dtype": "DT_STRING", "tensorShape": shape, "stringVal": encoded}
        array = np.asarray(_numbers(array), dtype=np.float64).reshape(array.shape)
    kinds = {name: kind for kind, (name, _) in _TENSORFLOW.items()}
    kind = kinds.get(array.dtype.name, "DT_DOUBLE")
    values = finite(array.reshape(-1))
    if kind == "DT_INT64":
        values = [str(one) for one in values]
    return {"dtype": kind, "tensorShape": shape, _TENSORFLOW[kind][1]: values}
