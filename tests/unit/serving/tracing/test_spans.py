"""Spans of a finished request."""

from collections.abc import Callable
from typing import Any

import pytest

from mainspring.serving.tracing.spans import spans_of
from mainspring.serving.visit import Visit

MakeCall = Callable[..., Any]


def test_a_request_has_a_span_and_parts(call: MakeCall) -> None:
    made = call()
    server, queue, compute = spans_of(made)
    assert [span.name for span in (server, queue, compute)] == [
        "POST /v2/models/{model}/infer",
        "queue",
        "compute",
    ]
    start = 1_800_000_000_000_000_000
    lengths = [((s.start - start) / 1e6, (s.end - s.start) / 1e6) for s in (server, queue, compute)]
    assert lengths == [pytest.approx((0, 10)), pytest.approx((1, 2)), pytest.approx((3, 5))]
    assert server.server
    assert not queue.server
    assert server.context == made.trace
    for part in (queue, compute):
        assert (part.context.trace, part.context.parent) == (made.trace.trace, made.trace.span)
    assert len({server.context.span, queue.context.span, compute.context.span}) == 3


def test_a_span_says_what_was_asked_and_not_with_what(call: MakeCall) -> None:
    [server, *_] = spans_of(call(sent=120, batch=8))
    assert server.attributes == {
        "http.request.method": "POST",
        "http.route": "/v2/models/{model}/infer",
        "http.response.status_code": 200,
        "http.response.body.size": 120,
        "user_agent.original": "curl/8",
        "client.address": "10.0.0.7",
        "mainspring.protocol": "v2",
        "mainspring.model.name": "taxi",
        "mainspring.model.version": "1.0.0",
        "mainspring.request.id": "request-1",
        "mainspring.caller": "ann",
        "mainspring.rows": 3,
        "mainspring.cached": False,
        "mainspring.batch.rows": 8,
    }


def test_a_remembered_answer_was_not_computed(call: MakeCall) -> None:
    [server] = spans_of(call(cached=True, queue=0.0))
    assert server.attributes["mainspring.cached"] is True


@pytest.mark.parametrize(
    ("status", "kind", "failed", "code"),
    [
        (400, "BAD_INPUT", "", 3),
        (401, "UNAUTHENTICATED", "", 16),
        (500, "INTERNAL", "INTERNAL", 13),
        (503, "LOADING", "LOADING", 14),
        (504, "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", 4),
        (418, "X", "", 13),
    ],
)
def test_errors(call: MakeCall, status: int, kind: str, failed: str, code: int) -> None:
    for protocol in ("v1", "grpc"):
        made = call(protocol, rows=0, queue=0.0, status=status, kind=kind, error="column 'fare' holds 'secret'")
        [server] = spans_of(made)
        assert server.attributes["error.type"] == kind
        assert server.failed == failed  # a wrong request is no failure of the server
        assert "secret" not in str(server)
        if protocol == "grpc":
            assert server.attributes["rpc.grpc.status_code"] == code
        else:
            assert server.attributes["http.response.status_code"] == status


def test_calls_over_grpc_have_names_of_their_own(call: MakeCall) -> None:
    [server, *_] = spans_of(call("grpc"))
    assert server.name == "inference.GRPCInferenceService/ModelInfer"
    assert server.attributes["rpc.system"] == "grpc"
    assert server.attributes["rpc.method"] == "ModelInfer"
    assert "http.route" not in server.attributes


def test_other_protocols_have_a_name_too(call: MakeCall) -> None:
    assert spans_of(call("other"))[0].name == "predict other"


def test_what_was_never_read_has_no_parts(call: MakeCall) -> None:
    [server] = spans_of(call(began=0.0, rows=0, queue=0.0, status=403, caller=None, served=None, peer=None))
    assert server.attributes["mainspring.model.name"] == ""
    assert spans_of(call(trace=None)) == []


def test_every_node_of_a_graph_has_a_span(call: MakeCall) -> None:
    visits = (
        Visit("inner/guess", "guess", "3", began=100.0021, seconds=0.001, error="it failed"),
        Visit("clean", "clean", "2", began=100.0011, seconds=0.0005),
        Visit("inner", began=100.002, seconds=0.0015),
    )
    made = call(arrived=100.0, began=100.001, ended=100.01, visits=visits)
    server, *_, clean, inner, guess = spans_of(made)
    assert [one.name for one in (clean, inner, guess)] == ["node clean", "node inner", "node inner/guess"]
    assert clean.context.parent == inner.context.parent == server.context.span
    assert guess.context.parent == inner.context.span
    assert (clean.start - server.start) / 1e6 == pytest.approx(1.1, abs=1e-3)
    assert (clean.end - clean.start) / 1e6 == pytest.approx(0.5, abs=1e-3)
    assert clean.attributes["mainspring.model.version"] == "2"
    assert "mainspring.model.name" not in inner.attributes
    assert (clean.failed, guess.failed) == ("", "it failed")
