"""Known answers: alarms of frouros 0.9.0 on a seeded stream, and run lengths on steady ones."""

import numpy as np
import pytest

from mainspring.monitoring import ECDD

# ECDDWT() of frouros, which has the limits of the paper, reset after each alarm.
FROUROS = [
    *(643, 1003, 1142, 1422, 1565, 1957, 2255, 2504, 3035, 3214, 3367, 3983),
    *(4255, 4469, 4582, 4799, 5191, 5527, 5875, 6363, 6779, 7590, 7736, 8003),
]


def test_alarms_are_those_that_frouros_gave() -> None:
    rate = np.repeat((0.2, 0.35, 0.1, 0.1, 0.6, 0.3), 2_000)
    stream = np.random.default_rng(9).random(rate.size) < rate
    assert ECDD().update_many(stream).tolist() == FROUROS


@pytest.mark.parametrize(
    ("length", "rates"), [(400, (0.2, 0.3, 0.4)), (1_000, (0.05, 0.1, 0.3, 0.5)), (10_000, (0.2,))]
)
def test_false_alarms_come_as_often_as_was_asked_for(length: int, rates: tuple[float, ...]) -> None:
    for rate in rates:
        random = np.random.default_rng(3)
        alarms = ECDD.from_dict({**ECDD().as_dict(), "run_length": length}).update_many(
            random.random(100 * length) < rate
        )
        assert 100 * length / alarms.size == pytest.approx(length, rel=0.35)
