import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mainspring.monitoring.seen import Figure
from mainspring.monitoring.simulation.figures import Figures


@given(st.lists(st.tuples(st.integers(0, 200), st.floats(-1, 1)), max_size=150))
def test_the_last_figure_of_each_window_is_kept_in_order(given: list[tuple[int, float]]) -> None:
    history = Figures()
    expected: dict[int, float] = {}
    for since, value in given:
        history.append(float(since), {"drift/age": Figure(value=value, most=0.5)})
        expected[since] = value
    found = history.series("drift/age")
    assert found.times.tolist() == sorted(expected)
    assert found.values.tolist() == [expected[since] for since in sorted(expected)]
    assert (found.most == 0.5).all()
    assert np.isnan(found.low).all()
    part = history.series("drift/age", since=50.0, until=100.0)
    assert part.times.tolist() == [one for one in sorted(expected) if 50 <= one < 100]


def test_names_begin_as_asked() -> None:
    history = Figures()
    history.append(0.0, {"drift/age": Figure(value=1.0), "quality/auc": Figure(value=0.9)})
    assert list(history.names()) == ["drift/age", "quality/auc"]
    assert list(history.names("quality/")) == ["quality/auc"]
    assert history.series("nothing").times.size == 0
