from __future__ import annotations

import numpy as np
import pytest

from mainspring.evaluation.metrics.coding import coded


@pytest.mark.parametrize("values", [[3, 1, 3, 10], np.array([3, 1, 3, 10]), np.array([3, 1, 3, 10], dtype=object)])
def test_arrays_and_lists_are_coded_alike(values: object) -> None:
    names, codes = coded(values)  # type: ignore[arg-type]
    assert names == (1, 3, 10)
    assert codes.tolist() == [1, 0, 1, 2]
    assert all(type(name) is int for name in names)


def test_numbers_come_before_texts_and_nothing_is_nothing() -> None:
    assert coded(["b", None, 2.5])[0] == (2.5, None, "b")
    assert coded([])[1].tolist() == []
