"""The spans of a finished request: of the server, of the wait for the model, and of its computing.

Names of attributes are those of OpenTelemetry's semantic conventions for HTTP and RPC servers, and
``mainspring.…`` for what they do not know.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from mainspring.serving.call import Call
from mainspring.serving.trace_context import TraceContext

Value: TypeAlias = str | int | float | bool

_GRPC = "grpc"
_SERVICE, _METHOD = "inference.GRPCInferenceService", "ModelInfer"
_PATHS = {
    "v1": "/v1/models/{model}:predict",
    "v2": "/v2/models/{model}/infer",
    "seldon": "/api/v1.0/predictions",
}
_CODES = {
    200: 0,
    400: 3,
    401: 16,
    403: 7,
    404: 5,
    409: 9,
    413: 8,
    422: 9,
    429: 8,
    499: 1,
    501: 12,
    503: 14,
    504: 4,
}
_INTERNAL_CODE = 13


class Span(msgspec.Struct, frozen=True, gc=False):
    """What was done, from when to when.

    Attributes:
        name: Of few, so that spans can be put together by it.
        server: Whether it answers somebody else.
        context: The trace, the id of this span, and that of the one around it.
        start: When it began, in nanoseconds since the epoch.
        end: When it ended, likewise.
        attributes: More about it.
        failed: The kind of error, if the server is to blame for one.
    """

    name: str
    server: bool
    context: TraceContext
    start: int
    end: int
    attributes: Mapping[str, Value]
    failed: str = ""


def spans_of(call: Call) -> list[Span]:
    """The spans of a finished request that is traced.

    How long it waited and how long the model computed is measured; that the one came at once after the request was
    read, and the other at once after that, is how it is drawn.
    """
    trace = call.trace
    if trace is None:
        return []
    start = _nanoseconds(call.time)
    end = start + _nanoseconds(max(0.0, call.ended - call.arrived))
    failed = call.kind if call.status >= 500 else ""
    spans = [Span(_name(call), True, trace, start, end, _attributes(call), failed)]
    read = start + _nanoseconds(call.began - call.arrived) if call.began else start
    waited = read + _nanoseconds(call.queue)
    if call.queue > 0:
        spans.append(_part("queue", trace, read, waited, {}))
    if call.prediction is not None and not call.cached:
        about: dict[str, Value] = {"mainspring.rows": call.rows}
        if call.batch:
            about["mainspring.batch.rows"] = call.batch
        spans.append(_part("compute", trace, waited, waited + _nanoseconds(call.compute), about))
    if call.visits:
        spans += _nodes(call, trace, start)
    return spans


def _nodes(call: Call, trace: TraceContext, start: int) -> list[Span]:
    """The spans of the nodes of a graph: those of graphs in it lie within that of their node."""
    spans: dict[str, Span] = {}
    for visit in sorted(call.visits, key=lambda one: one.node.count("/")):
        around = spans.get(visit.node.rpartition("/")[0])
        began = start + _nanoseconds(visit.began - call.arrived)
        about: dict[str, Value] = {"mainspring.graph": call.names[0], "mainspring.graph.node": visit.node}
        if visit.model:
            about |= {"mainspring.model.name": visit.model, "mainspring.model.version": visit.version}
        spans[visit.node] = _part(
            f"node {visit.node}",
            trace if around is None else around.context,
            began,
            began + _nanoseconds(visit.seconds),
            about,
            visit.error,
        )
    return list(spans.values())


def _part(
    name: str, trace: TraceContext, start: int, end: int, attributes: Mapping[str, Value], failed: str = ""
) -> Span:
    inner = TraceContext(
        trace.trace, f"{random.getrandbits(64):016x}", trace.span, True, trace.state, trace.random
    )
    return Span(name, False, inner, start, end, attributes, failed)


def _name(call: Call) -> str:
    if call.protocol == _GRPC:
        return f"{_SERVICE}/{_METHOD}"
    path = _PATHS.get(call.protocol)
    return f"POST {path}" if path else f"predict {call.protocol}"


def _attributes(call: Call) -> dict[str, Value]:
    name, version = call.names
    about: dict[str, Value] = {
        "mainspring.protocol": call.protocol,
        "mainspring.model.name": name,
        "mainspring.model.version": version,
        "mainspring.request.id": call.id,
        "mainspring.rows": call.rows,
        "mainspring.cached": call.cached,
    }
    if call.protocol == _GRPC:
        about |= {
            "rpc.system": _GRPC,
            "rpc.service": _SERVICE,
            "rpc.method": _METHOD,
            "rpc.grpc.status_code": _CODES.get(call.status, _INTERNAL_CODE),
        }
    else:
        about |= {"http.request.method": "POST", "http.response.status_code": call.status}
        if call.protocol in _PATHS:
            about["http.route"] = _PATHS[call.protocol]
        agent = call.headers.get(b"user-agent")
        if agent:
            about["user_agent.original"] = agent.decode("latin-1")
    more = {
        "http.response.body.size": call.sent,
        "client.address": call.peer,
        "mainspring.caller": call.caller.name if call.caller is not None else "",
        "mainspring.batch.rows": call.batch,
        "error.type": call.kind,
    }
    return about | {key: value for key, value in more.items() if value}


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)
