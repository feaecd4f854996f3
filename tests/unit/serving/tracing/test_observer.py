"""Spans on their way to a collector that decodes them."""

import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from mainspring.core.errors import UnavailableError
from mainspring.serving.tracing import observer
from mainspring.serving.tracing.observer import SAMPLE, SpanObserver, are_sent, share_of
from mainspring.serving.tracing.options import TracingOptions
from mainspring.serving.tracing.tracer import Tracer

MakeCall = Callable[..., Any]

PARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03"


def attributes(span: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in span.attributes}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)


def test_spans_arrive(collector: Any, call: MakeCall) -> None:
    options = TracingOptions(endpoint=collector.url, headers={"x-tenant": "seven"}, service="taxis", every=0.01)
    found = SpanObserver(options)
    headers = {b"traceparent": PARENT, b"tracestate": b"rojo=1"}
    made = call(trace=Tracer().begin(headers))
    found(made)
    spans = collector.wait_for(3)
    found.close()
    assert found.outbox.taken == 3
    [server] = [span for span in spans if span.kind == 2]  # SPAN_KIND_SERVER
    assert server.trace_id.hex() == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert server.span_id.hex() == made.trace.span
    assert server.parent_span_id.hex() == "00f067aa0ba902b7"
    assert server.trace_state == "rojo=1"
    assert server.flags & 0x300 == 0x300  # the span around it is known to be in another process
    assert server.end_time_unix_nano - server.start_time_unix_nano == pytest.approx(10_000_000, abs=1000)
    assert attributes(server)["mainspring.model.name"] == "taxi"
    assert attributes(server)["http.response.status_code"] == 200
    assert server.status.code == 0
    for inner in spans:
        if inner is not server:
            assert inner.parent_span_id == server.span_id
            assert inner.trace_id == server.trace_id
    [(sent, request)] = collector.requests
    assert sent["x-tenant"] == "seven"
    [resource] = request.resource_spans
    about = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
    assert about["service.name"] == "taxis"
    assert about["service.version"]
    assert resource.scope_spans[0].scope.name == "mainspring.serving"


def test_a_failure_of_the_server_is_one_of_its_span(collector: Any, call: MakeCall) -> None:
    found = SpanObserver(TracingOptions(endpoint=collector.url, every=0.01))
    found(call(status=500, kind="INTERNAL", error="boom", rows=0, queue=0.0))
    [span] = collector.wait_for(1)
    found.close()
    assert (span.status.code, span.status.message) == (2, "INTERNAL")
    assert not span.parent_span_id


def test_the_environment_says_where_and_as_what(
    collector: Any, call: MakeCall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20abc")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=staging")
    assert are_sent(TracingOptions())
    found = SpanObserver(TracingOptions(every=0.01))
    found(call())
    collector.wait_for(3)
    found.close()
    [(sent, request)] = collector.requests
    assert sent["authorization"] == "Bearer abc"
    assert sent["content-encoding"] == "gzip"
    about = {pair.key: pair.value.string_value for pair in request.resource_spans[0].resource.attributes}
    assert about["deployment.environment"] == "staging"
    assert about["service.name"] == "mainspring"


def test_what_is_not_traced_leaves_nothing(collector: Any, call: MakeCall) -> None:
    found = SpanObserver(TracingOptions(endpoint=collector.url))
    found(call(trace=Tracer(0.0).begin({})))
    found(call(trace=None))
    assert found.outbox.depth == 0
    assert found.outbox._thread is None  # not even a thread
    found.close()


def test_a_slow_collector_makes_nobody_wait_and_drops_are_counted(collector: Any, call: MakeCall) -> None:
    collector.hold.clear()
    found = SpanObserver(TracingOptions(endpoint=collector.url, queue=10, every=0.01))
    found(call())
    wait_until(lambda: found.outbox.depth == 0)
    began = time.perf_counter()
    for _ in range(1000):
        found(call())
    assert time.perf_counter() - began < 5
    assert found.outbox.depth == 10
    assert found.outbox.dropped == 2990
    collector.hold.set()
    collector.wait_for(13)
    found.close()
    assert found.outbox.taken == 13


def test_a_collector_that_is_busy_is_asked_again(collector: Any, call: MakeCall) -> None:
    collector.statuses = [503]
    found = SpanObserver(TracingOptions(endpoint=collector.url, every=0.01))
    found(call())
    collector.wait_for(3)
    found.close()
    assert (found.outbox.taken, found.outbox.failed) == (3, 0)


def test_spans_that_the_collector_does_not_take_are_counted_and_complained_of_once(
    collector: Any, call: MakeCall, caplog: pytest.LogCaptureFixture
) -> None:
    collector.statuses = [400] * 3
    found = SpanObserver(TracingOptions(endpoint=collector.url, every=0.01))
    for count in range(1, 4):
        found(call())
        wait_until(lambda count=count: found.outbox.failed == 3 * count)
    found(call())
    collector.wait_for(3)
    found.close()
    assert (found.outbox.taken, found.outbox.failed) == (3, 9)
    assert sum("could not be handed on" in record.getMessage() for record in caplog.records) == 1


def test_what_waits_is_sent_at_the_end(collector: Any, call: MakeCall) -> None:
    found = SpanObserver(TracingOptions(endpoint=collector.url, every=600.0))
    found(call())
    found.close()
    assert len(collector.spans) == 3
    found(call())  # too late, and no error
    assert found.outbox.dropped == 3


@pytest.mark.parametrize(
    ("environment", "sent"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "TRUE"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, False),
    ],
)
def test_whether_spans_are_sent(environment: dict[str, str], sent: bool) -> None:
    assert are_sent(TracingOptions(), environment) is sent
    assert are_sent(TracingOptions(endpoint="http://x"), environment) is (
        environment.get("OTEL_SDK_DISABLED") is None
    )


@pytest.mark.parametrize(
    ("environment", "share"),
    [
        ({}, SAMPLE),
        ({"OTEL_TRACES_SAMPLER": "always_on"}, 1.0),
        ({"OTEL_TRACES_SAMPLER": "parentbased_always_on"}, 1.0),
        ({"OTEL_TRACES_SAMPLER": "parentbased_always_off"}, 0.0),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.25"}, 0.25),
        ({"OTEL_TRACES_SAMPLER": "parentbased_traceidratio"}, 1.0),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "7"}, 1.0),
        ({"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "much"}, 1.0),
        ({"OTEL_TRACES_SAMPLER": "jaeger_remote"}, SAMPLE),
    ],
)
def test_how_many_are_traced(environment: dict[str, str], share: float) -> None:
    assert share_of(TracingOptions(), environment) == share
    assert share_of(TracingOptions(sample=0.5), environment) == 0.5


def test_what_sending_needs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "find_spec", lambda name: None)
    with pytest.raises(UnavailableError, match=r"pip install 'mainspring\[otlp\]'"):
        SpanObserver(TracingOptions(endpoint="http://x"))


def test_the_library_is_not_imported_before_it_is_needed() -> None:
    program = (
        "import sys; from mainspring.serving.tracing.observer import SpanObserver; "
        "from mainspring.serving.tracing.options import TracingOptions; "
        "SpanObserver(TracingOptions(endpoint='http://x')); "
        "assert not [name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'google', 'requests'))]"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def wait_until(true: Callable[[], object]) -> None:
    until = time.monotonic() + 30
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)
