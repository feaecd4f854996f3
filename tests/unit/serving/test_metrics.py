"""The exposition is checked against the text of the format's own documentation, and worked by hand."""

import threading

import pytest

from mainspring.serving.metrics import Counter, Gauge, Histogram, exposition


def test_a_counter_reads_as_the_format_says() -> None:
    counter = Counter("http_requests_total", "The total number of HTTP requests.", ("method", "code"))
    counter.add("post", "200", by=1027)
    counter.add("post", "400")
    counter.add("post", "400", by=2)
    assert list(counter.lines()) == [
        "# HELP http_requests_total The total number of HTTP requests.",
        "# TYPE http_requests_total counter",
        'http_requests_total{method="post",code="200"} 1027',
        'http_requests_total{method="post",code="400"} 3',
    ]
    assert counter.value("post", "400") == 3
    assert counter.value("get", "200") == 0


def test_label_values_and_help_are_escaped() -> None:
    counter = Counter("odd", "a\nline and a \\", ("path",))
    counter.add('C:\\DIR\\"quoted"\nnext')
    assert list(counter.lines()) == [
        "# HELP odd a\\nline and a \\\\",
        "# TYPE odd counter",
        'odd{path="C:\\\\DIR\\\\\\"quoted\\"\\nnext"} 1',
    ]


def test_a_histogram_counts_into_cumulative_buckets_with_bounds_included() -> None:
    histogram = Histogram("seconds", "Time.", ("model",), bounds=(0.1, 0.5, 1.0))
    for value in (0.05, 0.1, 0.3, 0.7, 2.0):
        histogram.observe(value, "taxi")
    assert list(histogram.lines())[2:] == [
        'seconds_bucket{model="taxi",le="0.1"} 2',
        'seconds_bucket{model="taxi",le="0.5"} 3',
        'seconds_bucket{model="taxi",le="1"} 4',
        'seconds_bucket{model="taxi",le="+Inf"} 5',
        'seconds_sum{model="taxi"} 3.15',
        'seconds_count{model="taxi"} 5',
    ]


def test_a_gauge_is_read_when_it_is_shown() -> None:
    values = {(): 3.0}
    gauge = Gauge("depth", "Waiting.", (), lambda: values)
    assert list(gauge.lines())[-1] == "depth 3"
    values[()] = float("nan")
    assert list(gauge.lines())[-1] == "depth NaN"


def test_no_count_is_lost_between_threads() -> None:
    counter = Counter("n_total", "n", ("thread",))
    histogram = Histogram("h", "h", (), bounds=(1.0,))

    def work() -> None:
        for _ in range(2_000):
            counter.add("all")
            histogram.observe(0.5)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.value("all") == 16_000
    assert list(histogram.lines())[-1] == "h_count 16000"


def test_prometheus_own_parser_reads_it() -> None:
    parser = pytest.importorskip("prometheus_client.parser", reason="prometheus-client is not installed")
    histogram = Histogram("t_seconds", "Time.", ("model",))
    histogram.observe(0.003, 'a"b\\c')
    counter = Counter("n_total", "n", ("code",))
    counter.add("200")
    families = {f.name: f for f in parser.text_string_to_metric_families(exposition([histogram, counter]))}
    assert families["t_seconds"].type == "histogram"
    assert families["n"].samples[0].value == 1
    below = {s.labels["le"]: s.value for s in families["t_seconds"].samples if s.name == "t_seconds_bucket"}
    assert below["0.0025"] == 0
    assert below["0.005"] == 1
    assert families["t_seconds"].samples[0].labels["model"] == 'a"b\\c'
