"""Runs one class of the user's in a process of its own. Started by its path, in any Python from 3.8 on.

One file, because nothing of Mainspring has to be installed where it runs; nor has numpy, without which arrays
become nested lists. Syntax and library are those of Python 3.8.

What goes between the two processes is a *frame*: ``<IQ``, the sizes of head and body, then the head in JSON, then
the body: the bytes of its arrays, each from a multiple of 64 on. A large body lies in shared memory instead; the
head says how long it is (``shared``), where it begins (``base``), and whether to copy it (``copy``), because the
class keeps what it is given (``kept``). Nothing is pickled.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import importlib.util
import inspect
import json
import logging
import math
import mmap
import os
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

# Any: what a class takes and gives is known to nobody here.
numpy: Any = importlib.import_module("numpy") if importlib.util.find_spec("numpy") else None

LOG = logging.getLogger("component")
PREFIX = struct.Struct("<IQ")
ALIGNED = 64
SHARED_FROM = 65_536
"""Bodies of so many bytes go through shared memory."""

ONE_PART = 65_536
GROWTH = 1 << 20
ASYNC_AT_ONCE = 16
"""Calls at once of an asynchronous class that does not say how many."""

ASKED = ("predict", "transform_input", "transform_output", "route", "aggregate", "send_feedback")
"""Methods that are given data."""

TOLD = ("tags", "metrics", "health_status")
"""Methods that are given nothing."""

ROWS = {"rows", "instances", "records"}
FRAME = {"frame", "df", "dataframe", "data_frame"}
COLUMNS = {"columns", "tensors", "inputs"}
MATRIX = {"X", "x", "Xs", "features", "features_list", "data", "array", "matrix", "batch", "msg"}
NAMES = {"names", "feature_names", "features_names", "column_names"}
MORE = {"meta", "parameters", "reward", "truth", "routing"}
FORMS = ("matrix", "columns", "rows", "frame", "named")

FORMATS = {
    "b1": "?",
    "i1": "b",
    "u1": "B",
    "i2": "h",
    "u2": "H",
    "i4": "i",
    "u4": "I",
    "i8": "q",
    "u8": "Q",
    "f2": "e",
    "f4": "f",
    "f8": "d",
}


class WrongInputError(Exception):
    """The caller gave what the class cannot take."""


class Memory:
    """A file in memory that two processes share: one writes and the other reads, in turns."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._map: Any = None

    def write(self, base: int, parts: Iterable[Any], size: int) -> None:
        """Put parts one behind the other, from ``base`` on."""
        if self._map is None or len(self._map) < base + size:
            room = -(-(base + size) * 5 // 4 // GROWTH) * GROWTH
            os.ftruncate(self.descriptor, room)
            self._map = mmap.mmap(self.descriptor, room)
        place = base
        for part in parts:
            length = len(part)
            self._map[place : place + length] = part
            place += padded(length)

    def view(self, base: int, size: int) -> Any:
        """What the other one wrote: an array of bytes, where there are arrays."""
        if self._map is None or len(self._map) < base + size:
            # What still refers to the old map keeps it.
            self._map = mmap.mmap(self.descriptor, os.fstat(self.descriptor).st_size)
        if numpy is None:
            return memoryview(self._map)[base : base + size]
        return numpy.frombuffer(self._map, numpy.uint8, size, base)

    def close(self) -> None:
        """Let go of it."""
        self._map = None
        os.close(self.descriptor)


def padded(size: int) -> int:
    """The size with what is needed for the next array to be aligned."""
    return -(-size // ALIGNED) * ALIGNED


def joined(parts: Iterable[Any]) -> bytes:
    """Parts as one body."""
    pieces: list[Any] = []
    for part in parts:
        pieces.append(part)
        gap = padded(len(part)) - len(part)
        if gap:
            pieces.append(bytes(gap))
    return b"".join(pieces)


def framed(head: bytes, body: bytes) -> bytes:
    """A frame."""
    return b"".join((PREFIX.pack(len(head), len(body)), head, body))


def received(connection: socket.socket) -> tuple[bytes, bytearray] | None:
    """The next frame: head and body; ``None`` once the other side is gone."""
    data = connection.recv(ONE_PART)
    while data and len(data) < PREFIX.size:
        more = connection.recv(ONE_PART)
        data = data + more if more else b""
    if not data:
        return None
    size, rest = PREFIX.unpack_from(data)
    start = PREFIX.size + size
    if len(data) == start + rest:
        return data[PREFIX.size : start], bytearray(memoryview(data)[start:])
    whole = bytearray(start + rest)
    whole[: len(data)] = data
    place = len(data)
    with memoryview(whole) as view:
        while place < len(whole):
            got = connection.recv_into(view[place:])
            if not got:
                return None
            place += got
        return bytes(view[PREFIX.size : start]), bytearray(view[start:])


class Reader:
    """Reads values out of a body."""

    def __init__(self, body: Any) -> None:
        if isinstance(body, bytearray):
            body = memoryview(body) if numpy is None else numpy.frombuffer(body, numpy.uint8)
        self._body, self._place = body, 0

    def value(self, told: list[Any]) -> Any:
        """The value that :func:`written` told of."""
        kind = told[0]
        if kind == "j":
            return told[1]
        if kind == "a":
            return self._array(told[1], told[2], told[3])
        if kind == "d":
            return {name: self.value(one) for name, one in told[1].items()}
        if kind == "l":
            return [self.value(one) for one in told[1]]
        if kind == "J":
            return json.loads(bytes(self._take(told[1])))
        if kind == "t":
            return objects(told[2], told[1])
        if kind == "y":
            whole, place, values = bytes(self._take(told[3])), 0, []
            for length in told[2]:
                values.append(whole[place : place + length])
                place += length
            return objects(values, told[1])
        if kind == "b":
            return bytes(self._take(told[1]))
        return float(told[1])

    def _take(self, size: int) -> Any:
        start = self._place
        self._place += padded(size)
        return self._body[start : start + size]

    def _array(self, dtype: str, shape: list[int], size: int) -> Any:
        part = self._take(size)
        if numpy is not None:
            return part.view(dtype).reshape(shape)
        values = struct.unpack(f"<{math.prod(shape)}{FORMATS[dtype[1:]]}", part)
        return nested(list(values), shape)


def nested(values: list[Any], shape: list[int]) -> Any:
    """Flat values as nested lists."""
    for size in reversed(shape[1:]):
        values = [values[place : place + size] for place in range(0, len(values), size)] if size else []
    return values if shape else values[0]


def objects(values: list[Any], shape: list[int]) -> Any:
    """Texts or bytes, as an array of objects where there are arrays."""
    if numpy is None:
        return nested(values, shape)
    array = numpy.empty(len(values), dtype=object)
    array[:] = values
    return array.reshape(shape)


def written(value: Any, parts: list[Any]) -> list[Any]:
    """What the head says of a value; its bytes are added to the parts.

    Raises:
        TypeError: If it is nothing that can be sent.
    """
    if numpy is not None and isinstance(value, numpy.ndarray):
        return written_array(value, parts)
    if value is None or isinstance(value, (str, bool, int)):
        return ["j", value]
    if isinstance(value, float):
        return ["j", float(value)] if math.isfinite(value) else ["f", str(float(value))]
    if isinstance(value, (bytes, bytearray)):
        parts.append(value)
        return ["b", len(value)]
    if isinstance(value, (dict, list, tuple)):
        try:
            text = json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
        except (TypeError, ValueError):
            if isinstance(value, dict):
                return ["d", {str(name): written(one, parts) for name, one in value.items()}]
            return ["l", [written(one, parts) for one in value]]
        parts.append(text)
        return ["J", len(text)]
    return written(simpler(value), parts)


def written_array(array: Any, parts: list[Any]) -> list[Any]:
    """The same of an array."""
    shape, kind = list(array.shape), array.dtype.kind
    if kind in "biuf":
        little = array.dtype.newbyteorder("<") if array.dtype.itemsize <= 8 else numpy.dtype("<f8")
        flat = numpy.ascontiguousarray(array, little).reshape(-1)
        parts.append(flat.view(numpy.uint8).data if flat.size else b"")
        return ["a", little.str, shape, flat.nbytes]
    if kind in "UMm":
        return ["t", shape, array.astype(str).reshape(-1).tolist()]
    if kind not in "OS":
        raise TypeError(f"an array of {array.dtype} cannot be sent")
    values = array.reshape(-1).tolist()
    if all(one is None or isinstance(one, str) for one in values):
        return ["t", shape, values]
    if all(isinstance(one, bytes) for one in values):
        whole = b"".join(values)
        parts.append(whole)
        return ["y", shape, [len(one) for one in values], len(whole)]
    return written(array.tolist(), parts)


def simpler(value: Any) -> Any:
    """A value of numpy, pandas, torch or scipy as one that can be sent.

    Raises:
        TypeError: If it is none.
    """
    if numpy is not None and isinstance(value, numpy.generic):
        return value.item() if value.dtype.kind in "biufUS" else str(value)
    if hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return {str(name): value[name].to_numpy() for name in value.columns}
    for name in ("to_numpy", "toarray", "__array__"):
        if hasattr(value, name):
            return getattr(value, name)()
    raise TypeError(f"a {type(value).__name__} cannot be sent")


class Method:
    """One method of the class: how it is called is read off its signature, once.

    Args:
        name: Of the method.
        function: The method.
        takes: What its first argument is to be, whatever that is called; ``""`` to go by the name.
        inputs: Names of the declared inputs.
    """

    def __init__(self, name: str, function: Callable[..., Any], takes: str, inputs: list[str]) -> None:
        self.name, self._function = name, function
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"{name} is a generator: answers in parts are not served; return the whole")
        self.asynchronous = inspect.iscoroutinefunction(function)
        self.takes = "nothing"
        self._more: list[tuple[str, str]] = []
        self._accepted: list[str] | None = None
        if name in ASKED:
            self._match(takes, inputs)

    def _match(self, takes: str, inputs: list[str]) -> None:
        try:
            found = list(inspect.signature(self._function).parameters.values())
        except (TypeError, ValueError):
            found = []
        open_end = any(one.kind is one.VAR_POSITIONAL for one in found)
        rest = any(one.kind is one.VAR_KEYWORD for one in found)
        plain = [one for one in found if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)]
        unknown = [one for one in plain if one.name not in NAMES | MORE]
        needed = [one.name for one in unknown if one.default is one.empty]
        first = unknown[0] if unknown else None
        known = first is not None and first.name in ROWS | FRAME | COLUMNS | MATRIX
        by_name = bool(needed) and not known and (set(needed) <= set(inputs) or len(needed) > 1)
        if takes == "named" or (not takes and (by_name or (first is None and rest and not open_end))):
            self.takes = "named"
            self._accepted = None if rest else [one.name for one in unknown]
        else:
            self.takes = takes or form_of(first)
            # Whatever the second one is called: in Seldon's contract it is the names.
            self._more = [(one.name, "names") for one in unknown[1:2] if one.name in needed]
        self._more += [
            (one.name, "names" if one.name in NAMES else one.name) for one in plain if one not in unknown
        ]

    def __call__(self, how: str, value: Any, names: list[str] | None, more: dict[str, Any]) -> Any:
        """Call it: the answer, or what has to be awaited for it.

        Raises:
            WrongInputError: If the value cannot be brought into the form that it takes.
        """
        if self.takes == "nothing":
            return self._function()
        given = dict(more, names=names if names is not None else names_of(how, value))
        told = {parameter: given.get(key) for parameter, key in self._more}
        if self.takes != "named":
            return self._function(formed(self.takes, how, value, names), **told)
        tensors = formed("columns", how, value, names)
        strange = [] if self._accepted is None else [name for name in tensors if name not in self._accepted]
        if strange:
            raise WrongInputError(f"{', '.join(strange)} is not among {', '.join(self._accepted or [])}")
        return self._function(**tensors, **told)


def form_of(parameter: inspect.Parameter | None) -> str:
    """What a first argument of this name or annotation is to be."""
    if parameter is None:
        return "matrix"
    told = str(getattr(parameter.annotation, "__name__", parameter.annotation))
    if parameter.name in FRAME or told.endswith("DataFrame"):
        return "frame"
    return "rows" if parameter.name in ROWS else "columns" if parameter.name in COLUMNS else "matrix"


def names_of(how: str, value: Any) -> list[str]:
    """Names of the columns, as far as they are known."""
    if how == "rows":
        value = value[0] if value else {}
    return list(value) if isinstance(value, dict) else []


def formed(takes: str, how: str, value: Any, names: list[str] | None) -> Any:
    """Data in the form that a method takes.

    Args:
        takes: ``matrix``, ``columns``, ``rows`` or ``frame``.
        how: What the value is: ``tensors`` (arrays by name), ``rows`` (of one request), or ``value``, anything.
        value: The data.
        names: Names of the columns of a matrix.

    Raises:
        WrongInputError: If it cannot be brought into that form.
    """
    if how == "value":
        wide = getattr(value, "ndim", 0) == 2 and names is not None and len(names) == value.shape[1]
        if takes == "matrix" or not (wide or isinstance(value, dict)):
            return value
        if not isinstance(value, dict):
            value = {name: value[:, place] for place, name in enumerate(names or [])}
    if takes == "rows":
        return value if how == "rows" else rows_of(value)
    if takes == "frame":
        if how != "rows":
            value = {name: one.reshape(-1) if hasattr(one, "reshape") else one for name, one in value.items()}
        return importlib.import_module("pandas").DataFrame(value)
    if takes == "columns":
        return columns_of(value) if how == "rows" else value
    if how == "rows" and not (value and isinstance(value[0], dict)):
        return matrix_of_rows(value)
    return matrix_of_columns(columns_of(value) if how == "rows" else value)


def rows_of(columns: dict[str, Any]) -> list[dict[str, Any]]:
    """Columns as rows by name."""
    lists = {name: one.tolist() if hasattr(one, "tolist") else one for name, one in columns.items()}
    count = min([len(one) for one in lists.values()], default=0)
    return [{name: one[place] for name, one in lists.items()} for place in range(count)]


def columns_of(rows: list[Any]) -> dict[str, Any]:
    """Rows by name as columns.

    Raises:
        WrongInputError: If they have no names.
    """
    if not all(isinstance(row, dict) for row in rows):
        raise WrongInputError("the rows have no names; objects by column name are needed")
    names = list(dict.fromkeys(name for row in rows for name in row))
    return {name: matrix_of_rows([row.get(name) for row in rows]) for name in names}


def matrix_of_rows(rows: list[Any]) -> Any:
    """Rows as an array: of numbers if that is all they hold, else of objects."""
    if numpy is None:
        return rows
    try:
        array = numpy.array(rows)
    except ValueError:
        array = numpy.array(None)
    if array.dtype.kind in "biuf":
        return array
    flat = numpy.empty(len(rows), dtype=object)
    flat[:] = rows
    try:
        return numpy.array(rows, dtype=object) if rows and isinstance(rows[0], list) else flat
    except ValueError:
        return flat


def matrix_of_columns(columns: dict[str, Any]) -> Any:
    """One tensor as it is; several columns side by side."""
    arrays = list(columns.values())
    if len(arrays) == 1:
        return arrays[0]
    if numpy is None:
        return [list(row.values()) for row in rows_of(columns)]
    sizes = {one.shape[0] if one.ndim and one.size == one.shape[0] else -1 for one in arrays}
    if len(sizes) != 1 or -1 in sizes:
        shapes = ", ".join([f"{name} {list(one.shape)}" for name, one in columns.items()])
        raise WrongInputError("the class takes one array, or columns of equal length; it was given " + shapes)
    return numpy.column_stack([one.reshape(-1) for one in arrays])


class Served:
    """The object that answers.

    Args:
        setup: ``entry`` (``module:Class`` or ``file.py:Class``), ``arguments``, ``folder``, ``takes``, ``method``
            and ``inputs``, the names of the declared inputs.

    Raises:
        Exception: Whatever the class raises.
    """

    def __init__(self, setup: dict[str, Any]) -> None:
        self.object = made(setup["entry"], setup["arguments"], setup.get("folder"))
        self._loop: Any = None
        self._await(getattr(self.object, "load", lambda: None)())
        self.metadata = self._await(getattr(self.object, "init_metadata", lambda: None)())
        inputs = setup.get("inputs") or [one["name"] for one in self.declared("inputs") if "name" in one]
        found = {name: getattr(self.object, name, None) for name in (*ASKED, *TOLD)}
        found["predict"] = getattr(self.object, setup.get("method") or "predict", self.object)
        takes = setup.get("takes", "")
        self.methods = {
            name: Method(name, function, takes, inputs) for name, function in found.items() if callable(function)
        }
        if not any(name in self.methods for name in ASKED):
            raw = "; predict_raw is not called" if hasattr(self.object, "predict_raw") else ""
            raise TypeError(f"{setup['entry']} has no predict, and nothing else that can be asked{raw}")
        self.call("health_status")

    def declared(self, side: str) -> list[dict[str, Any]]:
        """The inputs or outputs that the class declares, by ``init_metadata`` or as an attribute."""
        told = self.metadata.get(side) if isinstance(self.metadata, dict) else None
        told = getattr(self.object, side, None) if told is None else told
        told = [told] if isinstance(told, dict) else told
        return [one for one in told if isinstance(one, dict)] if isinstance(told, (list, tuple)) else []

    def describe(self) -> dict[str, Any]:
        """What is known of the class."""
        asynchronous = any(method.asynchronous for method in self.methods.values())
        at_once = getattr(self.object, "calls_at_once", ASYNC_AT_ONCE if asynchronous else 1)
        return {
            "class": getattr(self.object, "__qualname__", type(self.object).__qualname__),
            "methods": sorted(self.methods),
            "takes": self.methods["predict"].takes if "predict" in self.methods else "",
            "calls_at_once": at_once,
            "batches": bool(getattr(self.object, "batches", False)),
            "metadata": self.metadata if isinstance(self.metadata, dict) else {},
            "inputs": self.declared("inputs"),
            "outputs": self.declared("outputs"),
            "python": sys.version.split()[0],
            "numpy": None if numpy is None else numpy.__version__,
        }

    def call(
        self, name: str, how: str = "value", value: Any = None, names: list[str] | None = None, more: Any = None
    ) -> tuple[Any, Any, Any]:
        """Call a method: its answer, and the tags and metrics of the class after it.

        Raises:
            WrongInputError: If the class has no such method, or cannot take the value.
            Exception: Whatever the class raises.
        """
        method = self.methods.get(name)
        if method is None:
            if name in TOLD:
                return None, None, None
            raise WrongInputError(f"the class has no {name}; it has {', '.join(sorted(self.methods))}")
        found = method(how, value, names, more or {})
        if method.asynchronous:
            found = self._await(found)
        if name in TOLD:
            return found, None, None
        tags, metrics = self.call("tags")[0], self.call("metrics")[0]
        if hasattr(found, "data") and hasattr(found, "tags") and hasattr(found, "metrics"):
            # What Seldon calls a SeldonResponse.
            tags, metrics = dict(tags or {}, **(found.tags or {})), [*(metrics or []), *(found.metrics or [])]
            found = found.data
        return (one_place(found) if name == "route" else found), tags, metrics

    def answer(self, head: dict[str, Any], body: Any) -> tuple[dict[str, Any], list[Any]]:
        """The answer to a frame, or why there is none; never raises for what the class does."""
        parts: list[Any] = []
        try:
            reader = Reader(body)
            value = reader.value(head["value"])
            more = reader.value(head["more"]) if head["more"] else {}
            found, tags, metrics = self.call(head["do"], head["how"], value, head["names"], more)
            told: dict[str, Any] = {"value": written(found, parts)}
            if tags:
                told["tags"] = written(tags, parts)
            if metrics:
                told["metrics"] = written(metrics, parts)
            return told, parts
        except WrongInputError as error:
            return {"error": str(error), "status": 400}, []
        except Exception as error:
            LOG.exception("%s failed", head.get("do"))
            text, status = blamed(error)
            return {"error": text, "status": status}, []

    def _await(self, found: Any) -> Any:
        if not inspect.iscoroutine(found):
            return found
        asyncio = importlib.import_module("asyncio")
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            threading.Thread(target=self._loop.run_forever, name="loop", daemon=True).start()
        return asyncio.run_coroutine_threadsafe(found, self._loop).result()


def blamed(error: Exception) -> tuple[str, int]:
    """What an exception says to the caller, and its HTTP status: one that names none is the fault of the class."""
    status = getattr(error, "status_code", 500)
    if isinstance(status, int) and 400 <= status < 500:
        return str(error), status
    return f"{type(error).__name__}: {error}", 500


def unload(served: Served) -> None:
    """Tell the object that it is not needed any more, if it has a method for that."""
    function = getattr(served.object, "unload", None)
    if callable(function):
        function()


def one_place(found: Any) -> int:
    """The branch that a router chose.

    Raises:
        TypeError: If it chose none.
    """
    chosen = found.tolist() if hasattr(found, "tolist") else found
    while isinstance(chosen, (list, tuple)) and len(chosen) == 1:
        chosen = chosen[0]
    if isinstance(chosen, bool) or not isinstance(chosen, int):
        raise TypeError(f"route gave {found!r}, and has to give the number of a branch")
    return chosen


def made(entry: str, arguments: dict[str, Any], folder: str | None) -> Any:
    """The object of an entry: an instance of the class, or a function as it is.

    Raises:
        Exception: If it cannot be imported or made.
    """
    module, _, name = entry.rpartition(":")
    if folder is not None and folder not in sys.path:
        sys.path.insert(0, folder)
    found: Any = imported_file(Path(folder or "", module)) if module.endswith(".py") else imported(module)
    for part in name.split("."):
        if not hasattr(found, part):
            raise TypeError(f"{module} has no {name!r}")
        found = getattr(found, part)
    return found(**arguments) if inspect.isclass(found) or arguments else found


def imported(module: str) -> Any:
    """A module by its name, looked for anew."""
    importlib.invalidate_caches()
    return importlib.import_module(module)


def imported_file(path: Path) -> Any:
    """A module by its path; what lies beside it can be imported."""
    name = path.stem if path.stem not in sys.modules else f"{path.stem}_{abs(hash(path)):x}"
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(name, str(path))
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def answer_lane(served: Served, connection: socket.socket, coming: Memory, going: Memory) -> None:
    """Answer the calls of one connection, one after the other, until it closes."""
    while True:
        frame = received(connection)
        if frame is None:
            return
        told, data = answer_frame(served, json.loads(frame[0]), frame[1], coming, going)
        try:
            connection.sendall(framed(json.dumps(told, separators=(",", ":")).encode(), data))
        except OSError:
            return  # nobody waits for it any more


def answer_in_thread(served: Served, connection: socket.socket, coming: Memory, going: Memory) -> None:
    """The same in a thread of its own: what would end the process in its main thread, does so here."""
    try:
        answer_lane(served, connection, coming, going)
    except BaseException:
        LOG.exception("the process ends")
        os._exit(1)


def answer_frame(
    served: Served, head: dict[str, Any], body: Any, coming: Memory, going: Memory
) -> tuple[dict[str, Any], bytes]:
    """Head and body of the answer."""
    shared = "shared" in head
    if shared:
        body = coming.view(head["base"], head["shared"])
        if head["copy"]:
            body, shared = bytearray(body), False
    before = sys.getrefcount(body)
    told, parts = served.answer(head, body)
    size, data = sum(padded(len(part)) for part in parts), b""
    if size >= SHARED_FROM:
        going.write(0, parts, size)
        told["shared"] = size
    else:
        data = joined(parts)
    parts.clear()  # what is answered may be what was given
    if shared and sys.getrefcount(body) > before:
        told["kept"] = True
    return told, data


def lanes(life: socket.socket, count: int) -> list[tuple[socket.socket, Memory, Memory]]:
    """The connections on which calls come, with the memory of each."""
    found = []
    size = struct.calcsize("3i")
    for _ in range(count):
        _, extra, _, _ = life.recvmsg(1, socket.CMSG_LEN(size))
        numbers = struct.unpack("3i", extra[0][2][:size])
        for number in numbers:
            os.set_inheritable(number, False)
        found.append((socket.socket(fileno=numbers[0]), Memory(numbers[1]), Memory(numbers[2])))
    return found


def leave_with(life: socket.socket, seconds: float) -> None:
    """End this process a while after the other one is gone, whatever it is doing then."""
    life.recv(1)
    threading.Event().wait(seconds)
    os._exit(1)


def run(life: socket.socket) -> int:
    """Make the object, say so, and answer until the other side closes; the exit status."""
    frame = received(life)
    if frame is None:
        return 1
    setup = json.loads(frame[0])
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")  # if memory ends, this one goes, and not the server
    try:
        served = Served(setup)
        told: dict[str, Any] = {"ready": served.describe()}
    except Exception as error:
        LOG.exception("%s cannot be made", setup["entry"])
        life.sendall(framed(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode(), b""))
        return 1
    count = setup["calls_at_once"] or told["ready"]["calls_at_once"]
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        count = 1
    told["ready"]["calls_at_once"] = count
    life.sendall(framed(json.dumps(told, default=str).encode(), b""))
    found = lanes(life, count)
    if count == 1:
        # In the thread that made the object: some libraries insist on it.
        threading.Thread(target=leave_with, args=(life, setup["stop_seconds"]), daemon=True).start()
        answer_lane(served, *found[0])
    else:
        for lane in found:
            threading.Thread(target=answer_in_thread, args=(served, *lane), daemon=True).start()
        life.recv(1)
    unload(served)
    return 0


def main(arguments: list[str]) -> int:
    """Run; the exit status."""
    descriptor = int(arguments[0])
    os.set_inheritable(descriptor, False)
    faulthandler.enable()
    own = str(Path(__file__).resolve().parent)
    sys.path[:] = [folder for folder in sys.path if folder != own]  # the user has nothing here
    return run(socket.socket(fileno=descriptor))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
