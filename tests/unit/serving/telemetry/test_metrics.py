"""Counting, and the two formats: checked against the documentation of the formats, and worked by hand."""

import threading

import pytest

from mainspring.serving.telemetry.families import Family
from mainspring.serving.telemetry.registry import Registry

REQUESTS = Family(
    name="http_requests_total",
    kind="counter",
    text="The total number of HTTP requests.",
    labels=("method", "code"),
)
SECONDS = Family(
    name="t_seconds", kind="histogram", text="Time.", labels=("model",), bounds=(0.1, 0.5, 1.0), exemplars=True
)
DEPTH = Family(name="depth", kind="gauge", text="Waiting.")


def lines(registry: Registry, accept: str | None = None) -> list[str]:
    return registry.exposition(accept).body.decode().splitlines()


def test_a_counter_reads_as_the_format_says() -> None:
    registry = Registry()
    counter = registry.counter(REQUESTS)
    counter.labels("post", "200").add(1027)
    bound = counter.labels("post", "400")
    bound.add()
    bound.add(2)
    assert lines(registry) == [
        "# HELP http_requests_total The total number of HTTP requests.",
        "# TYPE http_requests_total counter",
        'http_requests_total{method="post",code="200"} 1027',
        'http_requests_total{method="post",code="400"} 3',
    ]
    assert bound.value == 3


def test_label_values_and_help_are_escaped() -> None:
    registry = Registry()
    odd = Family(name="odd", kind="gauge", text='a\nline, a "word" and a \\', labels=("path",))
    registry.gauge(odd).labels('C:\\DIR\\"quoted"\nnext').set(1)
    assert lines(registry) == [
        '# HELP odd a\\nline, a "word" and a \\\\',
        "# TYPE odd gauge",
        'odd{path="C:\\\\DIR\\\\\\"quoted\\"\\nnext"} 1',
    ]
    assert lines(registry, "application/openmetrics-text")[0] == '# HELP odd a\\nline, a \\"word\\" and a \\\\'


def test_a_histogram_counts_into_cumulative_buckets_with_bounds_included() -> None:
    registry = Registry()
    spread = registry.histogram(SECONDS).labels("taxi")
    for value in (0.05, 0.1, 0.3, 0.7, 2.0):
        spread.observe(value)
    assert lines(registry)[2:] == [
        't_seconds_bucket{model="taxi",le="0.1"} 2',
        't_seconds_bucket{model="taxi",le="0.5"} 3',
        't_seconds_bucket{model="taxi",le="1.0"} 4',
        't_seconds_bucket{model="taxi",le="+Inf"} 5',
        't_seconds_sum{model="taxi"} 3.15',
        't_seconds_count{model="taxi"} 5',
    ]
    assert spread.count == 5


def test_openmetrics_names_counters_without_total_shows_exemplars_and_ends() -> None:
    registry = Registry(clock=lambda: 1000.0)
    registry.counter(REQUESTS).labels("post", "200").add()
    spread = registry.histogram(SECONDS).labels("taxi")
    spread.observe(0.3)
    spread.remember(0.3, bytes(range(16)))
    answer = registry.exposition("application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5")
    assert answer.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    text = answer.body.decode()
    assert "# TYPE http_requests counter\n" in text
    assert 'http_requests_total{method="post",code="200"} 1\n' in text
    [line] = [line for line in text.splitlines() if "trace_id" in line]
    assert line.startswith(
        't_seconds_bucket{model="taxi",le="0.5"} 1 # {trace_id="000102030405060708090a0b0c0d0e0f"} 0.3 '
    )
    assert text.endswith("# EOF\n")
    assert "trace_id" not in registry.exposition().body.decode()


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "text/plain"),
        ("*/*", "text/plain"),
        ("text/plain;version=0.0.4", "text/plain"),
        ("application/openmetrics-text", "application/openmetrics-text"),
        ("application/openmetrics-text;q=0.2,text/plain;q=0.9", "text/plain"),
        ("application/openmetrics-text;q=0", "text/plain"),
        ("application/openmetrics-text;q=x", "text/plain"),
        # As Prometheus 2.42 and 3.0 ask.
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;q=0.75,text/plain;q=0.5,*/*;q=0.1",
            "application/openmetrics-text",
        ),
        (
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;q=0.3,*/*;q=0.2",
            "application/openmetrics-text",
        ),
    ],
)
def test_the_format_is_what_the_caller_wants_most(accept: str | None, kind: str) -> None:
    assert Registry().exposition(accept).content_type.startswith(kind)


def test_what_is_watched_is_read_when_it_is_shown() -> None:
    registry, values = Registry(), {(): 3.0}
    registry.watch(DEPTH, lambda: values)
    assert lines(registry)[-1] == "depth 3"
    values[()] = float("nan")
    assert lines(registry)[-1] == "depth NaN"
    del values[()]
    assert lines(registry) == []


def test_a_watched_counter_never_falls() -> None:
    registry, values = Registry(), {("get", "200"): 5.0}
    registry.watch(REQUESTS, lambda: values)
    assert lines(registry)[-1].endswith(" 5")
    values["get", "200"] = 2
    assert lines(registry)[-1].endswith(" 5")


def test_no_count_is_lost_between_threads() -> None:
    registry = Registry()
    count, spread = registry.counter(REQUESTS).labels("a", "b"), registry.histogram(SECONDS).labels("m")

    def work() -> None:
        for _ in range(2_000):
            count.add()
            spread.observe(0.5)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count.value == 16_000
    assert spread.count == 16_000


def test_a_metric_has_as_many_series_as_it_may_and_one_for_the_rest() -> None:
    registry = Registry()
    family = Family(name="n_total", kind="counter", text="n", labels=("word",), cap=3)
    for number in range(100):
        registry.counter(family).labels(f"word {number}").add()
    registry.counter(family).labels("x" * 5000).add()
    text = lines(registry)
    assert [line for line in text if line.startswith("n_total")] == [
        'n_total{word="overflow"} 98',
        'n_total{word="word 0"} 1',
        'n_total{word="word 1"} 1',
        'n_total{word="word 2"} 1',
    ]
    assert 'mainspring_metrics_overflow_total{metric="n_total"} 98' in text


def test_series_are_forgotten_by_label_and_late_counts_disturb_nobody() -> None:
    registry = Registry()
    counter = registry.counter(REQUESTS)
    late = counter.labels("get", "200")
    late.add(7)
    counter.labels("get", "500").add()
    registry.forget({"code": "200"})
    late.add()
    again = counter.labels("put", "200")  # takes the room of the one that went
    late.add()
    again.add()
    assert lines(registry)[2:] == [
        'http_requests_total{method="get",code="500"} 1',
        'http_requests_total{method="put",code="200"} 1',
    ]


def test_series_that_come_and_go_take_no_more_room() -> None:
    registry = Registry()
    for number in range(2_000):
        for family in (REQUESTS, SECONDS):
            values = (f"v{number:04d}", "200") if family is REQUESTS else (f"v{number:04d}",)
            metric = registry.counter(family) if family is REQUESTS else registry.histogram(family)
            metric.labels(*values)
        registry.forget({"method": f"v{number:04d}"})
        registry.forget({"model": f"v{number:04d}"})
    assert len(registry._arena.whole()) == 1 << 16


def test_labels_that_are_missing_are_told() -> None:
    with pytest.raises(TypeError, match="http_requests_total has the labels method, code; found 1 values"):
        Registry().counter(REQUESTS).labels("get")
    with pytest.raises(TypeError, match="is a counter, and is used as a gauge"):
        Registry().gauge(REQUESTS)


def test_prometheus_own_parser_reads_it() -> None:
    parser = pytest.importorskip("prometheus_client.parser", reason="prometheus-client is not installed")
    registry = Registry()
    registry.histogram(SECONDS).labels('a"b\\c').observe(0.3)
    registry.counter(REQUESTS).labels("get", "200").add()
    text = registry.exposition().body.decode()
    families = {found.name: found for found in parser.text_string_to_metric_families(text)}
    assert families["t_seconds"].type == "histogram"
    assert families["http_requests"].samples[0].value == 1
    assert families["t_seconds"].samples[0].labels["model"] == 'a"b\\c'
