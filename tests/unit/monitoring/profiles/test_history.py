import math
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainspring.core.errors import ConflictError, InputError, IntegrityError
from mainspring.monitoring.profiles import FigureHistory, history
from mainspring.monitoring.seen import Figure, History, Series


def shown(series: Series) -> list[tuple[float, ...]]:
    """Row by row; -1 where unknown."""
    columns = (series.times, series.values, series.low, series.high, series.least, series.most)
    return [
        tuple(-1.0 if math.isnan(value) else value for value in row) for row in np.stack(columns, axis=1).tolist()
    ]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of a few windows."""
    monkeypatch.setattr(history, "_MOST_FRAMES", 4)


def test_figures_come_back_by_name_and_time(tmp_path: Path) -> None:
    with FigureHistory(tmp_path / "figures") as figures:
        kept: History = figures
        assert kept.names() == []
        assert shown(kept.series("a")) == []
        figures.append(
            10.0, {"drift/a": Figure(value=0.1, low=0.0, high=0.2, most=0.5), "quality/b": Figure(value=1.0)}
        )
        figures.append(
            20.0, {"drift/a": Figure(value=0.3, most=0.5), "drift/c": Figure(value=math.nan, least=2.0)}
        )
        figures.append(20.0, {})
        assert kept.names() == ["drift/a", "drift/c", "quality/b"]
        assert kept.names("drift/") == ["drift/a", "drift/c"]
        assert shown(kept.series("drift/a")) == [(10, 0.1, 0, 0.2, -1, 0.5), (20, 0.3, -1, -1, -1, 0.5)]
        assert shown(kept.series("drift/a", since=20.0)) == [(20, 0.3, -1, -1, -1, 0.5)]
        assert shown(kept.series("drift/a", until=20.0)) == [(10, 0.1, 0, 0.2, -1, 0.5)]
        assert shown(kept.series("drift/c")) == [(20, -1, -1, -1, 2, -1)]
        assert list(figures.all_series("drift/")) == ["drift/a", "drift/c"]
        assert shown(figures.all_series("", until=15.0)["drift/c"]) == []


@pytest.mark.usefixtures("small")
def test_the_same_time_again_replaces_a_figure_also_in_a_segment(tmp_path: Path) -> None:
    with FigureHistory(tmp_path) as figures:
        for time in range(10):
            figures.append(time, {"a": Figure(value=time), "b": Figure(value=1.0)})
        figures.append(2.0, {"a": Figure(value=20.0)})
        figures.append(1.5, {"a": Figure(value=15.0)})
        assert figures.series("a").times.tolist() == [0, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9]
        assert figures.series("a").values.tolist() == [0, 1, 15, 20, 3, 4, 5, 6, 7, 8, 9]
        assert figures.series("b").values.tolist() == [1.0] * 10


@pytest.mark.usefixtures("small")
def test_one_appends_and_any_number_read(tmp_path: Path) -> None:
    reader = FigureHistory(tmp_path)
    with FigureHistory(tmp_path) as writer:
        for time in range(11):
            writer.append(time, {f"n{time % 3}": Figure(value=time), "all": Figure(value=time)})
            assert reader.series("all").values.tolist() == list(range(time + 1))
        assert reader.series("n1").values.tolist() == [1, 4, 7, 10]
        with pytest.raises(ConflictError):
            reader.append(11.0, {"all": Figure(value=11.0)})
    reader.append(11.0, {"all": Figure(value=11.0)})
    assert writer.series("all").values.tolist() == list(range(12))
    reader.close()


@pytest.mark.usefixtures("small")
def test_threads_read_while_one_appends(tmp_path: Path) -> None:
    seen: list[bool] = []
    with FigureHistory(tmp_path) as figures:
        done = threading.Event()

        def read() -> None:
            while not done.is_set():
                values = figures.series("a").values
                seen.append(values.tolist() == list(range(len(values))))

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        for time in range(60):
            figures.append(time, {"a": Figure(value=time)})
        done.set()
        for thread in threads:
            thread.join()
    assert seen
    assert all(seen)


def test_a_torn_tail_is_cut_off(tmp_path: Path) -> None:
    with FigureHistory(tmp_path) as figures:
        for time in range(3):
            figures.append(time, {"a": Figure(value=time), "b": Figure(value=time)})
    [tail] = tmp_path.glob("*.tail")
    whole = tail.read_bytes()
    for cut in (1, 30, 50):
        tail.write_bytes(whole[:-cut])
        assert FigureHistory(tmp_path).series("a").values.tolist() == [0, 1]
        with FigureHistory(tmp_path) as figures:
            figures.append(7.0, {"a": Figure(value=7.0)})
            assert figures.series("a").values.tolist() == [0, 1, 7]
        assert FigureHistory(tmp_path).series("a").values.tolist() == [0, 1, 7]
    tail.write_bytes(whole + bytes(100))
    assert FigureHistory(tmp_path).series("a").values.tolist() == [0, 1, 2]


@pytest.mark.usefixtures("small")
def test_a_kill_between_segment_and_tail_counts_nothing_twice(tmp_path: Path) -> None:
    with FigureHistory(tmp_path) as figures:
        for time in range(3):
            figures.append(time, {"a": Figure(value=time)})
        [tail] = tmp_path.glob("*.tail")
        data = tail.read_bytes()
        figures.append(3.0, {"a": Figure(value=3.0)})
    assert not tail.exists()
    tail.write_bytes(data)
    assert FigureHistory(tmp_path).series("a").values.tolist() == [0, 1, 2, 3]
    with FigureHistory(tmp_path) as figures:
        figures.append(4.0, {"a": Figure(value=4.0)})
        assert figures.series("a").values.tolist() == [0, 1, 2, 3, 4]
    assert not tail.exists()


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    with FigureHistory(tmp_path) as figures, pytest.raises(InputError):
        figures.append(math.nan, {"a": Figure(value=1.0)})
    (tmp_path / "00000009.figures").write_bytes(b"something else")
    with pytest.raises(IntegrityError):
        FigureHistory(tmp_path).names()


APPENDING = """
import sys
from pathlib import Path
from mainspring.monitoring.profiles import FigureHistory, history
from mainspring.monitoring.seen import Figure

history._MOST_FRAMES = 16
figures = FigureHistory(Path(sys.argv[1]))
for time in range(int(sys.argv[2]), 1_000_000):
    figures.append(time, {f"n{number}": Figure(value=time) for number in range(20)})
    print(time, flush=True)
"""


def test_a_killed_writer_loses_nothing(tmp_path: Path) -> None:
    last = -1
    for _ in range(2):
        command = [sys.executable, "-c", APPENDING, str(tmp_path), str(last + 1)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            lines: Iterator[str] = iter(process.stdout)
            for line in lines:
                last = int(line)
                if last % 100 == 99:
                    break
            process.send_signal(signal.SIGKILL)
            rest = process.stdout.read().split()
        last = int(rest[-1]) if rest else last
        values = FigureHistory(tmp_path).series("n7").values.tolist()
        assert values[: last + 1] == list(range(last + 1))
        assert len(values) <= last + 2


APPENDS = st.lists(
    st.tuples(
        st.integers(0, 8).map(float),
        st.dictionaries(st.sampled_from("abcd"), st.floats(-10, 10), min_size=1, max_size=4),
    ),
    max_size=20,
)


@settings(max_examples=30, deadline=None)
@given(appends=APPENDS, reopen=st.sets(st.integers(0, 20)))
def test_it_holds_what_a_mapping_would(
    tmp_path_factory: pytest.TempPathFactory, appends: list[tuple[float, dict[str, float]]], reopen: set[int]
) -> None:
    folder, expected = tmp_path_factory.mktemp("figures"), dict[str, dict[float, float]]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "_MOST_FRAMES", 3)
        figures = FigureHistory(folder)
        for place, (time, values) in enumerate(appends):
            if place in reopen:
                figures.close()
                figures = FigureHistory(folder)
            figures.append(time, {name: Figure(value=value) for name, value in values.items()})
            for name, value in values.items():
                expected.setdefault(name, {})[time] = value
        figures.close()
    assert figures.names() == sorted(expected)
    for name, series in FigureHistory(folder).all_series().items():
        assert dict(zip(series.times.tolist(), series.values.tolist(), strict=True)) == expected[name]
        assert series.times.tolist() == sorted(expected[name])
