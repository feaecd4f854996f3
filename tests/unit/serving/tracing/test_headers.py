"""Headers of W3C Trace Context: the specification's examples, and what it forbids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainspring.serving.trace_context import TraceContext
from mainspring.serving.tracing.headers import answered, clean_state, parent_of, passed_on, read_parent
from mainspring.serving.tracing.tracer import Tracer

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GOOD = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        (GOOD, 1),
        (f"00-{TRACE}-{SPAN}-00", 0),
        (f"00-{TRACE}-{SPAN}-03", 3),
        (f"00-{TRACE}-{SPAN}-ff", 255),
        (f"cc-{TRACE}-{SPAN}-01", 1),  # a version of the future
        (f"cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like", 1),
        (f"cc-{TRACE}-{SPAN}-01-", 1),
    ],
)
def test_valid_parents(text: str, flags: int) -> None:
    assert read_parent(text.encode()) == (TRACE, SPAN, flags)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00",
        GOOD[:-1],
        GOOD + "1",
        GOOD + "-",
        GOOD + "-extra",
        GOOD.upper(),
        f" {GOOD}",
        f"{GOOD}\n",
        f"ff-{TRACE}-{SPAN}-01",
        f"cc-{TRACE}-{SPAN}-01.what",
        f"0x-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
        f"00-{TRACE[:-1]}_-{SPAN}-01",
        f"00_{TRACE}_{SPAN}_01",
        f"00-{TRACE}-{SPAN}-0 ",
        f"00-{TRACE}-{SPAN}-0\N{LATIN SMALL LETTER A WITH DIAERESIS}",
        "00-" + "\N{FULLWIDTH DIGIT ONE}" * 32 + f"-{SPAN}-01",
    ],
)
def test_invalid_parents(text: str) -> None:
    assert read_parent(text.encode()) is None


@given(st.binary(max_size=80))
def test_no_parent_is_an_error(value: bytes) -> None:
    found = read_parent(value)
    assert found is None or value.startswith(value[:2] + b"-" + found[0].encode())
    trace = Tracer(0.5).begin({b"traceparent": value, b"tracestate": value})
    assert read_parent(parent_of(trace).encode()) is not None
    clean_state(trace.state)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("", ""),
        ("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        ("rojo=1 ,\tcongo=2,,", "rojo=1,congo=2"),
        ("fw529a3039@dt=FfAA", "fw529a3039@dt=FfAA"),
        ("1a-_*/=x y", "1a-_*/=x y"),
        ("a=" + "x" * 256, "a=" + "x" * 256),
        (",".join(f"k{n}=1" for n in range(32)), ",".join(f"k{n}=1" for n in range(32))),
        (",".join(f"k{n}=1" for n in range(33)), ""),
        ("a=1,a=2", ""),
        ("A=1", ""),
        ("=1", ""),
        ("a", ""),
        ("a=", ""),
        ("a=b=c", ""),
        ("a=ü", ""),
        ("a=1\x00", ""),
        ("a=" + "x" * 257, ""),
        ("a" * 257 + "=1", ""),
        ("a=x\r\nset-cookie: y=1", ""),
    ],
)
def test_states(text: str, clean: str) -> None:
    assert clean_state(text) == clean


def test_a_trace_is_gone_on_with() -> None:
    trace = Tracer().begin({b"traceparent": GOOD.encode(), b"tracestate": b"rojo=1, congo=2"})
    assert (trace.trace, trace.parent, trace.sampled, trace.random) == (TRACE, SPAN, True, False)
    assert trace.span not in ("", SPAN)
    assert passed_on(trace) == {"traceparent": f"00-{TRACE}-{trace.span}-01", "tracestate": "rojo=1,congo=2"}
    assert answered(trace) == [(b"traceresponse", f"00-{TRACE}-{trace.span}-01".encode())]


def test_flags_that_nobody_knows_are_not_passed_on() -> None:
    trace = Tracer().begin({b"traceparent": f"00-{TRACE}-{SPAN}-fe".encode()})
    assert not trace.sampled
    assert parent_of(trace).endswith("-02")


@pytest.mark.parametrize("headers", [{}, {b"traceparent": b"nonsense"}, {b"tracestate": b"rojo=1"}])
def test_without_a_valid_parent_a_trace_begins(headers: dict[bytes, bytes]) -> None:
    trace = Tracer().begin({**headers, b"tracestate": b"rojo=1"})
    assert (trace.parent, trace.state, trace.sampled, trace.random) == ("", "", False, True)
    assert passed_on(trace) == {"traceparent": f"00-{trace.trace}-{trace.span}-02"}
    assert answered(trace) == []


def test_ids_are_chance() -> None:
    traces = [Tracer().begin({}) for _ in range(1000)]
    assert len({trace.trace for trace in traces}) == len({trace.span for trace in traces}) == 1000
    assert {len(trace.trace) for trace in traces} == {32}
    assert {len(trace.span) for trace in traces} == {16}


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_a_share_of_the_traces_that_begin_here_is_kept(rate: float) -> None:
    tracer = Tracer(rate)
    kept = sum(tracer.begin({}).sampled for _ in range(4000))
    # Within five standard deviations: it fails by chance once in two million runs.
    assert abs(kept - 4000 * rate) <= 5 * (4000 * rate * (1 - rate)) ** 0.5


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_whether_a_trace_is_kept_is_for_those_to_say_who_began_it(rate: float) -> None:
    tracer = Tracer(rate)
    for flags, sampled in ((b"01", True), (b"03", True), (b"00", False), (b"02", False)):
        assert tracer.begin({b"traceparent": GOOD.encode()[:-2] + flags}).sampled is sampled


def test_all_servers_of_a_trace_would_keep_the_same_ones() -> None:
    """The highest of the last 56 bits are kept, so that a smaller share is part of a larger one."""
    small, large = Tracer(0.2), Tracer(0.6)
    for _ in range(200):
        trace = small.begin({})
        last = int(trace.trace[-14:], 16)
        assert trace.sampled == (last >= round(0.8 * 2**56))
        assert not trace.sampled or last >= large._kept_from


def test_no_trace_passes_nothing_on() -> None:
    assert passed_on(None) == {}
    assert answered(None) == []
    assert answered(TraceContext(TRACE, SPAN, sampled=True))[0][0] == b"traceresponse"
