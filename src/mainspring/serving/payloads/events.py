"""Requests and responses as events (CloudEvents 1.0.2), in the words of the Open Inference Protocol or KServe V1.

=============  ================================================  =============================================
names          types                                             attributes besides those of CloudEvents
=============  ================================================  =============================================
``mainspring``  ``io.mainspring.inference.request|response``      ``requestid``, ``model``, ``modelversion``,
                                                                 ``protocol``, ``status``, ``latency``,
                                                                 ``traceid``, ``caller``, ``share``,
                                                                 ``decisions``
``kserve``     ``org.kubeflow.serving.inference.request|…``      ``inferenceservicename``, ``namespace``,
                                                                 ``component``, ``endpoint``, ``recordedtime``
``seldon``     ``io.seldon.serving.inference.request|…``         ``requestid``, ``modelid``,
                                                                 ``inferenceservicename``, ``namespace``,
                                                                 ``endpoint``, ``protocol``
=============  ================================================  =============================================

The request and the response of KServe's and Seldon's events share their ``id``, which is that of the request, as
in theirs; ours have an ``id`` each, as CloudEvents asks for, and share ``requestid``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from mainspring.core.clock import iso
from mainspring.serving.payloads.record import LogRecord

JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"

REQUEST: Final = "request"
RESPONSE: Final = "response"

_TYPES: Mapping[str, str] = {
    "mainspring": "io.mainspring.inference.",
    "kserve": "org.kubeflow.serving.inference.",
    "seldon": "io.seldon.serving.inference.",
}
_PROBABILITY: Final = "probability."
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Naming:
    """How events are called.

    Attributes:
        events: ``mainspring``, ``kserve`` or ``seldon``.
        source: Of the events, before ``/models/<model>``.
        namespace: Where they have one.
        parts: ``all``, ``request`` or ``response``.
    """

    events: str = "mainspring"
    source: str = "/mainspring"
    namespace: str = "default"
    parts: str = "all"


@dataclass(frozen=True, slots=True)
class Event:
    """An event.

    Attributes:
        attributes: Of CloudEvents, ``specversion`` and ``datacontenttype`` included.
        data: Its content.
        model: Whose request it was,
        version: of the model that answered,
        part: ``request`` or ``response``.
    """

    attributes: Mapping[str, str]
    data: bytes
    model: str
    version: str
    part: str

    def structured(self) -> dict[str, Any]:
        """The event as one JSON object."""
        plain = self.attributes["datacontenttype"] != JSON
        return {**self.attributes, "data": self.data.decode() if plain else msgspec.Raw(self.data)}


def events_of(record: LogRecord, naming: Naming) -> Iterator[Event]:
    """The request of a record, and the response to it."""
    for part in (REQUEST, RESPONSE):
        if naming.parts not in ("all", part):
            continue
        kind, data = _request(record) if part == REQUEST else _response(record)
        attributes = {
            "specversion": "1.0",
            "type": _TYPES[naming.events] + part,
            "source": f"{naming.source.rstrip('/')}/models/{record.model}",
            "time": iso(record.time if part == REQUEST else record.time + record.latency),
            "datacontenttype": kind,
            **_own(record, naming, part),
        }
        yield Event(
            {name: value for name, value in attributes.items() if value}, data, record.model, record.version, part
        )


def _own(record: LogRecord, naming: Naming, part: str) -> dict[str, str]:
    """The attributes that depend on whose words are used."""
    service = {"inferenceservicename": naming.source.strip("/").rpartition("/")[2], "namespace": naming.namespace}
    if naming.events == "kserve":
        endpoint = {"component": "predictor", "endpoint": record.version}
        return {"id": record.id, **service, **endpoint, "recordedtime": iso(record.time)}
    if naming.events == "seldon":
        named = {"requestid": record.id, "modelid": record.model, "endpoint": record.version}
        return {"id": record.id, **named, **service, "protocol": record.protocol}
    return {
        "id": f"{record.id}.{part}",
        "subject": record.version,
        "requestid": record.id,
        "model": record.model,
        "modelversion": record.version,
        "protocol": record.protocol,
        "status": str(record.status) if part == RESPONSE else "",
        "latency": f"{record.latency:.6f}" if part == RESPONSE else "",
        "traceid": record.trace,
        "caller": record.caller,
        "share": "" if record.share == 1.0 else repr(record.share),
        "decisions": _encode(record.decisions).decode() if record.decisions else "",
    }


def _request(record: LogRecord) -> tuple[str, bytes]:
    if record.body is not None:
        return TEXT, record.body.encode()
    if record.protocol == "v1":
        rows = [{name: values[row] for name, values in record.columns.items()} for row in range(record.rows)]
        return JSON, _encode({"instances": rows})
    parameters = {"parameters": record.parameters} if record.parameters else {}
    return JSON, _encode({"id": record.id, **parameters, "inputs": _tensors(record.columns)})


def _response(record: LogRecord) -> tuple[str, bytes]:
    if record.error is not None and not record.outputs:
        return JSON, _encode({"error": record.error})
    if record.protocol == "v1":
        return JSON, _encode({"predictions": _predictions(record.outputs)})
    named = {"model_name": record.model, "model_version": record.version, "id": record.id}
    return JSON, _encode({**named, "outputs": _tensors(record.outputs)})


def _predictions(outputs: Mapping[str, Sequence[Any]]) -> list[Any]:
    """One prediction per row: the label or number alone, where there is nothing else."""
    names = [name for name in outputs if not name.startswith(_PROBABILITY)]
    if len(names) == 1:
        return list(outputs[names[0]])
    count = max((len(values) for values in outputs.values()), default=0)
    return [{name: values[row] for name, values in outputs.items() if row < len(values)} for row in range(count)]


def _tensors(columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "datatype": _datatype(values), "shape": _shape(values), "data": list(values)}
        for name, values in columns.items()
    ]


def _datatype(values: Sequence[Any]) -> str:
    while values and isinstance(values[0], list):
        values = values[0]
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return "BOOL"
    if kinds == {int}:
        return "INT64"
    return "FP64" if kinds <= {int, float} and kinds else "BYTES"


def _shape(values: Sequence[Any]) -> list[int]:
    shape = [len(values)]
    while values and isinstance(values[0], list):
        values = values[0]
        shape.append(len(values))
    return shape
